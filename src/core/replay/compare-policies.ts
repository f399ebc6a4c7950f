/**
 * Two policies over the same recorded work: what each would have cost, and where it would have sent the calls. It sums
 * what `compareOnThread` found; threads that cannot be replayed under either are left out of every sum, and said so.
 */
import { TIERS } from '../routing/catalog.ts'
import type { Tier } from '../tasks/task-types.ts'
import type { RecordedThread } from './recorded-thread.ts'
import { NotReplayable } from './replay-session.ts'
import {
  compareOnThread,
  shareCaches,
  type ComparisonInput,
  type NamedPolicy,
  type ThreadOutcome,
} from './replay-thread.ts'
import { policyOf, total } from './session-sums.ts'

export interface PolicyBill {
  readonly costNano: number
  /** Shares of the calls, 0 to 1. */
  readonly tiers: Readonly<Record<Tier, number>>
  /** Times a call went to another target than the one before it. */
  readonly switches: number
  /** Of all prompt tokens, those read from a cache; 0 to 1. */
  readonly cacheShare: number
}

export interface PolicyComparison {
  readonly calls: number
  readonly threads: number
  /** All of it at the reference model of the top tier. */
  readonly topNano: number
  /** What the log says it cost; null where it does not tell for every call. */
  readonly recordedNano: number | null
  readonly current: PolicyBill
  readonly candidate: PolicyBill
  /** Why threads were left out, and how many. */
  readonly leftOut: readonly { readonly reason: string; readonly threads: number }[]
}

export interface ComparedPolicies {
  readonly current: NamedPolicy['input']
  readonly candidate: NamedPolicy['input']
}

/** Money in nano-dollars, rounded to whole ones. */
export function comparePolicies(threads: readonly RecordedThread[], of: ComparedPolicies): PolicyComparison {
  const policies = [
    { name: 'current', input: of.current },
    { name: 'candidate', input: of.candidate },
  ]
  const input: ComparisonInput = { policies, withBest: false, ignoreRequested: false }
  const outcomes: ThreadOutcome[] = []
  const leftOut = new Map<string, number>()
  const shared = shareCaches(threads, input)
  for (const thread of threads) {
    try {
      outcomes.push(compareOnThread(thread, { ...input, shared }))
    } catch (error) {
      if (!(error instanceof NotReplayable)) throw error
      leftOut.set(error.message, (leftOut.get(error.message) ?? 0) + 1)
    }
  }
  const told = outcomes.every(({ recorded }) => recorded !== null)
  return {
    calls: total(outcomes, ({ calls }) => calls),
    threads: outcomes.length,
    topNano: Math.round(total(outcomes, ({ topNano }) => topNano)),
    recordedNano: told ? total(outcomes, ({ recorded }) => recorded?.costNano ?? 0) : null,
    current: billOf(outcomes, 'current'),
    candidate: billOf(outcomes, 'candidate'),
    leftOut: [...leftOut].map(([reason, left]) => ({ reason, threads: left })),
  }
}

function billOf(outcomes: readonly ThreadOutcome[], name: string): PolicyBill {
  const bills = outcomes.map((thread) => policyOf(thread, name))
  const calls = total(outcomes, (thread) => thread.calls)
  const prompts = total(bills, ({ promptTokens }) => promptTokens)
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
  const tiers = TIERS.map((tier) => [
    tier,
    share(
      total(bills, ({ callsOfTier }) => callsOfTier[tier]),
      calls,
    ),
  ])
  return {
    costNano: Math.round(total(bills, ({ costNano }) => costNano)),
    tiers: Object.fromEntries(tiers) as Record<Tier, number>,
    switches: total(bills, ({ switches }) => switches),
    cacheShare: share(
      total(bills, ({ cacheReadTokens }) => cacheReadTokens),
      prompts,
    ),
  }
}
