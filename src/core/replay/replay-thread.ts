/**
 * One recorded thread under every strategy that a replay compares: all to the top, as it was recorded, each policy, and
 * the best that could have been had. It sums nothing over threads.
 */
import { DIALECTS, type DialectName } from '../dialects/dialect.ts'
import { promptTokens } from '../chat/usage.ts'
import { resolveRequestedModel } from '../routing/requested-model.ts'
import type { Policy } from '../routing/policy.ts'
import { asTarget, findTarget, referenceTarget, targetId, TIERS, type Target } from '../routing/catalog.ts'
import { ineligibility } from '../routing/eligible.ts'
import type { TaskType, Tier } from '../tasks/task-types.ts'
import { billTiers } from './bill-tiers.ts'
import type { CallWork } from './call-work.ts'
import { findOptimum, type Candidate, type Optimum } from './optimum.ts'
import { recordedSums, type RecordedSums } from './recorded-sums.ts'
import type { RecordedCall, RecordedThread } from './recorded-thread.ts'
import { NotReplayable, replaySession, REPLAYED_NEEDS, type ReplayBill, type ReplayInput } from './replay-session.ts'
import { sharedAtOne, sharedUnder, type SharedOfThread } from './replay-together.ts'
import { servingTarget, type ServingTarget } from './serving-target.ts'
import type { SharedAt, TraceSession } from './trace.ts'

export interface NamedPolicy {
  readonly name: string
  readonly input: Omit<ReplayInput, 'expect'>
}

/** The mean over the draws of a thread's work, so that counts may be fractions. */
export interface PolicyOutcome {
  readonly costNano: number
  /** The least bill for the same work without growth floors; null where it was not asked for. */
  readonly bestNano: number | null
  /** The least bill is exact; else it was sought among the likeliest choices only. */
  readonly bestExact: boolean
  readonly callsOfTier: Readonly<Record<Tier, number>>
  readonly switches: number
  readonly promptTokens: number
  readonly cacheReadTokens: number
  /** Of the calls that go to the target that the log names: what they cost here, and what the log says. */
  readonly asLogged: LoggedCost
  /** Cost and all-top cost of the calls of each task, and of those routed and those left with the model asked for. */
  readonly groups: Readonly<Record<string, GroupCost>>
}

export interface GroupCost {
  readonly calls: number
  readonly costNano: number
  readonly topNano: number
}

export interface LoggedCost {
  readonly calls: number
  readonly costNano: number
  readonly recordedNano: number
}

export interface ThreadOutcome {
  readonly sessionId: string
  readonly subagent: boolean
  readonly calls: number
  /** When it began, ms since the epoch; null: not known. */
  readonly at: number | null
  /** All of it at the first policy's reference model of the top tier. */
  readonly topNano: number
  /** What really happened; null where the log does not tell what its calls cost. */
  readonly recorded: RecordedSums | null
  /** By the policy's name. */
  readonly policies: Readonly<Record<string, PolicyOutcome>>
}

export interface ComparisonInput {
  readonly policies: readonly NamedPolicy[]
  /** Also find the best possible, which takes most of the time. */
  readonly withBest: boolean
  /** Let no recorded model be a ceiling: every call is free to go anywhere. */
  readonly ignoreRequested: boolean
  /** What threads keep cached for each other; absent: nothing. */
  readonly shared?: SharedCaches
}

/** Where each thread's calls find the beginning of their prompts cached. */
export interface SharedCaches {
  readonly top: SharedOfThread
  /** By the policy's name, then by draw. */
  readonly policies: Readonly<Record<string, readonly SharedOfThread[]>>
}

/** Replays all threads side by side to find that out. Threads that cannot be replayed have nothing shared. */
export function shareCaches(threads: readonly RecordedThread[], input: ComparisonInput): SharedCaches {
  const draws = Math.max(0, ...threads.map(({ works }) => works.length))
  const [first] = input.policies
  const sharing = threads.some(({ trace }) => (trace.sharedTokens ?? 0) > 0)
  if (first === undefined || !sharing) return { top: new Map(), policies: {} }
  const underPolicy = ({ input: terms }: NamedPolicy, draw: number): SharedOfThread => {
    const workOf = ({ works }: RecordedThread): readonly CallWork[] =>
      (works[draw] ?? []).map((one) => askedOf(one, terms, input.ignoreRequested))
    return sharedUnder(threads, workOf, terms)
  }
  return {
    top: sharedAtOne(threads, topTarget(first.input)),
    policies: Object.fromEntries(
      input.policies.map((policy) => [
        policy.name,
        Array.from({ length: draws }, (_, draw) => underPolicy(policy, draw)),
      ]),
    ),
  }
}

/** Throws `NotReplayable` where a policy has no target for a call, or one that has no price. */
export function compareOnThread(thread: RecordedThread, input: ComparisonInput): ThreadOutcome {
  const [first] = input.policies
  if (first === undefined) throw new RangeError('a comparison needs a policy')
  const { trace, recorded } = thread
  const topOf = topCosts(withShared(trace, input.shared?.top.get(thread)), first.input)
  return {
    sessionId: thread.sessionId,
    subagent: thread.subagent,
    calls: trace.calls.length,
    at: recorded[0]?.at ?? null,
    topNano: sum(topOf),
    recorded: recordedSums(recorded),
    policies: Object.fromEntries(
      input.policies.map((policy) => [policy.name, outcomeOf(thread, policy, { ...input, topOf })]),
    ),
  }
}

function withShared(trace: TraceSession, sharedAt: readonly SharedAt[] | undefined): TraceSession {
  return sharedAt === undefined ? trace : { ...trace, sharedAt }
}

/** Throws `NotReplayable`. */
function topTarget(input: NamedPolicy['input']): ServingTarget {
  const top = referenceTarget(input.catalog, 3, input.providers)
  const target = top === null ? null : servingTarget(top.model, input)
  if (target === null) throw new NotReplayable('the top tier has no priced model of these providers')
  return target
}

function topCosts(trace: TraceSession, input: NamedPolicy['input']): readonly number[] {
  const target = topTarget(input)
  const targets = { 1: target, 2: target, 3: target }
  const all = trace.calls.map((): Tier => 3)
  const costs: number[] = []
  billTiers(trace, all, targets, (costNano) => costs.push(costNano))
  return costs
}

interface OutcomeContext extends ComparisonInput {
  readonly topOf: readonly number[]
}

function outcomeOf(thread: RecordedThread, policy: NamedPolicy, context: OutcomeContext): PolicyOutcome {
  const draws = thread.works.map((work, draw) => {
    const trace = withShared(thread.trace, context.shared?.policies[policy.name]?.[draw]?.get(thread))
    const asked = work.map((one) => askedOf(one, policy.input, context.ignoreRequested))
    const bill = replaySession(trace, asked, policy.input)
    const best = context.withBest ? bestBill(trace, asked, policy.input) : null
    return { bill, best, work: asked }
  })
  const mean = (of: (bill: ReplayBill) => number): number => sum(draws.map(({ bill }) => of(bill))) / draws.length
  const tierCalls = (tier: Tier): number => mean(({ calls }) => calls.filter((call) => call.tier === tier).length)
  return {
    costNano: mean(({ costNano }) => costNano),
    bestNano: context.withBest ? sum(draws.map(({ best }) => best?.costNano ?? 0)) / draws.length : null,
    bestExact: draws.every(({ best }) => best?.exact ?? true),
    callsOfTier: { 1: tierCalls(1), 2: tierCalls(2), 3: tierCalls(3) },
    switches: mean(({ switches }) => switches),
    promptTokens: mean(({ calls }) => sum(calls.map(({ usage }) => promptTokens(usage)))),
    cacheReadTokens: mean(({ calls }) => sum(calls.map(({ usage }) => usage.cacheReadTokens))),
    asLogged: asLogged(draws, thread.recorded),
    groups: groupsOf(draws, context.topOf),
  }
}

/** A model that the catalogue does not know cannot be asked for again: such a call is free. */
function askedOf(work: CallWork, { catalog }: NamedPolicy['input'], ignoreRequested: boolean): CallWork {
  if (work.requestedModel === 'auto') return work
  const known = resolveRequestedModel(work.requestedModel, catalog).kind !== 'unknown'
  return known && !ignoreRequested ? work : { ...work, requestedModel: 'auto' }
}

/** A few models need some hundreds of them. */
const MOST_STATES = 200

/** The least bill at or above the floors of the work alone. */
function bestBill(trace: TraceSession, work: readonly CallWork[], input: NamedPolicy['input']): Optimum {
  const policy: Policy = { ...input.policy, growth: { ...input.policy.growth, measure: 'none' } }
  const needed = replaySession(trace, work, { ...input, policy }).calls.map(({ lowest }) => lowest)
  return findOptimum(trace, needed, { candidates: candidatesOf(work, input), mostStates: MOST_STATES })
}

/** What the best may take: every priced target that could be reached, and the models asked for. */
function candidatesOf(work: readonly CallWork[], input: NamedPolicy['input']): readonly Candidate[] {
  const { catalog } = input
  const asked = new Set(work.map(({ requestedModel }) => requestedModel))
  const named = [...asked].flatMap((name) => {
    const requested = resolveRequestedModel(name, catalog)
    if (requested.kind !== 'model') return []
    const { model } = requested
    return findTarget(catalog, targetId(model)) === null ? [asTarget(catalog, model)] : []
  })
  return [...TIERS.flatMap((tier) => catalog.tiers[tier]), ...named].flatMap((listed) => {
    const target = reachable(listed, spokenBy(work, input), input) ? servingTarget(listed.model, input) : null
    return target === null ? [] : [{ tier: listed.tier, target }]
  })
}

/** The best may translate only what its policy would, and where no target speaks the thread's own API. */
function spokenBy(work: readonly CallWork[], input: NamedPolicy['input']): readonly DialectName[] {
  if (input.policy.translation === 'always') return DIALECTS
  const own = DIALECTS.filter((name) => work.every(({ dialects }) => dialects.includes(name)))
  const targets = TIERS.flatMap((tier) => input.catalog.tiers[tier])
  return targets.some((target) => reachable(target, own, input)) ? own : DIALECTS
}

/** Whether it could serve an agent's call at all, whatever the size of its prompt. */
function reachable(target: Target, dialects: readonly DialectName[], input: NamedPolicy['input']): boolean {
  const refusal = ineligibility(
    target,
    { status: 'unpriced' },
    {
      needs: REPLAYED_NEEDS,
      dialects,
      contextTokens: 0,
      outputLimit: null,
      availability: { providers: input.providers, cooldowns: {} },
      stateProvider: null,
      hardBudget: false,
      now: input.pricedAt,
    },
  )
  return refusal === null
}

interface Draw {
  readonly bill: ReplayBill
  readonly work: readonly CallWork[]
}

function asLogged(draws: readonly Draw[], recorded: readonly RecordedCall[]): LoggedCost {
  const same = draws.flatMap(({ bill }) =>
    bill.calls.flatMap(({ target, costNano }, index) => {
      const logged = recorded[index]
      return logged?.target === target && logged.costNano !== null ? [[costNano, logged.costNano] as const] : []
    }),
  )
  return {
    calls: same.length / draws.length,
    costNano: sum(same.map(([costNano]) => costNano)) / draws.length,
    recordedNano: sum(same.map(([, recordedNano]) => recordedNano)) / draws.length,
  }
}

/** `task:<type>`, `scope:routed` and `scope:control`. */
function groupsOf(draws: readonly Draw[], topOf: readonly number[]): Readonly<Record<string, GroupCost>> {
  const groups: Record<string, GroupCost> = {}
  const part = 1 / draws.length
  for (const { bill, work } of draws) {
    for (const [index, call] of bill.calls.entries()) {
      const taskType: TaskType = work[index]?.task.taskType ?? 'general'
      const scope = call.reasons.includes('out_of_scope') ? 'control' : 'routed'
      for (const name of [`task:${taskType}`, `scope:${scope}`]) {
        const known = groups[name] ?? { calls: 0, costNano: 0, topNano: 0 }
        groups[name] = {
          calls: known.calls + part,
          costNano: known.costNano + part * call.costNano,
          topNano: known.topNano + part * (topOf[index] ?? 0),
        }
      }
    }
  }
  return groups
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
