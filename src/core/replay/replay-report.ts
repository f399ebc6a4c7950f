/**
 * The report of a replay: each strategy's bill against all-top and against the best possible, with intervals by session.
 * It only sums and resamples what `compareOnThread` found.
 */
import type { Savings } from '../pricing/savings.ts'
import type { Tier } from '../tasks/task-types.ts'
import type { RatioEstimate } from './bootstrap.ts'
import { AS_RECORDED, scopeRows, taskRows, type GroupRow, type ScopeRow } from './replay-groups.ts'
import type { Compared, RecordedSums } from './recorded-sums.ts'
import type { LoggedCost, PolicyOutcome, ThreadOutcome } from './replay-thread.ts'
import { bySession, policyNames, policyOf, ratioOf, total, type ReportInput } from './session-sums.ts'

/** Which threads a table is about. */
export type ThreadKind = 'all' | 'main' | 'subagents'

export interface StrategyRow {
  readonly name: string
  readonly kind: 'top' | 'recorded' | 'policy' | 'best'
  readonly costNano: number
  readonly ofTop: RatioEstimate
  /** Against the best for the same work without growth floors; null where it was not asked for. */
  readonly ofBest: RatioEstimate | null
  /** Shares of the calls. */
  readonly tiers: Readonly<Record<Tier, number>> | null
  readonly switches: number | null
  /** Of all prompt tokens, those read from a cache. */
  readonly cacheShare: number | null
  /**
   * Of the calls that a policy sends where the log says they went: their cost here, and in the log. What these two differ
   * by, replay does not know; what else the bills differ by, the policy does. null: no policy, or no logged cost.
   */
  readonly asLogged: LoggedCost | null
}

export interface RecordedRow {
  readonly costNano: number
  readonly baselines: Readonly<Record<'top' | 'middle' | 'requested', Compared>>
  readonly savings: Savings
}

export interface ReplayReport {
  /** Threads whose best possible bill was sought among the likeliest choices only. */
  readonly inexact: number
  readonly sessions: number
  readonly threads: number
  readonly calls: number
  readonly subagentCalls: number
  readonly tables: readonly { readonly of: ThreadKind; readonly rows: readonly StrategyRow[] }[]
  readonly byTask: readonly GroupRow[]
  readonly scope: readonly ScopeRow[]
  readonly recorded: RecordedRow | null
  /** Cumulated cost over the sessions in the order they began; one point a session at most. */
  readonly course: readonly CoursePoint[]
}

export interface CoursePoint {
  /** ms since the epoch; null: not known. */
  readonly at: number | null
  /** By strategy name, nano-dollars. */
  readonly costs: Readonly<Record<string, number>>
}

export const ALL_TOP = 'all to the top tier'

/** The report over the threads of a log. Throws `RangeError` if there are none. */
export function reportOf(outcomes: readonly ThreadOutcome[], input: ReportInput): ReplayReport {
  const main = outcomes.filter(({ subagent }) => !subagent)
  const subagents = outcomes.filter(({ subagent }) => subagent)
  const kinds: readonly (readonly [ThreadKind, readonly ThreadOutcome[]])[] =
    main.length === 0 || subagents.length === 0
      ? [['all', outcomes]]
      : [
          ['all', outcomes],
          ['main', main],
          ['subagents', subagents],
        ]
  return {
    inexact: outcomes.filter(({ policies }) => Object.values(policies).some(({ bestExact }) => !bestExact)).length,
    sessions: new Set(outcomes.map(({ sessionId }) => sessionId)).size,
    threads: outcomes.length,
    calls: total(outcomes, ({ calls }) => calls),
    subagentCalls: total(subagents, ({ calls }) => calls),
    tables: kinds.map(([of, threads]) => ({ of, rows: rowsOf(threads, input) })),
    byTask: policyNames(outcomes).flatMap((name) => taskRows(outcomes, name, input)),
    scope: scopeRows(outcomes, input),
    recorded: recordedRow(outcomes),
    course: courseOf(outcomes),
  }
}

const NOTHING_MORE = { ofBest: null, tiers: null, switches: null, cacheShare: null, asLogged: null } as const

function rowsOf(threads: readonly ThreadOutcome[], input: ReportInput): readonly StrategyRow[] {
  const topOf = ({ topNano }: ThreadOutcome): number => topNano
  const row = (name: string, kind: StrategyRow['kind'], costOf: (thread: ThreadOutcome) => number) => ({
    name,
    kind,
    costNano: total(threads, costOf),
    ofTop: ratioOf(threads, { above: costOf, below: topOf }, input),
  })
  const policies = policyNames(threads).map((name) => policyRow(threads, name, { row, input }))
  return [
    { ...row(ALL_TOP, 'top', topOf), ...NOTHING_MORE },
    ...recordedRows(threads, row),
    ...policies,
    ...bestRows(threads, row),
  ]
}

function policyRow(
  threads: readonly ThreadOutcome[],
  name: string,
  { row, input }: { readonly row: RowMaker; readonly input: ReportInput },
): StrategyRow {
  const of = (thread: ThreadOutcome): PolicyOutcome => policyOf(thread, name)
  const calls = total(threads, (thread) => thread.calls)
  const share = (tier: Tier): number => total(threads, (thread) => of(thread).callsOfTier[tier]) / calls
  const known = threads.every((thread) => of(thread).bestNano !== null)
  const prompts = total(threads, (thread) => of(thread).promptTokens)
  return {
    ...row(name, 'policy', (thread) => of(thread).costNano),
    ofBest: known
      ? ratioOf(threads, { above: (one) => of(one).costNano, below: (one) => of(one).bestNano ?? 0 }, input)
      : null,
    tiers: { 1: share(1), 2: share(2), 3: share(3) },
    switches: total(threads, (thread) => of(thread).switches),
    cacheShare: prompts === 0 ? 0 : total(threads, (thread) => of(thread).cacheReadTokens) / prompts,
    asLogged: threads.some(({ recorded }) => recorded === null)
      ? null
      : {
          calls: total(threads, (thread) => of(thread).asLogged.calls),
          costNano: total(threads, (thread) => of(thread).asLogged.costNano),
          recordedNano: total(threads, (thread) => of(thread).asLogged.recordedNano),
        },
  }
}

type RowMaker = (
  name: string,
  kind: StrategyRow['kind'],
  costOf: (thread: ThreadOutcome) => number,
) => Pick<StrategyRow, 'name' | 'kind' | 'costNano' | 'ofTop'>

/** Only where every thread's log tells it: a part of the bill beside the whole would mislead. */
function recordedRows(threads: readonly ThreadOutcome[], row: RowMaker): readonly StrategyRow[] {
  const recorded = threads.flatMap((thread) => (thread.recorded === null ? [] : [thread.recorded]))
  if (recorded.length < threads.length) return []
  const prompts = total(recorded, (sums) => sums.promptTokens)
  return [
    {
      ...row(AS_RECORDED, 'recorded', (thread) => thread.recorded?.costNano ?? 0),
      ofBest: null,
      tiers: null,
      switches: total(recorded, (sums) => sums.switches),
      cacheShare: prompts === 0 ? 0 : total(recorded, (sums) => sums.cacheReadTokens) / prompts,
      asLogged: null,
    },
  ]
}

/** The best for the work as each policy sees it; policies that see it alike share a row. */
function bestRows(threads: readonly ThreadOutcome[], row: RowMaker): readonly StrategyRow[] {
  const found = new Map<number, { readonly names: string[]; readonly row: StrategyRow }>()
  for (const name of policyNames(threads)) {
    if (threads.some((thread) => policyOf(thread, name).bestNano === null)) continue
    const costOf = (thread: ThreadOutcome): number => policyOf(thread, name).bestNano ?? 0
    const key = Math.round(total(threads, costOf))
    const known = found.get(key)
    if (known !== undefined) known.names.push(name)
    else {
      const best = { ...row('', 'best', costOf), ...NOTHING_MORE }
      found.set(key, { names: [name], row: best })
    }
  }
  const nameOf = (names: readonly string[]): string =>
    found.size === 1 ? 'best possible, future known' : `best possible for ${names.join(', ')}`
  return [...found.values()].map(({ names, row: best }) => Object.assign(best, { name: nameOf(names) }))
}

function recordedRow(outcomes: readonly ThreadOutcome[]): RecordedRow | null {
  const recorded = outcomes.flatMap((thread) => (thread.recorded === null ? [] : [thread.recorded]))
  if (!recorded.some(({ baselines }) => baselines.top.calls > 0)) return null
  const baseline = (name: 'top' | 'middle' | 'requested'): Compared => ({
    calls: total(recorded, (sums) => sums.baselines[name].calls),
    costNano: total(recorded, (sums) => sums.baselines[name].costNano),
    baselineNano: total(recorded, (sums) => sums.baselines[name].baselineNano),
  })
  const saved = (name: keyof Savings): number => total(recorded, (sums: RecordedSums) => sums.savings[name])
  return {
    costNano: total(recorded, ({ costNano }) => costNano),
    baselines: { top: baseline('top'), middle: baseline('middle'), requested: baseline('requested') },
    savings: {
      routingNano: saved('routingNano'),
      cachingNano: saved('cachingNano'),
      batchNano: saved('batchNano'),
      netNano: saved('netNano'),
    },
  }
}

function courseOf(outcomes: readonly ThreadOutcome[]): readonly CoursePoint[] {
  const names = policyNames(outcomes)
  const sums: Record<string, number> = {}
  const known = outcomes.every(({ recorded }) => recorded !== null)
  const startOf = (threads: readonly ThreadOutcome[]): number | null =>
    threads.reduce<number | null>((least, { at }) => (at === null ? least : Math.min(least ?? at, at)), null)
  const sessions = bySession(outcomes)
    .map((threads) => ({ at: startOf(threads), threads }))
    .sort((one, other) => (one.at ?? 0) - (other.at ?? 0))
  return sessions.map(({ at, threads }) => {
    const add = (name: string, costNano: number): void => void (sums[name] = (sums[name] ?? 0) + costNano)
    add(
      ALL_TOP,
      total(threads, ({ topNano }) => topNano),
    )
    if (known)
      add(
        AS_RECORDED,
        total(threads, ({ recorded }) => recorded?.costNano ?? 0),
      )
    for (const name of names)
      add(
        name,
        total(threads, (thread) => policyOf(thread, name).costNano),
      )
    return { at, costs: { ...sums } }
  })
}
