/**
 * Parts of a replay apart: by task, and routed calls beside the control group that kept the model it asked for.
 */
import type { RatioEstimate } from './bootstrap.ts'
import type { Compared } from './recorded-sums.ts'
import type { ThreadOutcome } from './replay-thread.ts'
import { bySession, policyNames, policyOf, ratioOf, total, type ReportInput } from './session-sums.ts'

/** The log itself, among the policies. */
export const AS_RECORDED = 'as recorded'

export interface GroupRow {
  readonly policy: string
  readonly group: string
  readonly sessions: number
  readonly calls: number
  readonly costNano: number
  readonly topNano: number
  readonly ofTop: RatioEstimate
}

/** Routed calls beside those left with the model they asked for. */
export interface ScopeRow {
  /** A policy's name, or `as recorded`. */
  readonly name: string
  readonly routed: GroupRow
  readonly control: GroupRow
  /** How much less of its all-top cost the routed side paid than the control side: 0.3 is 30%. */
  readonly savedAgainstControl: RatioEstimate
}

/** Every task under one policy, the dearest first. */
export function taskRows(outcomes: readonly ThreadOutcome[], policy: string, input: ReportInput): readonly GroupRow[] {
  const groups = new Set(outcomes.flatMap((thread) => Object.keys(policyOf(thread, policy).groups)))
  return [...groups]
    .filter((group) => group.startsWith('task:'))
    .map((group) => groupRow(outcomes, { policy, group, name: group.slice('task:'.length) }, input))
    .sort((one, other) => other.topNano - one.topNano)
}

interface GroupChoice {
  readonly policy: string
  readonly group: string
  readonly name: string
}

function groupRow(outcomes: readonly ThreadOutcome[], choice: GroupChoice, input: ReportInput): GroupRow {
  const { policy, group, name } = choice
  return groupRowOf(
    outcomes,
    {
      policy,
      name,
      of: (thread) => {
        const found = policyOf(thread, policy).groups[group]
        return found === undefined ? null : { ...found, baselineNano: found.topNano }
      },
    },
    input,
  )
}

interface GroupSource {
  readonly policy: string
  readonly name: string
  /** Null: the thread has no call of the group. */
  readonly of: (thread: ThreadOutcome) => Compared | null
}

function groupRowOf(
  outcomes: readonly ThreadOutcome[],
  { policy, name, of }: GroupSource,
  input: ReportInput,
): GroupRow {
  const threads = outcomes.filter((thread) => (of(thread)?.calls ?? 0) > 0)
  const costOf = (thread: ThreadOutcome): number => of(thread)?.costNano ?? 0
  const topOf = (thread: ThreadOutcome): number => of(thread)?.baselineNano ?? 0
  return {
    policy,
    group: name,
    sessions: new Set(threads.map(({ sessionId }) => sessionId)).size,
    calls: total(threads, (thread) => of(thread)?.calls ?? 0),
    costNano: total(threads, costOf),
    topNano: total(threads, topOf),
    ofTop: ratioOf(threads, { above: costOf, below: topOf }, input),
  }
}

/** Routed against control, as it was recorded and under each policy; empty where no scope left a call alone. */
export function scopeRows(outcomes: readonly ThreadOutcome[], input: ReportInput): readonly ScopeRow[] {
  const recorded = scopeRow(outcomes, AS_RECORDED, (side) => (thread) => thread.recorded?.scope[side] ?? null, input)
  const policies = policyNames(outcomes).map((name) =>
    scopeRow(
      outcomes,
      name,
      (side) => (thread) => {
        const found = policyOf(thread, name).groups[`scope:${side}`]
        return found === undefined ? null : { ...found, baselineNano: found.topNano }
      },
      input,
    ),
  )
  return [recorded, ...policies].filter((row) => row !== null)
}

/** Null where one side has no call: then there is nothing to compare. */
function scopeRow(
  outcomes: readonly ThreadOutcome[],
  name: string,
  of: (side: 'routed' | 'control') => GroupSource['of'],
  input: ReportInput,
): ScopeRow | null {
  const source = (side: 'routed' | 'control'): GroupSource => ({ policy: name, name: side, of: of(side) })
  const routed = groupRowOf(outcomes, source('routed'), input)
  const control = groupRowOf(outcomes, source('control'), input)
  if (routed.calls === 0 || control.calls === 0) return null
  const estimates = [of('routed'), of('control')].map((one) => sessionPairs(outcomes, one))
  return { name, routed, control, savedAgainstControl: savedBetween(estimates, input) }
}

/** One less the ratio of two ratios; both sides are resampled, each by its own sessions. */
function savedBetween(
  [routed = NO_PAIRS, control = NO_PAIRS]: readonly PairedSums[],
  { resamples, random }: ReportInput,
): RatioEstimate {
  const draw = random()
  const saved = (one: PairedSums, other: PairedSums): number =>
    1 - sum(one.above) / sum(one.below) / (sum(other.above) / sum(other.below))
  const drawn = Array.from({ length: resamples }, () => saved(resample(routed, draw), resample(control, draw))).sort(
    (one, other) => one - other,
  )
  const at = (share: number): number => drawn[Math.min(resamples - 1, Math.floor(share * resamples))] ?? Number.NaN
  return { ratio: saved(routed, control), interval: [at(0.025), at(0.975)] }
}

interface PairedSums {
  readonly above: readonly number[]
  readonly below: readonly number[]
}

const NO_PAIRS: PairedSums = { above: [], below: [] }

function resample({ above, below }: PairedSums, draw: () => number): PairedSums {
  const picks = above.map(() => Math.floor(draw() * above.length))
  return { above: picks.map((pick) => above[pick] ?? 0), below: picks.map((pick) => below[pick] ?? 0) }
}

function sessionPairs(outcomes: readonly ThreadOutcome[], of: GroupSource['of']): PairedSums {
  const sessions = bySession(outcomes.filter((thread) => (of(thread)?.calls ?? 0) > 0))
  return {
    above: sessions.map((threads) => total(threads, (thread) => of(thread)?.costNano ?? 0)),
    below: sessions.map((threads) => total(threads, (thread) => of(thread)?.baselineNano ?? 0)),
  }
}

function sum(values: readonly number[]): number {
  return total(values, (value) => value)
}
