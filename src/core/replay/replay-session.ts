/**
 * Replays a recorded session through `decideRoute` as production would call it, and bills it with simulated caches. Only
 * the work is given from outside; what the session knows is what it would have known then. It reads no log.
 */
import { DIALECTS } from '../dialects/dialect.ts'
import { promptTokens, type Usage } from '../chat/usage.ts'
import { costAt } from '../pricing/cost.ts'
import type { PriceBook } from '../pricing/price-book.ts'
import type { Catalog, CatalogModel } from '../routing/catalog.ts'
import type { RouteDecision, RouteInput } from '../routing/decide-route.ts'
import { decideSpoken } from '../routing/decide-spoken.ts'
import type { Availability } from '../routing/eligible.ts'
import type { Policy } from '../routing/policy.ts'
import type { ReasonCode } from '../routing/reasons.ts'
import type { SessionSummary } from '../session/session-state.ts'
import type { PinnedChoice, SessionView, WarmCache } from '../session/session-view.ts'
import type { TaskType, Tier } from '../tasks/task-types.ts'
import { PLAIN_SIGNALS, type CallWork } from './call-work.ts'
import { expectationsOf, learnCall, learnTurn, NOTHING_LEARNED, type Expectations } from './replay-learning.ts'
import { servingTarget, usageWith, type ServingTarget } from './serving-target.ts'
import { cachedTokens, cachesAfter, cachesAt, type SimulatedCaches } from './simulated-caches.ts'
import { SHARED_NOWHERE, turnNumbers, type SharedAt, type TraceSession } from './trace.ts'

export interface ReplayInput {
  readonly policy: Policy
  readonly catalog: Catalog
  readonly prices: PriceBook
  readonly providers: Availability['providers']
  /** Prices of this day are used, ms. */
  readonly pricedAt: number
  /** How long marked caches live, ms. */
  readonly lifetimeMs: number
  /** False: no request marks anything, and no model caches by itself; every prompt costs its input price. */
  readonly caching?: boolean
  /** Puts other expectations in the place of what the session has learned. */
  readonly expect?: (callIndex: number, learned: Expectations) => Expectations
}

/** One call as the policy would have had it. */
export interface ReplayedCall {
  readonly target: string
  readonly tier: Tier
  readonly costNano: number
  readonly usage: Usage
  readonly reasons: readonly ReasonCode[]
  /** The lowest tier that would have done: the floor, or the ceiling or the tier it went to where those are lower. */
  readonly lowest: Tier
  /** It went to another target than the call before it. */
  readonly switched: boolean
}

export interface ReplayBill {
  readonly costNano: number
  readonly calls: readonly ReplayedCall[]
  readonly switches: number
}

/** No target could have served a call, or the one chosen has no price. */
export class NotReplayable extends Error {
  override readonly name = 'NotReplayable'
}

/** The bill of a session routed by a policy. `work`: of each call. Throws `NotReplayable`. */
export function replaySession(session: TraceSession, work: readonly CallWork[], input: ReplayInput): ReplayBill {
  const replay = new SessionReplay(session, work, input)
  const calls = session.calls.map((_, index) => replay.next(session.sharedAt?.[index]))
  return {
    costNano: calls.reduce((sum, { costNano }) => sum + costNano, 0),
    calls,
    switches: calls.filter(({ switched }) => switched).length,
  }
}

/** A session that is replayed call by call, so that others can be replayed beside it. */
export class SessionReplay {
  readonly #session: TraceSession
  readonly #work: readonly CallWork[]
  readonly #input: ReplayInput
  readonly #turns: readonly number[]
  readonly #targets = new Map<string, ServingTarget>()
  #caches: SimulatedCaches = new Map()
  #state = START
  #index = 0

  /** @param work of each call */
  constructor(session: TraceSession, work: readonly CallWork[], input: ReplayInput) {
    this.#session = session
    this.#work = work
    this.#input = input
    this.#turns = turnNumbers(session)
  }

  /** How long a target that a call went to keeps it, ms. */
  lifetimeOf(target: string): number {
    return this.#targets.get(target)?.lifetimeMs ?? 0
  }

  /**
   * Sends the next call.
   *
   * @param shared where the beginning of its prompt is cached
   * @throws NotReplayable
   */
  next(shared: SharedAt = SHARED_NOWHERE): ReplayedCall {
    const index = this.#index++
    const call = this.#session.calls[index]
    const work = this.#work[index]
    if (call === undefined || work === undefined) throw new NotReplayable(`call ${index} has no work`)
    this.#caches = cachesAt(this.#caches, call)
    const turn = this.#turns[index] ?? 0
    const state = beginCall(this.#state, { turn, promptTokens: call.promptTokens })
    const { sharedTokens } = this.#session
    const decision = decideSpoken(this.#routeInput({ index, work, state, shared }), () => DIALECTS)
    const chosen = chosenTarget(decision, index)
    const target = servedBy(this.#targets, chosen.model, this.#input)
    const usage = usageWith(cachedTokens(this.#caches, target.id, { sharedTokens, shared }), target, call)
    this.#caches = cachesAfter(this.#caches, chosen.id, { call, lifetimeMs: target.lifetimeMs })
    this.#state = this.#answered(state, index, decision)
    return {
      target: chosen.id,
      tier: chosen.tier,
      costNano: costAt(usage, target.price),
      usage,
      reasons: decision.reasons,
      lowest: lowestOf(decision.floor, decision.ceiling, chosen.tier),
      switched: state.lastTarget !== null && state.lastTarget !== chosen.id,
    }
  }

  #routeInput(call: Pick<CallInput, 'index' | 'work' | 'state' | 'shared'>): RouteInput {
    return routeInput({ ...call, session: this.#session, caches: this.#caches, input: this.#input })
  }

  #answered(state: ThreadState, index: number, { pinned, target }: RouteDecision): ThreadState {
    const { calls } = this.#session
    const call = calls[index]
    const taskType = this.#work[index]?.task.taskType
    if (call === undefined || taskType === undefined) return state
    return {
      ...state,
      pinned,
      lastTarget: target?.id ?? null,
      lastCallAt: call.atMs,
      lastTask: taskType,
      learned: learnCall(state.learned, { call, before: calls[index - 1] ?? null, taskType }),
    }
  }
}

/** The share of all prompt tokens that were read from a cache. */
export function cacheShare(calls: readonly Pick<ReplayedCall, 'usage'>[]): number {
  const prompts = calls.reduce((sum, { usage }) => sum + promptTokens(usage), 0)
  return prompts === 0 ? 0 : calls.reduce((sum, { usage }) => sum + usage.cacheReadTokens, 0) / prompts
}

function lowestOf(...tiers: readonly Tier[]): Tier {
  return tiers.reduce((lowest, tier) => (tier < lowest ? tier : lowest), 3)
}

function chosenTarget(decision: RouteDecision, index: number): NonNullable<RouteDecision['target']> {
  if (decision.target !== null) return decision.target
  throw new NotReplayable(
    decision.refusal === 'unknown_model' ? `call ${index} asks for an unknown model` : `no target serves call ${index}`,
  )
}

function servedBy(targets: Map<string, ServingTarget>, model: CatalogModel, terms: ReplayInput): ServingTarget {
  const key = `${model.provider}/${model.id}`
  const known = targets.get(key)
  if (known !== undefined) return known
  const served = servingTarget(model, terms)
  if (served === null) throw new NotReplayable(`${key} has no price`)
  const target = terms.caching === false ? { ...served, minCacheTokens: null } : served
  targets.set(key, target)
  return target
}

interface ThreadState {
  readonly turn: number
  readonly iteration: number
  readonly threadStart: number
  readonly turnStart: number
  readonly pinned: PinnedChoice | null
  readonly lastTarget: string | null
  readonly lastCallAt: number | null
  readonly lastTask: TaskType | null
  readonly learned: SessionSummary
}

const START: ThreadState = {
  turn: -1,
  iteration: 0,
  threadStart: 0,
  turnStart: 0,
  pinned: null,
  lastTarget: null,
  lastCallAt: null,
  lastTask: null,
  learned: NOTHING_LEARNED,
}

/** A turn that begins chooses anew; the length of the one before it is known from here on. */
function beginCall(
  state: ThreadState,
  { turn, promptTokens: tokens }: { readonly turn: number; readonly promptTokens: number },
): ThreadState {
  if (turn === state.turn) return { ...state, iteration: state.iteration + 1 }
  const ended = state.lastTask === null ? null : { taskType: state.lastTask, iterations: state.iteration }
  return {
    ...state,
    turn,
    iteration: 1,
    threadStart: state.turn === -1 ? tokens : state.threadStart,
    turnStart: tokens,
    learned: learnTurn(state.learned, ended),
  }
}

interface CallInput {
  readonly session: TraceSession
  readonly index: number
  readonly work: CallWork
  readonly state: ThreadState
  readonly shared: SharedAt
  readonly caches: SimulatedCaches
  readonly input: ReplayInput
}

function routeInput(callInput: CallInput): RouteInput {
  const { session, index, work, state, input } = callInput
  const call = session.calls[index]
  const contextTokens = call?.promptTokens ?? 0
  const startsTurn = state.iteration === 1
  return {
    signals: {
      ...PLAIN_SIGNALS,
      startsTurn,
      requestedModel: work.requestedModel,
      subagent: work.subagent,
      ...work.signals,
    },
    needs: REPLAYED_NEEDS,
    task: startsTurn ? work.task : { ...work.task, source: 'turn' },
    policy: input.policy,
    session: sessionView(callInput),
    budget: { highestTier: 3, affordableTier: 3, headroomNano: null },
    catalog: input.catalog,
    prices: input.prices,
    request: {
      keyId: work.keyId,
      context: {
        contextTokens,
        staticTokens: 0,
        growth: {
          turnTokens: Math.max(0, contextTokens - state.turnStart),
          sessionTokens: Math.max(0, contextTokens - state.threadStart),
          contextTokens,
        },
      },
      dialects: work.dialects,
      coverage: input.caching === false ? 'none' : 'tail',
      lifetime: 'short',
    },
    availability: { providers: input.providers, cooldowns: {} },
    now: input.pricedAt,
  }
}

/** What the thread has cached, and where its session has put the beginning of its prompts. */
function warmCaches({ session, caches, shared, input }: CallInput): SessionView['warm'] {
  const expiresAt = Number.MAX_SAFE_INTEGER
  const scaled = (tokens: number, target: string): number =>
    Math.round(tokens * (input.catalog.models.get(target)?.tokenizerRatio ?? 1))
  const own = [...caches].map(([target, { tokens }]): WarmCache => {
    return { target, tokens: scaled(tokens, target), scope: 'thread', expiresAt }
  })
  const beginnings = [...shared.known].map((target): WarmCache => {
    return { target, tokens: scaled(session.sharedTokens ?? 0, target), scope: 'static', expiresAt }
  })
  return [...own, ...beginnings]
}

/** What the session would have told at this call. Its caches are those still alive, so they carry no other expiry. */
function sessionView(callInput: CallInput): SessionView {
  const { session, index, work, state, input } = callInput
  const learned = expectationsOf(
    state.learned,
    state.iteration === 1 ? null : (state.pinned?.taskType ?? null),
    state.iteration,
  )
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
    toolErrorsInARow: work.toolErrorsInARow,
    repeatedCalls: work.repeatedCalls,
    pinned: state.iteration === 1 && work.signals.complaint !== true ? null : state.pinned,
    lastCallAt: state.lastCallAt,
    lastTarget: state.lastTarget,
    warm: input.caching === false ? [] : warmCaches(callInput),
    ...(input.expect === undefined ? learned : input.expect(index, learned)),
    spentNano: 0,
  }
}

/** An agent's call: it needs tools, and nothing that rules a model out. */
export const REPLAYED_NEEDS: RouteInput['needs'] = {
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
