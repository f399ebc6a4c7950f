/**
 * Replays a recorded session through `decideRoute` as production would call it, and bills it with simulated caches. Only
 * the work's demand is given from outside; what the session knows is what it would have known then.
 */
import { costAt } from '../pricing/cost.ts'
import { priceOf, type PriceBook } from '../pricing/price-book.ts'
import type { Catalog } from '../routing/catalog.ts'
import { decideRoute, type RouteInput } from '../routing/decide-route.ts'
import type { Availability } from '../routing/eligible.ts'
import type { Policy } from '../routing/policy.ts'
import type { PinnedChoice, SessionView } from '../session/session-view.ts'
import type { RequestSignals } from '../signals/request-signals.ts'
import type { TaskType, Tier } from '../tasks/task-types.ts'
import { cachedUsage, cachesAfter, cachesAt, type SimulatedCaches } from './simulated-caches.ts'
import { turnNumbers, type TraceSession } from './trace.ts'

export interface ReplayInput {
  readonly policy: Policy
  readonly catalog: Catalog
  readonly prices: PriceBook
  readonly providers: Availability['providers']
  /** Prices of this day are used, ms. */
  readonly pricedAt: number
  readonly lifetimeMs: number
  /** What is expected of the turn at a call; null fields: the policy's starting values. */
  readonly expect: (
    callIndex: number,
  ) => Pick<SessionView, 'expectedIterationsLeft' | 'growthPerCall' | 'expectedOutput'>
}

export interface ReplayBill {
  readonly costNano: number
  readonly tiers: readonly Tier[]
  /** Calls that went to another target than the one before them. */
  readonly switches: number
}

/** A task type of each tier, to stand for a demand of that tier. */
const TASK_OF_TIER: Readonly<Record<Tier, TaskType>> = { 1: 'docstring', 2: 'bug_fix', 3: 'architecture' }

/** The bill of a session routed by a policy. `needed` is the tier each call's work needs. Throws if no target serves. */
export function replaySession(session: TraceSession, needed: readonly Tier[], input: ReplayInput): ReplayBill {
  const turns = turnNumbers(session)
  let caches: SimulatedCaches = new Map()
  let state = START
  const tiers: Tier[] = []
  let costNano = 0
  let switches = 0
  for (const [index, call] of session.calls.entries()) {
    caches = cachesAt(caches, call)
    state = beginCall(state, { turn: turns[index] ?? 0, promptTokens: call.promptTokens })
    const decision = decideRoute(routeInput({ session, index, needed: needed[index] ?? 3, state, caches, input }))
    if (decision.target === null || decision.pinned === null) throw new Error(`no target serves call ${index}`)
    const { id } = decision.target
    const price = priceOf(input.prices, id, input.pricedAt)
    if (price.status === 'unpriced') throw new Error(`${id} has no price`)
    costNano += costAt(cachedUsage(caches, id, call), price)
    caches = cachesAfter(caches, id, { call, lifetimeMs: input.lifetimeMs })
    if (state.lastTarget !== null && state.lastTarget !== id) switches += 1
    state = { ...state, pinned: decision.pinned, lastTarget: id, lastCallAt: call.atMs }
    tiers.push(decision.target.tier)
  }
  return { costNano, tiers, switches }
}

interface ThreadState {
  readonly turn: number
  readonly iteration: number
  readonly threadStart: number
  readonly turnStart: number
  readonly pinned: PinnedChoice | null
  readonly lastTarget: string | null
  readonly lastCallAt: number | null
}

const START: ThreadState = {
  turn: -1,
  iteration: 0,
  threadStart: 0,
  turnStart: 0,
  pinned: null,
  lastTarget: null,
  lastCallAt: null,
}

function beginCall(
  state: ThreadState,
  { turn, promptTokens }: { readonly turn: number; readonly promptTokens: number },
): ThreadState {
  const threadStart = state.turn === -1 ? promptTokens : state.threadStart
  if (turn === state.turn) return { ...state, iteration: state.iteration + 1 }
  return { ...state, turn, iteration: 1, threadStart, turnStart: promptTokens }
}

interface CallInput {
  readonly session: TraceSession
  readonly index: number
  readonly needed: Tier
  readonly state: ThreadState
  readonly caches: SimulatedCaches
  readonly input: ReplayInput
}

function routeInput(callInput: CallInput): RouteInput {
  const { session, index, needed, state, input } = callInput
  const call = session.calls[index]
  const contextTokens = call?.promptTokens ?? 0
  const startsTurn = state.iteration === 1
  return {
    signals: { ...REPLAYED_SIGNALS, startsTurn },
    needs: REPLAYED_NEEDS,
    task: {
      taskType: TASK_OF_TIER[needed],
      source: startsTurn ? 'rule' : 'turn',
      confidence: 1,
      rule: null,
    },
    policy: input.policy,
    session: sessionView(callInput),
    budget: { highestTier: 3, affordableTier: 3, headroomNano: null },
    catalog: input.catalog,
    prices: input.prices,
    request: {
      keyId: 'replay',
      context: {
        contextTokens,
        staticTokens: 0,
        growth: {
          turnTokens: Math.max(0, contextTokens - state.turnStart),
          sessionTokens: Math.max(0, contextTokens - state.threadStart),
          contextTokens,
        },
      },
      dialects: ['anthropic-messages'],
      coverage: 'tail',
      lifetime: 'short',
    },
    availability: { providers: input.providers, cooldowns: {} },
    now: input.pricedAt,
  }
}

/** What the session would have told at this call. Its caches are those still alive, so they carry no other expiry. */
function sessionView({ session, index, state, caches, input }: CallInput): SessionView {
  return {
    sessionId: session.id,
    threadId: session.id,
    parentThreadId: null,
    turn: state.turn + 1,
    iteration: state.iteration,
    iterationsWithoutProgress: state.iteration,
    treeIterations: state.iteration,
    turnSpentNano: 0,
    previousRequestId: null,
    sessionCalls: index,
    lastContextTokens: session.calls[index - 1]?.promptTokens ?? null,
    lastContextBytes: 0,
    bytesPerToken: 4,
    threadStartTokens: index === 0 ? null : state.threadStart,
    turnStartTokens: state.iteration === 1 ? null : state.turnStart,
    toolErrorsInARow: 0,
    repeatedCalls: 0,
    pinned: state.pinned,
    lastCallAt: state.lastCallAt,
    lastTarget: state.lastTarget,
    warm: [...caches].map(([target, { tokens }]) => ({
      target,
      tokens,
      scope: 'thread',
      expiresAt: Number.MAX_SAFE_INTEGER,
    })),
    ...input.expect(index),
    spentNano: 0,
  }
}

const REPLAYED_SIGNALS: RequestSignals = {
  agent: 'replay',
  requestedModel: 'auto',
  typedText: '',
  startsTurn: false,
  acknowledgement: false,
  complaint: false,
  words: 0,
  filePaths: [],
  stackTrace: false,
  stackTraceFiles: 0,
  planMode: false,
  subagent: false,
  utility: null,
  interactive: null,
  toolResults: 0,
  toolErrors: 0,
  testsFailed: false,
  testsPassed: false,
  edited: false,
  callHash: null,
  staticBytes: 0,
  conversationBytes: 0,
  addedBytes: 0,
  images: 0,
  tools: 1,
  thinkingAsked: false,
  outputLimit: null,
}

const REPLAYED_NEEDS: RouteInput['needs'] = {
  images: false,
  documents: false,
  tools: true,
  toolChoice: 'default',
  prefill: false,
  thinking: null,
  effort: null,
  sampling: [],
  systemInMessages: false,
  jsonSchema: false,
  signedThinking: false,
  providerState: null,
}
