/**
 * What calls of a kind really cost, as a share of their quoted price: the 95th percentile is what gets reserved. Shares
 * are counted in buckets a quarter of a doubling wide, so a kind is a few dozen numbers whatever its history.
 */
import type { Tier } from '../tasks/task-types.ts'

const BUCKETS_PER_DOUBLING = 4
/** Bucket 0 ends at 1/256 of the quote; the last one holds everything from 16 times the quote. */
const LOWEST_DOUBLING = -8
const BUCKETS = 12 * BUCKETS_PER_DOUBLING
const QUANTILE = 0.95
/** Before this many calls the quote itself is reserved. */
const ENOUGH = 20
/** Counts are halved here: what calls cost lately weighs more. */
const FADE_AT = 400
const KINDS = 64

/** Counts per bucket, by kind and tier; the least recently used kind first. Plain data. */
export type LearnedCosts = Map<string, number[]>

/** A call of this kind and tier cost `costNano` where `quotedNano` was expected. */
export function learnCost(
  learned: LearnedCosts,
  kind: string,
  cost: { tier: Tier; costNano: number; quotedNano: number },
): void {
  if (cost.quotedNano <= 0 || cost.costNano < 0) return
  const name = nameOf(kind, cost.tier)
  let counts = learned.get(name) ?? Array.from({ length: BUCKETS }, () => 0)
  learned.delete(name)
  const bucket = bucketOf(cost.costNano / cost.quotedNano)
  counts[bucket] = (counts[bucket] ?? 0) + 1
  if (total(counts) >= FADE_AT) counts = counts.map((count) => count / 2)
  learned.set(name, counts)
  const oldest = learned.keys().next().value
  if (learned.size > KINDS && oldest !== undefined) learned.delete(oldest)
}

/** What to reserve for a call quoted at `quotedNano`: the 95th percentile of its kind, or the quote while too few are known. */
export function quantileNano(learned: LearnedCosts, kind: string, call: { tier: Tier; quotedNano: number }): number {
  const counts = learned.get(nameOf(kind, call.tier))
  const seen = counts === undefined ? 0 : total(counts)
  if (counts === undefined || seen < ENOUGH) return call.quotedNano
  let below = 0
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    below += counts[bucket] ?? 0
    if (below >= seen * QUANTILE) return Math.ceil(call.quotedNano * upperEdge(bucket))
  }
  return call.quotedNano
}

/** The kind of a call whose quote names none: its size, by doublings of the price. */
export function kindOfQuote(kind: string | undefined, expectedNano: number): string {
  return kind ?? `size-${Math.round(Math.log2(Math.max(1, expectedNano)))}`
}

function nameOf(kind: string, tier: Tier): string {
  return `${kind} ${tier}`
}

function bucketOf(share: number): number {
  if (share <= 0) return 0
  const bucket = Math.ceil((Math.log2(share) - LOWEST_DOUBLING) * BUCKETS_PER_DOUBLING)
  return Math.min(BUCKETS - 1, Math.max(0, bucket))
}

function upperEdge(bucket: number): number {
  return 2 ** (LOWEST_DOUBLING + bucket / BUCKETS_PER_DOUBLING)
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
