/**
 * Replays a recorded session through `decideRoute` as production would call it, and bills it with simulated caches. Only
 * the work is given from outside; what the session knows is what it would have known then. It reads no log.
 */
import { DIALECTS } from '../dialects/dialect.ts'
import { promptTokens, type Usage } from '../chat/usage.ts'
import { costAt } from '../pricing/cost.ts'
import type { PriceBook } from '../pricing/price-book.ts'
import { TIERS, type Catalog, type CatalogModel } from '../routing/catalog.ts'
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
import { turnNumbers, type TraceSession } from './trace.ts'

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
  const turns = turnNumbers(session)
  const targets = new Map<string, ServingTarget>()
  let caches: SimulatedCaches = new Map()
  let state = START
  const calls: ReplayedCall[] = []
  for (const [index, call] of session.calls.entries()) {
    const own = work[index]
    if (own === undefined) throw new NotReplayable(`call ${index} has no work`)
    caches = cachesAt(caches, call)
    state = beginCall(state, { turn: turns[index] ?? 0, promptTokens: call.promptTokens })
    const decision = decideSpoken(
      routeInput({ session, index, work: own, state, caches, targets, input }),
      () => DIALECTS,
    )
    const chosen = chosenTarget(decision, index)
    const target = servedBy(targets, chosen.model, input)
    const usage = usageWith(cachedTokens(caches, target.id, session), target, call)
    calls.push({
      target: chosen.id,
      tier: chosen.tier,
      costNano: costAt(usage, target.price),
      usage,
      reasons: decision.reasons,
      lowest: lowestOf(decision.floor, decision.ceiling, chosen.tier),
      switched: state.lastTarget !== null && state.lastTarget !== chosen.id,
    })
    caches = cachesAfter(caches, chosen.id, { call, lifetimeMs: target.lifetimeMs })
    state = {
      ...state,
      pinned: decision.pinned,
      lastTarget: chosen.id,
      lastCallAt: call.atMs,
      lastTask: own.task.taskType,
      learned: learnCall(state.learned, {
        call,
        before: session.calls[index - 1] ?? null,
        taskType: own.task.taskType,
      }),
    }
  }
  return {
    costNano: calls.reduce((sum, { costNano }) => sum + costNano, 0),
    calls,
    switches: calls.filter(({ switched }) => switched).length,
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
  readonly caches: SimulatedCaches
  readonly targets: ReadonlyMap<string, ServingTarget>
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

/** What the thread has cached, and at every listed model what others keep of its beginning. */
function warmCaches({
  session,
  caches,
  targets,
  input,
}: Pick<CallInput, 'session' | 'caches' | 'targets' | 'input'>): SessionView['warm'] {
  const expiresAt = Number.MAX_SAFE_INTEGER
  const own = [...caches].map(([target, { tokens }]): WarmCache => {
    const scaled = Math.round(tokens * (targets.get(target)?.tokenizerRatio ?? 1))
    return { target, tokens: scaled, scope: 'thread', expiresAt }
  })
  const { sharedTokens = 0 } = session
  if (sharedTokens === 0) return own
  const listed = TIERS.flatMap((tier) => input.catalog.tiers[tier])
  const shared = listed.map(({ id, model }): WarmCache => {
    return { target: id, tokens: Math.round(sharedTokens * model.tokenizerRatio), scope: 'static', expiresAt }
  })
  return [...own, ...shared]
}

/** What the session would have told at this call. Its caches are those still alive, so they carry no other expiry. */
function sessionView({ session, index, work, state, caches, targets, input }: CallInput): SessionView {
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
    warm: input.caching === false ? [] : warmCaches({ session, caches, targets, input }),
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
