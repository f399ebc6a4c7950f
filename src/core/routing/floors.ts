/**
 * How high a call must go, and how high it may: the floor its work asks for and the ceiling its key, its client and its
 * budget set. It picks no model and knows no price.
 */
import type { SessionView } from '../session/session-view.ts'
import type { RequestSignals } from '../signals/request-signals.ts'
import { TASK_TIERS, type TaskClassification, type Tier } from '../tasks/task-types.ts'
import type { Catalog } from './catalog.ts'
import { evidenceFloor, heldChoice } from './evidence.ts'
import type { Policy } from './policy.ts'
import type { ReasonCode } from './reasons.ts'
import type { RequestedModel } from './requested-model.ts'

/** What the key and the budgets allow. */
export interface BudgetView {
  /** The highest tier the key may use. */
  readonly highestTier: Tier
  /** The highest tier that the budgets still afford. */
  readonly affordableTier: Tier
  /** What is left under the tightest hard cap, nano-dollars; null: no hard cap. */
  readonly headroomNano: number | null
  /** Models or targets the key may use; null or absent: all. */
  readonly allowedModels?: readonly string[] | null
}

export interface Growth {
  readonly turnTokens: number
  readonly sessionTokens: number
  readonly contextTokens: number
}

export interface FloorInput {
  readonly signals: RequestSignals
  readonly task: TaskClassification
  readonly policy: Policy
  readonly session: SessionView
  readonly catalog: Catalog
  readonly growth: Growth
}

export interface Floor {
  readonly tier: Tier
  /** What put the floor at its height. */
  readonly reasons: readonly ReasonCode[]
  readonly evidenceSteps: number
  /** The part of it that holds until the turn ends: typed text and evidence, not growth or plan mode. */
  readonly held: Tier
}

/** How many file paths in what was typed count as several. */
const SEVERAL_PATHS = 2
/** From how many files on a stack trace asks for the highest tier. */
const TRACE_OVER_FILES = 3

/** A tier and what puts a bound there. */
type Height = readonly [Tier, ReasonCode]

/** The floor of a call: the highest of what its task, its text, its growth, plan mode and evidence ask for. */
export function floorOf(input: FloorInput): Floor {
  if (isSmallCall(input.task)) return smallCallFloor(input)
  const evidence = evidenceFloor(input)
  const holding: readonly Height[] = [
    ...textFloors(input.signals),
    ...turnFloor(input.session),
    ...evidence.reasons.map((reason): Height => [evidence.tier ?? 1, reason]),
  ]
  const asked: readonly Height[] = [
    taskFloor(input),
    ...holding,
    ...growthFloor(input),
    ...(input.signals.planMode ? [[3, 'plan_mode'] as const] : []),
  ]
  const tier = highest(asked)
  return {
    tier,
    reasons: asked.filter(([height]) => height === tier).map(([, reason]) => reason),
    evidenceSteps: evidence.steps,
    held: highest(holding),
  }
}

/** A call nobody typed: an agent's own small one, or an editor's at every pause of the hand. */
export function isSmallCall({ taskType, source }: TaskClassification): boolean {
  return taskType === 'utility' || (taskType === 'autocomplete' && source === 'agent')
}

/** No signal raises it, only a policy that names its task type. */
function smallCallFloor({ task, policy }: FloorInput): Floor {
  const override = policy.taskTiers[task.taskType]
  const own: ReasonCode = task.taskType === 'utility' ? 'utility' : 'task'
  const reasons: readonly ReasonCode[] = override === undefined ? [own] : ['task_override']
  return { tier: override ?? 1, reasons, evidenceSteps: 0, held: 1 }
}

function highest(asked: readonly Height[]): Tier {
  return asked.reduce<Tier>((tier, [next]) => (next > tier ? next : tier), 1)
}

/** What the turn's typed text asked for, at its later calls, where nothing is typed. */
function turnFloor(session: SessionView): readonly Height[] {
  const held = heldChoice(session)
  if (held?.heldFloor === undefined || held.heldFloor === 1 || held.evidenceSteps > 0) return []
  return [[held.heldFloor, 'turn_floor']]
}

function taskFloor({ task, policy }: FloorInput): Height {
  const override = policy.taskTiers[task.taskType]
  return override === undefined ? [TASK_TIERS[task.taskType], 'task'] : [override, 'task_override']
}

function textFloors(signals: RequestSignals): readonly Height[] {
  const floors: Height[] = []
  if (signals.filePaths.length >= SEVERAL_PATHS) floors.push([2, 'file_paths'])
  if (signals.stackTraceFiles >= TRACE_OVER_FILES) floors.push([3, 'stack_trace_files'])
  else if (signals.stackTrace) floors.push([2, 'stack_trace'])
  return floors
}

function growthFloor({ policy, growth }: FloorInput): readonly Height[] {
  const measured = {
    'turn-growth': growth.turnTokens,
    'session-growth': growth.sessionTokens,
    total: growth.contextTokens,
    none: null,
  }[policy.growth.measure]
  if (measured === null) return []
  if (measured >= policy.growth.tier3At) return [[3, 'growth_tier_3']]
  return measured >= policy.growth.tier2At ? [[2, 'growth_tier_2']] : []
}

export interface CeilingInput {
  readonly budget: BudgetView
  readonly requested: RequestedModel
  readonly policy: Policy
  readonly subagent: boolean
  /** An agent's own small call. */
  readonly utility: boolean
}

export interface Ceiling {
  readonly tier: Tier
  /** What put the ceiling there; empty at tier 3. */
  readonly reasons: readonly ReasonCode[]
}

/** The ceiling of a call: the lowest of key, model asked for, sub-agent policy and budget. */
export function ceilingOf(input: CeilingInput): Ceiling {
  const limits: readonly Height[] = [
    [input.budget.highestTier, 'ceiling_key'],
    ...requestedCeiling(input),
    ...subagentCeiling(input),
    [input.budget.affordableTier, 'ceiling_budget'],
  ]
  const tier = limits.reduce<Tier>((lowest, [next]) => (next < lowest ? next : lowest), 3)
  return { tier, reasons: tier === 3 ? [] : limits.filter(([height]) => height === tier).map(([, reason]) => reason) }
}

function requestedCeiling({ requested, policy }: CeilingInput): readonly Height[] {
  return requested.kind === 'model' && policy.requestedModel === 'ceiling'
    ? [[requested.model.tier, 'ceiling_requested']]
    : []
}

function subagentCeiling({ subagent, policy }: CeilingInput): readonly Height[] {
  const { subagents } = policy
  return subagent && subagents !== 'inherit' && 'ceiling' in subagents ? [[subagents.ceiling, 'subagent_policy']] : []
}

/** The one tier a call must use if it can; null: free between floor and ceiling. A client's wish wins over the policy's. */
export function fixedTier({
  requested,
  policy,
  subagent,
  utility,
}: CeilingInput): { readonly tier: Tier; readonly reason: ReasonCode } | null {
  if (utility) return null
  if (requested.kind === 'tier') return { tier: requested.tier, reason: 'fixed_tier' }
  const { subagents } = policy
  return subagent && subagents !== 'inherit' && 'tier' in subagents
    ? { tier: subagents.tier, reason: 'subagent_policy' }
    : null
}
