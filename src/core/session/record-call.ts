/**
 * A call has ended: what it used, what it left warm and where its thread stands now. A record that comes again changes
 * nothing; one that comes late never takes a thread back.
 */
import { addAnswer, addSample, addSeenText, afterTurn, bytesPerToken } from './averages.ts'
import { promptTokens } from '../chat/usage.ts'
import { makersAfter } from './answer-makers.ts'
import type { BegunCall } from './call-opening.ts'
import type { CallOutcome } from './call-outcome.ts'
import type { Checkpoint, RootCount, SessionState, SessionSummary, ThreadState } from './session-state.ts'
import { LIMITS, NO_AVERAGE } from './session-state.ts'
import { gapsAfter, lostLongCache } from './cache-habits.ts'
import { staticsAfter, warmAfter } from './warm-prefixes.ts'

/** What a record changed, so that the shell writes those rows and no others. */
export interface RecordedCall {
  readonly state: SessionState
  /** Threads to write: none for a call that keeps no thread, or a repeated record. */
  readonly written: readonly ThreadState[]
  /** Threads forgotten to stay within bounds. */
  readonly forgotten: readonly string[]
  readonly changed: boolean
}

/**
 * Whether an outcome taught what should outlast the object's memory, of a session that has kept nothing yet: a call that
 * nobody answered and nobody billed (an invented session, an answer that no provider holds) is worth no row of its own.
 */
export function isWorthKeeping({ usage, costNano, ending, warmed, stored }: CallOutcome): boolean {
  return ending === 'complete' || usage !== null || costNano > 0 || warmed.length > 0 || stored !== undefined
}

/** Takes the outcome into the session. `now` in milliseconds since epoch. */
export function recordCall(state: SessionState, outcome: CallOutcome, now: number): RecordedCall {
  const { call } = outcome
  const open = stillOpen(state, call)
  if (state.summary.recorded.includes(call.requestId)) {
    return { state: { ...state, open }, written: [], forgotten: [], changed: false }
  }
  if (call.kind === 'utility') {
    const summary = summaryAfter(state.summary, { outcome, thread: null, before: null }, now)
    return { state: { ...state, summary, open }, written: [], forgotten: [], changed: true }
  }
  const before = state.threads.get(call.threadId) ?? null
  const parent = call.parentThreadId === null ? null : (state.threads.get(call.parentThreadId) ?? null)
  const thread = threadAfter(before ?? newThread(call, parent), outcome, now)
  const written = [thread]
  // The successor of a compacted conversation has begun: the next fresh start is not one too.
  if (before === null && parent?.compacted === true) written.push({ ...parent, compacted: false })
  const threads = new Map(state.threads)
  for (const changed of written) threads.set(changed.id, changed)
  const forgotten = forgetOldest(threads, thread.id)
  const summary = summaryAfter(state.summary, { outcome, thread, before }, now)
  return { state: { summary, threads, open }, written, forgotten, changed: true }
}

/** The call is over, and with it those it repeated: nothing waits for them any more. */
function stillOpen(state: SessionState, call: BegunCall): Map<string, BegunCall> {
  const open = new Map(state.open)
  open.delete(call.requestId)
  for (const [id, other] of state.open) {
    const repeated = other.threadId === call.threadId && other.count === call.count && other.hash === call.hash
    if (repeated && other.startedAt <= call.startedAt) open.delete(id)
  }
  return open
}

function newThread(call: BegunCall, parent: ThreadState | null): ThreadState {
  return {
    id: call.threadId,
    parentId: call.parentThreadId,
    rootId: call.rootThreadId,
    hint: call.hint,
    subagent: call.kind === 'subagent' || (parent?.subagent ?? false),
    head: null,
    unanswered: null,
    checkpoints: [],
    contextTokens: null,
    threadStartTokens: call.threadStartTokens,
    turnStartTokens: call.turnStartTokens,
    seenBytes: parent?.seenBytes ?? 0,
    seenTokens: parent?.seenTokens ?? 0,
    growth: parent?.growth ?? NO_AVERAGE,
    pinned: call.pinned,
    lastTaskType: null,
    lastCallAt: 0,
    lastTarget: '',
    lastRequestId: '',
    compacted: false,
    warm: [],
  }
}

function threadAfter(before: ThreadState, outcome: CallOutcome, now: number): ThreadState {
  const { call } = outcome
  const warm = warmAfter(before.warm, outcome, now)
  if (call.kind === 'compaction') {
    const answered = outcome.ending === 'complete'
    return {
      ...before,
      warm,
      compacted: before.compacted || answered,
      lastCallAt: Math.max(before.lastCallAt, call.startedAt),
    }
  }
  if (isOvertaken(before, call)) return { ...before, warm }
  const last = {
    warm,
    pinned: outcome.pinned ?? before.pinned,
    lastTaskType: outcome.taskType,
    lastCallAt: call.startedAt,
    lastTarget: outcome.target,
    lastRequestId: call.requestId,
    compacted: false,
    ...(outcome.prefix === undefined ? {} : { prefix: outcome.prefix }),
  }
  const context = contextOf(outcome)
  const point: Checkpoint = {
    count: call.count,
    hash: call.hash,
    counters: call.counters,
    context,
    ...storedOf(outcome),
  }
  if (outcome.ending !== 'complete') {
    const answeredOnce = before.head?.count === point.count && before.head.hash === point.hash
    return { ...before, ...last, unanswered: answeredOnce ? before.unanswered : point }
  }
  return {
    ...before,
    ...last,
    ...learnedOfThread(before, outcome),
    ...(call.makers === undefined ? {} : { makers: makersAfter(call.makers, call.count, outcome.provider) }),
    head: point,
    unanswered: null,
    checkpoints: checkpointsAfter(before),
  }
}

function storedOf(outcome: CallOutcome): Pick<Checkpoint, 'stored'> {
  const { stored } = outcome
  if (stored === undefined) return {}
  const contextTokens = totalTokens(outcome)
  return { stored: contextTokens === null ? stored : { ...stored, contextTokens } }
}

/** A later call of the thread was recorded before this one. */
function isOvertaken(thread: ThreadState, call: BegunCall): boolean {
  const latest = (thread.unanswered ?? thread.head)?.counters
  if (latest === undefined) return false
  const { turn, iteration } = call.counters
  return turn < latest.turn || (turn === latest.turn && iteration < latest.iteration)
}

function contextOf({ usage, tokenizerRatio, call }: CallOutcome): Checkpoint['context'] {
  if (usage === null || promptTokens(usage) === 0) return null
  return { tokens: Math.round(promptTokens(usage) / tokenizerRatio), bytes: call.contextBytes }
}

/** Prompt and answer, in reference tokens; null: not counted. */
function totalTokens({ usage, tokenizerRatio }: CallOutcome): number | null {
  if (usage === null || promptTokens(usage) === 0) return null
  return Math.round((promptTokens(usage) + usage.outputTokens) / tokenizerRatio)
}

/** What an answered call teaches of its thread: sizes, growth, bytes per token. */
function learnedOfThread(before: ThreadState, outcome: CallOutcome): Partial<ThreadState> {
  const { call } = outcome
  const context = contextOf(outcome)
  const total = totalTokens(outcome)
  const opensTurn = call.counters.turn > (before.head?.counters.turn ?? 0)
  if (context === null || total === null) {
    return { turnStartTokens: opensTurn ? call.turnStartTokens : before.turnStartTokens }
  }
  const grown = before.contextTokens === null ? null : total - before.contextTokens
  const base = call.base ?? { tokens: 0, bytes: 0 }
  const seen = addSeenText(before, context.bytes - base.bytes, context.tokens - base.tokens)
  return {
    contextTokens: total,
    threadStartTokens: before.threadStartTokens ?? context.tokens,
    turnStartTokens: (opensTurn ? call.turnStartTokens : before.turnStartTokens) ?? context.tokens,
    seenBytes: seen.seenBytes,
    seenTokens: seen.seenTokens,
    growth: grown === null || grown < 0 ? before.growth : addSample(before.growth, grown),
  }
}

/** The head joins the earlier requests; the very first is always kept, since rewinds go there. */
function checkpointsAfter(before: ThreadState): readonly Checkpoint[] {
  if (before.head === null) return before.checkpoints
  const all = [...before.checkpoints, before.head]
  const first = all[0]
  if (all.length <= LIMITS.checkpoints || first === undefined) return all
  return [first, ...all.slice(1 - LIMITS.checkpoints)]
}

interface Taken {
  readonly outcome: CallOutcome
  readonly thread: ThreadState | null
  readonly before: ThreadState | null
}

function summaryAfter(summary: SessionSummary, taken: Taken, now: number): SessionSummary {
  const { outcome, thread, before } = taken
  const { call } = outcome
  const grewBy = growthOf(before, thread)
  return {
    calls: summary.calls + 1,
    spentNano: summary.spentNano + outcome.costNano,
    lastCallAt: Math.max(summary.lastCallAt, call.startedAt),
    bytesPerToken: thread === null ? summary.bytesPerToken : bytesPerToken(thread, summary.bytesPerToken),
    growth: grewBy === null ? summary.growth : addSample(summary.growth, grewBy),
    ...gapsAfter(summary, before, call),
    ...(summary.longCacheLost === true || lostLongCache(before, outcome) ? { longCacheLost: true } : {}),
    ...(summary.sessionId === undefined ? {} : { sessionId: summary.sessionId }),
    ...(summary.chain === undefined ? {} : { chain: summary.chain }),
    ...learnedAfter(summary, taken, grewBy),
    statics: staticsAfter(summary.statics, outcome, now),
    roots: call.kind === 'utility' ? summary.roots : rootsAfter(summary.roots, outcome),
    recorded: [...summary.recorded, call.requestId].slice(-LIMITS.recorded),
  }
}

function growthOf(before: ThreadState | null, after: ThreadState | null): number | null {
  const was = before?.contextTokens ?? null
  const is = after?.contextTokens ?? null
  if (was === null || is === null || before?.head === after?.head) return null
  const grown = is - was
  return grown < 0 ? null : grown
}

function learnedAfter(
  summary: SessionSummary,
  { outcome, before }: Taken,
  grownTokens: number | null,
): Pick<SessionSummary, 'learned' | 'recentTurns'> {
  const { call, usage, taskType } = outcome
  const knownTurn = (before?.unanswered ?? before?.head)?.counters.turn ?? 0
  const turned =
    call.endedTurn !== null && call.counters.turn > knownTurn ? afterTurn(summary, call.endedTurn) : summary
  const { learned, recentTurns } = turned
  const turns = recentTurns === undefined ? {} : { recentTurns }
  if (usage === null || outcome.ending !== 'complete') return { learned, ...turns }
  const outputTokens = usage.outputTokens / outcome.tokenizerRatio
  return { learned: addAnswer(turned, taskType, { outputTokens, grownTokens }), ...turns }
}

/**
 * Calls of the main conversation's turn and their cost. A call of a later turn starts anew, a late one adds nothing, a
 * repeated one adds its cost only.
 */
function rootsAfter(roots: readonly RootCount[], { call, costNano }: CallOutcome): readonly RootCount[] {
  const known = roots.find((root) => root.threadId === call.rootThreadId)
  const others = roots.filter((root) => root !== known)
  const ownTurn = call.kind === 'subagent' ? null : call.counters.turn
  const turn = Math.max(known?.turn ?? 0, ownTurn ?? 0)
  if (known !== undefined && ownTurn !== null && ownTurn < known.turn) return roots
  if (known !== undefined && known.turn === turn) {
    const calls = call.retry ? known.calls : known.calls + 1
    return [{ ...known, calls, spentNano: known.spentNano + costNano }, ...others]
  }
  if (call.retry) return roots
  const calls = ownTurn === null ? 1 : call.counters.iteration
  return [{ threadId: call.rootThreadId, turn, calls, spentNano: costNano }, ...others].slice(0, LIMITS.roots)
}

/** The longest idle threads go first, sub-agents before conversations a person may come back to. */
function forgetOldest(threads: Map<string, ThreadState>, keep: string): string[] {
  const forgotten: string[] = []
  while (threads.size > LIMITS.threads) {
    let oldest: ThreadState | null = null
    for (const thread of threads.values()) {
      if (thread.id === keep) continue
      if (oldest === null || goesBefore(thread, oldest)) oldest = thread
    }
    if (oldest === null) break
    threads.delete(oldest.id)
    forgotten.push(oldest.id)
  }
  return forgotten
}

function goesBefore(a: ThreadState, b: ThreadState): boolean {
  if (a.subagent !== b.subagent) return a.subagent
  return a.lastCallAt < b.lastCallAt
}
