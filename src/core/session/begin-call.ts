/**
 * A call begins: its place in the session, its turn and iteration, and the view that routing decides with. What is
 * learned here stays in memory (`open`) until the call is recorded, so a refused call leaves nothing behind.
 */
import {
  afterTurn,
  bytesPerToken,
  expectedIterationsLeft,
  expectedGrowth,
  expectedOutput,
  growthByTask,
  iterationsLeftByTask,
} from './averages.ts'
import { makersUpTo, type AnswerMaker } from './answer-makers.ts'
import type { BegunCall, BegunSession, CallOpening, KnownContext, ThreadCounters } from './call-opening.ts'
import type { Placement } from './place-call.ts'
import { placeCall } from './place-call.ts'
import type { Checkpoint, RootCount, SessionState, ThreadState } from './session-state.ts'
import { LIMITS } from './session-state.ts'
import type { PinnedChoice } from './session-view.ts'
import { holderOf } from './stored-answers.ts'
import { warmCaches } from './warm-prefixes.ts'

const BEFORE_FIRST: ThreadCounters = {
  turn: 0,
  iteration: 0,
  iterationsWithoutProgress: 0,
  toolErrorsInARow: 0,
  callHash: null,
  repeatedCalls: 0,
}

/**
 * Places the call and answers with its view. The same request id again gives the same call. `now` is the request's
 * start, milliseconds since epoch.
 */
export function beginCall(
  state: SessionState,
  opening: CallOpening,
  now: number,
): { state: SessionState; begun: BegunSession } {
  const known = state.open.get(opening.requestId)
  const call = known ?? newCall(state, opening, { placement: placeCall(state, opening, now), now })
  const next = known === undefined ? withOpenCall(state, call, now) : state
  return { state: next, begun: viewOf(next, opening, { call, now }) }
}

/** The call never reached a provider: it is forgotten. */
export function dropCall(state: SessionState, requestId: string): SessionState {
  if (!state.open.has(requestId)) return state
  const open = new Map(state.open)
  open.delete(requestId)
  return { ...state, open }
}

function withOpenCall(state: SessionState, call: BegunCall, now: number): SessionState {
  const open = new Map<string, BegunCall>()
  const spare = state.open.size - LIMITS.open + 1
  let index = 0
  for (const [id, other] of state.open) {
    if (index++ >= spare && now - other.startedAt <= LIMITS.openMs) open.set(id, other)
  }
  open.set(call.requestId, call)
  return { ...state, open }
}

/** What a placement inherits: the thread, its counters so far and what is known of its context. */
interface Inherited {
  readonly threadId: string
  readonly parentThreadId: string | null
  /** null: to be found, or its own. */
  readonly rootThreadId: string | null
  readonly source: ThreadState | null
  readonly counters: ThreadCounters
  readonly base: KnownContext | null
  readonly pinned: PinnedChoice | null
  readonly threadStartTokens: number | null
  readonly turnStartTokens: number | null
  readonly makers: readonly AnswerMaker[]
  /** The counters are this call's own already: it repeats a call. */
  readonly repeats: boolean
}

function newCall(state: SessionState, opening: CallOpening, at: { placement: Placement; now: number }): BegunCall {
  const from = inherit(state, opening, at.placement)
  const kind = kindOf(opening)
  const standsStill = from.repeats || (kind === 'compaction' && from.counters.turn > 0)
  const counters = standsStill ? from.counters : advance(from.counters, opening)
  const opensTurn = counters.turn > from.counters.turn
  const contextBytes = opening.staticBytes + opening.conversationBytes
  const ratio = bytesPerToken(from.source, state.summary.bytesPerToken)
  const known = from.base ?? { tokens: 0, bytes: 0 }
  const count = opening.prefixHashes.length
  return {
    requestId: opening.requestId,
    threadId: from.threadId,
    parentThreadId: from.parentThreadId,
    rootThreadId: rootOf(state, opening, from),
    kind,
    hint: opening.threadHint,
    startedAt: at.now,
    count,
    hash: opening.prefixHashes[count - 1] ?? 0,
    staticHash: opening.staticHash,
    counters,
    opensTurn,
    retry: at.placement.how === 'retry',
    endedTurn: opensTurn ? endedTurn(from) : null,
    pinned: pinnedNow(from.pinned, opening, opensTurn),
    contextBytes,
    base: from.base,
    estimatedTokens: Math.max(0, Math.round(known.tokens + (contextBytes - known.bytes) / ratio)),
    threadStartTokens: from.threadStartTokens,
    turnStartTokens: opensTurn ? null : from.turnStartTokens,
    ...(isPartial(opening) ? {} : { makers: from.makers }),
  }
}

function kindOf(opening: CallOpening): BegunCall['kind'] {
  if (opening.utility !== null) return 'utility'
  if (opening.compaction) return 'compaction'
  return opening.subagent ? 'subagent' : 'main'
}

function inherit(state: SessionState, opening: CallOpening, placement: Placement): Inherited {
  const fresh: Inherited = {
    threadId: opening.requestId,
    parentThreadId: null,
    rootThreadId: null,
    source: null,
    counters: BEFORE_FIRST,
    base: null,
    pinned: null,
    threadStartTokens: null,
    turnStartTokens: null,
    makers: [],
    repeats: false,
  }
  switch (placement.how) {
    case 'fresh':
      return fresh
    case 'continue':
    case 'retry':
      return inheritThread(state, opening, placement)
    case 'fork': {
      const parent = state.threads.get(placement.parentId) ?? null
      const sameTurn = placement.from.counters.turn === parent?.head?.counters.turn
      return {
        ...fresh,
        parentThreadId: placement.parentId,
        source: parent,
        counters: placement.from.counters,
        base: baseAt(placement.from, opening),
        pinned: parent?.pinned ?? null,
        threadStartTokens: parent?.threadStartTokens ?? null,
        turnStartTokens: sameTurn ? parent.turnStartTokens : null,
        makers: makersUpTo(parent?.makers ?? [], placement.from.count),
        repeats: placement.repeats,
      }
    }
    case 'compacted': {
      const parent = state.threads.get(placement.parentId)
      if (parent === undefined) return fresh
      const counters = lastCounters(parent)
      // The compacting call itself belongs to the thread it compacts; its successor is a thread of its own.
      const own = opening.compaction
      return {
        ...fresh,
        threadId: own ? parent.id : opening.requestId,
        parentThreadId: own ? parent.parentId : parent.id,
        rootThreadId: parent.rootId,
        source: parent,
        counters,
        pinned: parent.pinned,
      }
    }
  }
}

function inheritThread(
  state: SessionState,
  opening: CallOpening,
  placement: Extract<Placement, { how: 'continue' | 'retry' }>,
): Inherited {
  const thread = state.threads.get(placement.threadId) ?? null
  const running = placement.inFlight
  const repeats = placement.how === 'retry'
  const point = placement.how === 'retry' ? placement.of : placement.after
  const common = {
    threadId: placement.threadId,
    parentThreadId: thread?.parentId ?? running?.parentThreadId ?? null,
    rootThreadId: thread?.rootId ?? running?.rootThreadId ?? null,
    source: thread,
    makers: thread?.makers ?? [],
    repeats,
  }
  if (running !== null) {
    return {
      ...common,
      counters: running.counters,
      base: repeats ? running.base : { tokens: running.estimatedTokens, bytes: running.contextBytes },
      pinned: running.pinned ?? thread?.pinned ?? null,
      threadStartTokens: running.threadStartTokens ?? (repeats ? null : running.estimatedTokens),
      turnStartTokens: running.turnStartTokens ?? (repeats ? null : running.estimatedTokens),
    }
  }
  const turnIsNew = point !== null && point.counters.turn > (thread?.head?.counters.turn ?? 0)
  const turnStart = turnIsNew ? (repeats ? null : (point.context?.tokens ?? null)) : (thread?.turnStartTokens ?? null)
  return {
    ...common,
    counters: point?.counters ?? BEFORE_FIRST,
    base: thread === null ? null : contextBefore(thread, opening, repeats),
    pinned: thread?.pinned ?? null,
    threadStartTokens: thread?.threadStartTokens ?? null,
    turnStartTokens: turnStart,
  }
}

/**
 * A call that goes on from a stored answer holds nothing of what was counted but its own tools and instructions; the
 * answer itself is held for it, too.
 */
function baseAt({ context, stored }: Checkpoint, opening: CallOpening): KnownContext | null {
  if (!isPartial(opening)) return context
  const tokens = stored?.contextTokens ?? context?.tokens
  return tokens === undefined ? null : { tokens, bytes: opening.staticBytes }
}

/** It holds only what is new. */
function isPartial({ state }: CallOpening): boolean {
  return state !== undefined && state.kind !== 'items'
}

/** The last answer counted exactly covers everything but the new part; a repetition has no new part of its own. */
function contextBefore(thread: ThreadState, opening: CallOpening, repeats: boolean): KnownContext | null {
  if (thread.contextTokens === null) return null
  if (isPartial(opening)) return { tokens: thread.contextTokens, bytes: opening.staticBytes }
  if (repeats || thread.unanswered !== null) return thread.head?.context ?? null
  const covered = opening.staticBytes + opening.conversationBytes - opening.addedBytes
  return { tokens: thread.contextTokens, bytes: Math.max(0, covered) }
}

function lastCounters(thread: ThreadState): ThreadCounters {
  return (thread.unanswered ?? thread.head)?.counters ?? BEFORE_FIRST
}

/** A sub-agent works for the main conversation that was active last; a fork is a root of its own. */
function rootOf(state: SessionState, opening: CallOpening, from: Inherited): string {
  if (from.rootThreadId !== null) return from.rootThreadId
  if (!opening.subagent) return from.threadId
  let root = { id: from.threadId, at: -1 }
  for (const thread of state.threads.values()) {
    if (!thread.subagent && thread.lastCallAt > root.at) root = { id: thread.rootId, at: thread.lastCallAt }
  }
  for (const call of state.open.values()) {
    if (call.kind === 'main' && call.startedAt > root.at) root = { id: call.rootThreadId, at: call.startedAt }
  }
  return root.id
}

/** Counters of the next call. A turn starts with what someone typed; progress is an edit applied or tests that pass. */
function advance(before: ThreadCounters, opening: CallOpening): ThreadCounters {
  const newTurn = opening.startsTurn || before.turn === 0
  const progress = opening.edited || opening.testsPassed
  const repeated = opening.callHash !== null && opening.callHash === before.callHash
  // What nobody sees is no progress, and no lack of it.
  const withoutProgress = before.iterationsWithoutProgress + (opening.callsUnseen === true ? 0 : 1)
  return {
    turn: newTurn ? before.turn + 1 : before.turn,
    iteration: newTurn ? 1 : before.iteration + 1,
    iterationsWithoutProgress: newTurn || progress ? 1 : withoutProgress,
    toolErrorsInARow: toolErrorsInARow(before, opening, newTurn),
    callHash: opening.callHash,
    // What someone types is news: the call made before it starts a row of its own.
    repeatedCalls: opening.callHash === null ? 0 : repeated && !newTurn ? before.repeatedCalls + 1 : 1,
  }
}

/** One success among the new results breaks the row: their order is not known. What someone types breaks it too. */
function toolErrorsInARow(before: ThreadCounters, opening: CallOpening, newTurn: boolean): number {
  const carried = newTurn ? 0 : before.toolErrorsInARow
  if (opening.toolResults === 0) return carried
  return opening.toolErrors >= opening.toolResults ? carried + opening.toolErrors : 0
}

function endedTurn(from: Inherited): BegunCall['endedTurn'] {
  const taskType = from.source?.lastTaskType ?? null
  if (taskType === null || from.counters.turn === 0) return null
  return { taskType, iterations: from.counters.iteration }
}

/** A new turn chooses anew, unless it says "go on" or complains: then the last choice is what it is about. */
function pinnedNow(pinned: PinnedChoice | null, opening: CallOpening, opensTurn: boolean): PinnedChoice | null {
  if (pinned === null || !opensTurn) return pinned
  return opening.acknowledgement || opening.complaint ? { ...pinned, evidenceSteps: 0 } : null
}

function viewOf(state: SessionState, opening: CallOpening, at: { call: BegunCall; now: number }): BegunSession {
  const { call } = at
  const { summary } = state
  const thread = state.threads.get(call.threadId) ?? null
  const source = thread ?? (call.parentThreadId === null ? null : (state.threads.get(call.parentThreadId) ?? null))
  const taskType = call.pinned?.taskType ?? null
  const holder = holderOf(state, opening, source)
  // The turn before this one is written down only when this call is recorded.
  const turns = call.endedTurn === null ? summary : afterTurn(summary, call.endedTurn)
  return {
    sessionId: summary.sessionId ?? opening.sessionId,
    threadId: call.threadId,
    parentThreadId: call.parentThreadId,
    turn: call.counters.turn,
    iteration: call.counters.iteration,
    iterationsWithoutProgress: call.counters.iterationsWithoutProgress,
    treeIterations: treeIterations(state, call),
    turnSpentNano: turnCount(state, call)?.spentNano ?? 0,
    sessionCalls: summary.calls,
    lastContextTokens: call.base?.tokens ?? null,
    lastContextBytes: call.base?.bytes ?? 0,
    bytesPerToken: bytesPerToken(source, summary.bytesPerToken),
    threadStartTokens: call.threadStartTokens,
    turnStartTokens: call.turnStartTokens,
    toolErrorsInARow: call.counters.toolErrorsInARow,
    repeatedCalls: call.counters.repeatedCalls,
    pinned: call.pinned,
    lastCallAt: thread?.lastCallAt ?? null,
    lastTarget: thread?.lastTarget ?? null,
    previousRequestId: thread?.lastRequestId ?? null,
    lastPromptTokens: thread?.head?.context?.tokens ?? null,
    warm: warmCaches(state, opening, at.now),
    ...(summary.gaps === undefined ? {} : { gaps: summary.gaps }),
    ...(summary.longCacheLost === true ? { longCacheLost: true } : {}),
    ...(thread?.prefix === undefined ? {} : { lastPrefix: thread.prefix }),
    expectedIterationsLeft: expectedIterationsLeft(turns, taskType, call.counters.iteration),
    ...(call.opensTurn ? { iterationsLeftByTask: iterationsLeftByTask(turns) } : {}),
    growthPerCall: expectedGrowth(summary, source?.growth ?? null, taskType),
    ...(call.opensTurn ? { growthByTask: growthByTask(summary, source?.growth ?? null) } : {}),
    expectedOutput: expectedOutput(summary, taskType),
    ...(holder === null ? {} : { stateProvider: holder }),
    spentNano: summary.spentNano,
    ...(summary.chain === undefined ? {} : { chain: summary.chain }),
    call,
  }
}

/** What was recorded for the main conversation's turn that this call belongs to; null: nothing yet. */
function turnCount(state: SessionState, call: BegunCall): RootCount | null {
  const root = state.summary.roots.find((count) => count.threadId === call.rootThreadId)
  if (root === undefined) return null
  return call.kind === 'subagent' || root.turn === call.counters.turn ? root : null
}

/** Calls recorded or in flight for the main conversation's turn, this one included and a repeated one counted once. */
function treeIterations(state: SessionState, call: BegunCall): number {
  const main = call.kind !== 'subagent'
  let calls = turnCount(state, call)?.calls ?? (main ? call.counters.iteration - 1 : 0)
  for (const other of state.open.values()) {
    const counts = other.rootThreadId === call.rootThreadId && other.kind !== 'utility' && !other.retry
    const thisTurn = other.kind === 'subagent' || !main || other.counters.turn === call.counters.turn
    if (counts && thisTurn && other.requestId !== call.requestId) calls += 1
  }
  return Math.max(1, call.retry ? calls : calls + 1)
}
