/**
 * Decides where a call goes: the floor its work asks for, the ceiling its key, client and budget set, and between them
 * the cheapest target that can serve it, the cache counted. Production, replay, the benchmark and "what if" all call it.
 * It reads no clock, sends nothing, and its record holds every number it decided by.
 */
import type { ConsideredTarget } from '../decisions/decision-record.ts'
import type { DialectName } from '../dialects/dialect.ts'
import type { RequestNeeds } from '../dialects/request-scan.ts'
import type { CacheCoverage } from '../pricing/baseline.ts'
import type { PriceBook } from '../pricing/price-book.ts'
import type { LifetimeWish } from '../prompt-cache/lifetime.ts'
import type { PinnedChoice, SessionView } from '../session/session-view.ts'
import {
  SHIPPED_STARTING_VALUES,
  startingGrowth,
  startingIterationsLeft,
  type StartingValues,
} from '../session/starting-values.ts'
import type { RequestSignals } from '../signals/request-signals.ts'
import type { TaskClassification, TaskType, Tier } from '../tasks/task-types.ts'
import { asTarget, TIERS, type Catalog, type Target } from './catalog.ts'
import type { ContextEstimate } from './context.ts'
import type { Availability } from './eligible.ts'
import { heldChoice } from './evidence.ts'
import { chooseTarget, keepRequested, lowerTier, type Bounds, type Choice, type ChoiceInput } from './choose-target.ts'
import { ceilingOf, fixedTier, floorOf, isSmallCall, type BudgetView, type Floor } from './floors.ts'
import type { Policy } from './policy.ts'
import type { ReasonCode } from './reasons.ts'
import { resolveRequestedModel, type RequestedModel } from './requested-model.ts'
import { inScope } from './scope.ts'
import type { TurnLoad } from './switch-cost.ts'
import { weighTarget, type WeighedTarget, type WeighInput } from './weigh-targets.ts'

export interface RouteInput {
  readonly signals: RequestSignals
  readonly needs: RequestNeeds
  readonly task: TaskClassification
  readonly policy: Policy
  readonly session: SessionView
  /** What the team has learned for sessions that know nothing yet; absent: as shipped. */
  readonly starting?: StartingValues
  readonly budget: BudgetView
  readonly catalog: Catalog
  readonly prices: PriceBook
  readonly request: RequestFacts
  readonly availability: Availability
  readonly now: number
}

/** What the gateway knows of the request beside its signals. */
export interface RequestFacts {
  readonly keyId: string
  readonly context: ContextEstimate
  /** Dialects a provider may be spoken to in for this request. */
  readonly dialects: readonly DialectName[]
  /** What the cache marks of the request, planned ones included, cover. */
  readonly coverage: CacheCoverage
  readonly lifetime: LifetimeWish
}

export interface RouteMeasures {
  readonly contextTokens: number
  readonly staticTokens: number
  readonly turnGrowthTokens: number
  readonly sessionGrowthTokens: number
  readonly iterationsLeft: number
  readonly growthPerCall: number
  readonly expectedOutput: number
}

export interface RouteDecision {
  /** Null: see `refusal`. */
  readonly target: Target | null
  /** The tier of the target; with no target, the floor under its ceiling. */
  readonly tier: Tier
  /** What the work asks for, before the ceiling. */
  readonly floor: Tier
  readonly ceiling: Tier
  readonly reasons: readonly ReasonCode[]
  readonly considered: readonly ConsideredTarget[]
  readonly measures: RouteMeasures
  /** What the session keeps for the rest of the turn; null without a target. */
  readonly pinned: PinnedChoice | null
  /** `unknown_model`: the client named a model nobody knows (404). `no_target`: nothing can serve the call now. */
  readonly refusal: 'unknown_model' | 'no_target' | null
}

/** Decides one call. Deterministic; throws on no valid input. */
export function decideRoute(input: RouteInput): RouteDecision {
  const requested = resolveRequestedModel(input.signals.requestedModel, input.catalog)
  const bounds = boundsOf(input, requested)
  const weighing = weighingOf(input)
  const table = TIERS.flatMap((tier) => input.catalog.tiers[tier]).map((target) => weighTarget(target, weighing))
  if (requested.kind === 'unknown') {
    return { ...describe(input, bounds, { table, chosen: null, compared: [], reasons: [] }), refusal: 'unknown_model' }
  }
  const model = requested.kind === 'model' ? requested.model : null
  const held = heldChoice(input.session)
  const choosing: ChoiceInput = { bounds, table, weighing, catalog: input.catalog, held, requested: model }
  const keeping = model === null ? null : keepingReason(input)
  if (model === null || keeping === null) return describe(input, bounds, chooseTarget(choosing))
  if (asTarget(input.catalog, model).tier <= bounds.ceiling.tier) {
    const decision = describe(input, bounds, keepRequested(choosing, model, keeping))
    // The work's floor had no say.
    return { ...decision, reasons: decision.reasons.filter((reason) => !bounds.floor.reasons.includes(reason)) }
  }
  const decision = describe(input, bounds, chooseTarget(choosing))
  return { ...decision, reasons: [...new Set([...bounds.ceiling.reasons, ...decision.reasons])] }
}

function boundsOf(input: RouteInput, requested: RequestedModel): Bounds {
  const { signals, policy, budget, task } = input
  const floor = floorOf({ ...input, growth: input.request.context.growth })
  const limits = { budget, requested, policy, subagent: signals.subagent, utility: isSmallCall(task) }
  const fixed = fixedTier(limits)
  return {
    floor: fixed === null ? floor : { ...floor, tier: fixed.tier, reasons: [fixed.reason], held: 1 },
    ceiling: ceilingOf(limits),
    fixed: fixed !== null,
  }
}

function weighingOf(input: RouteInput): WeighInput {
  const { needs, request, session, budget, signals, now } = input
  return {
    eligibility: {
      needs,
      dialects: request.dialects,
      contextTokens: request.context.contextTokens,
      outputLimit: signals.outputLimit,
      availability: input.availability,
      stateProvider: session.stateProvider ?? null,
      hardBudget: budget.headroomNano !== null,
      allowedModels: budget.allowedModels ?? null,
      now,
    },
    load: loadOf(input),
    prices: input.prices,
    warm: session.warm,
    headroomNano: budget.headroomNano,
  }
}

function loadOf(input: RouteInput): TurnLoad {
  const { session, policy, request, signals, task, starting = SHIPPED_STARTING_VALUES } = input
  const expected = session.expectedOutput ?? policy.expectations.outputTokens
  const ofTask = session.pinned === null ? session.growthByTask?.[task.taskType] : undefined
  return {
    contextTokens: request.context.contextTokens,
    staticTokens: request.context.staticTokens,
    expectedOutput: signals.outputLimit === null ? expected : Math.min(expected, signals.outputLimit),
    growthPerCall:
      ofTask ?? session.growthPerCall ?? policy.expectations.growthPerCall ?? startingGrowth(starting, task.taskType),
    iterationsLeft: policy.expectations.iterationsLeft ?? learnedIterations(session, task.taskType, starting),
    coverage: request.coverage,
    lifetime: request.lifetime,
  }
}

/** Iterations to count on after this call: of its task where the session knows it, else of any, else the team's. */
function learnedIterations(session: SessionView, taskType: TaskType, starting: StartingValues): number {
  const ofTask = session.pinned === null ? session.iterationsLeftByTask?.[taskType] : undefined
  return ofTask ?? session.expectedIterationsLeft ?? startingIterationsLeft(starting, taskType, session.iteration)
}

/** Why the call must stay with the model it asks for: by policy, or because the policy does not route it; null: routed. */
function keepingReason({ policy, task, request, session }: RouteInput): ReasonCode | null {
  if (policy.requestedModel === 'pin') return 'pinned_model'
  const call = { taskType: task.taskType, keyId: request.keyId, sessionId: session.sessionId }
  return inScope(policy.scope, call) ? null : 'out_of_scope'
}

function describe(input: RouteInput, bounds: Bounds, choice: Choice): RouteDecision {
  const { floor, ceiling } = bounds
  const { chosen, table } = choice
  const { growth, contextTokens, staticTokens } = input.request.context
  const load = loadOf(input)
  const clipped = floor.tier > ceiling.tier
  return {
    target: chosen?.target ?? null,
    tier: chosen?.target.tier ?? lowerTier(floor.tier, ceiling.tier),
    floor: floor.tier,
    ceiling: ceiling.tier,
    reasons: [
      ...floor.reasons,
      ...(clipped ? (['floor_above_ceiling', ...ceiling.reasons] as const) : []),
      ...choice.reasons,
      ...stateReasons(input),
    ],
    considered: table.map((row) => considered(row, choice, bounds)),
    measures: {
      contextTokens,
      staticTokens,
      turnGrowthTokens: growth.turnTokens,
      sessionGrowthTokens: growth.sessionTokens,
      iterationsLeft: load.iterationsLeft,
      growthPerCall: load.growthPerCall,
      expectedOutput: load.expectedOutput,
    },
    pinned: chosen === null ? null : pin(input, floor, chosen),
    refusal: chosen === null ? 'no_target' : null,
  }
}

function stateReasons({ session, needs }: RouteInput): readonly ReasonCode[] {
  const held = needs.providerState !== null && needs.providerState.kind !== 'items'
  return [
    ...(session.stateProvider === undefined ? [] : (['provider_state'] as const)),
    ...(held && session.lastContextTokens === null ? (['held_context_unknown'] as const) : []),
  ]
}

function pin({ task }: RouteInput, floor: Floor, { target }: WeighedTarget): PinnedChoice {
  return {
    taskType: task.taskType,
    tier: target.tier,
    target: target.id,
    evidenceSteps: floor.evidenceSteps,
    heldFloor: floor.held,
  }
}

function considered(row: WeighedTarget, { chosen, compared }: Choice, bounds: Bounds): ConsideredTarget {
  const { target, warmTokens, nowNano, turnNano } = row
  const verdict = (): string => {
    if (row === chosen) return 'chosen'
    if (row.refusal !== null) return row.refusal
    if (compared.includes(target.tier)) return turnNano === null ? 'unpriced' : 'dearer'
    if (target.tier > bounds.ceiling.tier) return 'above_ceiling'
    return target.tier < bounds.floor.tier ? 'below_floor' : 'not_asked_for'
  }
  return { target: target.id, tier: target.tier, verdict: verdict(), warmTokens, nowNano, turnNano }
}
