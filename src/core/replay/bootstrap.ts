/**
 * How far a ratio of two bills could be off by the luck of which sessions were recorded: resampling by session.
 */

export interface RatioEstimate {
  readonly ratio: number
  /** The middle 95% of the resampled ratios. */
  readonly interval: readonly [number, number]
}

export interface PairedBills {
  /** Per session, in the same order. */
  readonly above: readonly number[]
  readonly below: readonly number[]
}

/** The ratio of the sums, with a 95% bootstrap interval over whole sessions. `random` yields numbers in [0, 1). */
export function bootstrapRatio({ above, below }: PairedBills, resamples: number, random: () => number): RatioEstimate {
  const sessions = above.length
  if (sessions === 0 || sessions !== below.length) throw new RangeError('a ratio needs the same sessions on both sides')
  const ratios = Array.from({ length: resamples }, () => {
    let sumAbove = 0
    let sumBelow = 0
    for (let drawn = 0; drawn < sessions; drawn += 1) {
      const session = Math.floor(random() * sessions)
      sumAbove += above[session] ?? 0
      sumBelow += below[session] ?? 0
    }
    return sumAbove / sumBelow
  }).sort((left, right) => left - right)
  const at = (share: number): number => ratios[Math.min(resamples - 1, Math.floor(share * resamples))] ?? Number.NaN
  return { ratio: sum(above) / sum(below), interval: [at(0.025), at(0.975)] }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
