/**
 * How long a developer's calls lie apart, as a small histogram: what the choice between a short and a long cache rests
 * on. A gap runs from the start of a call to the start of the next, since a cache's lifetime is counted from there too.
 * It holds counts, never times of day; it chooses nothing.
 */

/** Upper ends of the bins, ms: the lifetimes that providers offer. What is longer falls into one more bin. */
const BIN_ENDS_MS = [5 * 60_000, 30 * 60_000, 60 * 60_000, 12 * 60 * 60_000] as const

/** Gaps seen, one count a bin, the shortest first. */
export type GapCounts = readonly number[]

export const NO_GAPS: GapCounts = [0, 0, 0, 0, 0]

/**
 * What real sessions show, as if 20 gaps had been seen: of those of a conversation that a person leads 2.4% lie between
 * 5 and 30 minutes, of those inside a turn (a sub-agent, an unattended run) 0.7%. A session's own soon outweigh them.
 */
export const STARTING_GAPS: Readonly<Record<'attended' | 'unattended', GapCounts>> = {
  attended: [19.38, 0.48, 0.07, 0.06, 0.02],
  unattended: [19.82, 0.14, 0.02, 0.02, 0],
}

/** The histogram with one more gap. Beyond 2,000 the old ones are halved, so that habits may change. */
export function addGap(gaps: GapCounts, gapMs: number): GapCounts {
  const bin = BIN_ENDS_MS.findIndex((end) => gapMs <= end)
  const at = bin === -1 ? BIN_ENDS_MS.length : bin
  const counted = NO_GAPS.map((_zero, index) => (gaps[index] ?? 0) + (index === at ? 1 : 0))
  return sum(counted) > 2_000 ? counted.map((count) => Math.floor(count / 2)) : counted
}

export interface GapRange {
  readonly overMs: number
  /** Included. */
  readonly upToMs: number
}

/** The chance, 0..1, that the next gap lies in a range whose ends are ends of bins. */
export function gapChance(seen: GapCounts, expected: GapCounts, { overMs, upToMs }: GapRange): number {
  const inRange = (_count: number, index: number): boolean => {
    const end = BIN_ENDS_MS[index]
    return end !== undefined && end > overMs && end <= upToMs
  }
  return (sum(seen.filter(inRange)) + sum(expected.filter(inRange))) / (sum(seen) + sum(expected))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
