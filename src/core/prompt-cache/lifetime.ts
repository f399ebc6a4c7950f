/**
 * Chooses how long a call's cache entry shall live. A long entry costs more to write; a short one is gone after a longer
 * pause, and the whole prompt is then written again. Long, where
 *
 *     P(pause too long for the short one, not for the long one) * prompt * (short write - read)
 *         >  new tokens * (long write - short write)
 *
 * It looks at no clock and sets no mark.
 */
import { CACHE_LIFETIME_MS } from '../pricing/baseline.ts'
import type { TokenRates } from '../pricing/price-book.ts'
import type { ModelCapabilities } from '../routing/capabilities.ts'
import { gapChance, type GapCounts } from './gaps.ts'

export type CacheLifetime = 'short' | 'long'

/** What is known of a session's pauses. */
export interface CacheOdds {
  /** The session's own gaps, and those expected before it has any: see `STARTING_GAPS`. */
  readonly seen: GapCounts
  readonly expected: GapCounts
  /**
   * A long entry written over a short one was gone when it was needed: then only a cache that is long from its beginning
   * helps, and the choice is made for the session instead of the call.
   */
  readonly longLost: boolean
}

/** A lifetime that is settled, or what to choose it by. */
export type LifetimeWish = CacheLifetime | CacheOdds

export interface CacheWrite {
  readonly caching: ModelCapabilities['caching']
  /** Nano-dollars per token, or any other unit. */
  readonly rates: Pick<TokenRates, 'cacheRead' | 'cacheWriteShort' | 'cacheWriteLong'>
  readonly promptTokens: number
  /** Of these, read from the cache by this call. */
  readonly warmTokens: number
}

/** Calls of the median real session: over so many a session's choice has to pay. */
const CALLS_AHEAD = 40

/** The lifetime with the least expected cost; the short one where both cost the same. */
export function chooseLifetime(
  wish: LifetimeWish,
  { caching, rates, promptTokens, warmTokens }: CacheWrite,
): CacheLifetime {
  if (typeof wish === 'string') return wish
  const lives = CACHE_LIFETIME_MS[caching]
  const chance = gapChance(wish.seen, wish.expected, { overMs: lives.short, upToMs: lives.long })
  const dearer = rates.cacheWriteLong - rates.cacheWriteShort
  const saved = rates.cacheWriteShort - rates.cacheRead
  if (wish.longLost) return chance * CALLS_AHEAD * saved > dearer ? 'long' : 'short'
  const written = Math.max(0, promptTokens - warmTokens)
  return chance * promptTokens * saved > written * dearer ? 'long' : 'short'
}
