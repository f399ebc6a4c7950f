/**
 * Sums and resampled ratios over the threads of a replay, by session: threads of one session are never told apart by
 * chance.
 */
import { bootstrapRatio, type RatioEstimate } from './bootstrap.ts'
import type { PolicyOutcome, ThreadOutcome } from './replay-thread.ts'

export interface ReportInput {
  readonly resamples: number
  /** A fresh generator of numbers in [0, 1) for each interval. */
  readonly random: () => () => number
}

interface RatioParts {
  readonly above: (thread: ThreadOutcome) => number
  readonly below: (thread: ThreadOutcome) => number
}

const NO_RATIO: RatioEstimate = { ratio: Number.NaN, interval: [Number.NaN, Number.NaN] }

/** One sum over another, with its interval. */
export function ratioOf(
  threads: readonly ThreadOutcome[],
  { above, below }: RatioParts,
  input: ReportInput,
): RatioEstimate {
  if (threads.length === 0) return NO_RATIO
  const sessions = bySession(threads)
  const bills = {
    above: sessions.map((own) => total(own, above)),
    below: sessions.map((own) => total(own, below)),
  }
  return bootstrapRatio(bills, input.resamples, input.random())
}

/** The policies that were replayed. */
export function policyNames(outcomes: readonly ThreadOutcome[]): readonly string[] {
  return Object.keys(outcomes[0]?.policies ?? {})
}

/** What a policy made of a thread. Throws `RangeError` if it was not replayed. */
export function policyOf(thread: ThreadOutcome, name: string): PolicyOutcome {
  const found = thread.policies[name]
  if (found === undefined) throw new RangeError(`a thread was not replayed under ${name}`)
  return found
}

/** The threads of each session, in the order the sessions first come. */
export function bySession(threads: readonly ThreadOutcome[]): readonly (readonly ThreadOutcome[])[] {
  const sessions = new Map<string, ThreadOutcome[]>()
  for (const thread of threads) {
    const own = sessions.get(thread.sessionId)
    if (own === undefined) sessions.set(thread.sessionId, [thread])
    else own.push(thread)
  }
  return [...sessions.values()]
}

/** The sum of a number over values. */
export function total<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((result, value) => result + of(value), 0)
}
