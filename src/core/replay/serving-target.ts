/**
 * A model as replay bills it: its price of one day, its tokenizer and its cache's rules. It chooses nothing.
 */
import { CACHE_LIFETIME_MS } from '../pricing/baseline.ts'
import { costAt } from '../pricing/cost.ts'
import { priceOf, type KnownPrice, type PriceBook } from '../pricing/price-book.ts'
import type { Usage } from '../chat/usage.ts'
import { targetId, type CatalogModel } from '../routing/catalog.ts'
import type { TraceCall } from './trace.ts'

export interface ServingTarget {
  /** `provider/model`. */
  readonly id: string
  readonly price: KnownPrice
  /** Its tokens per token of the reference tokenizer. */
  readonly tokenizerRatio: number
  /** Prompts of fewer of its own tokens are not cached; null: none are. */
  readonly minCacheTokens: number | null
  /** How long a prefix lives after the start of the call that used it, ms. */
  readonly lifetimeMs: number
}

/** Of which day the prices are, and how long marked caches are asked to live. */
export interface ServingTerms {
  readonly prices: PriceBook
  /** ms. */
  readonly pricedAt: number
  /** Of caches that a mark in the request sets up, ms; automatic ones keep their provider's lifetime. */
  readonly lifetimeMs: number
}

/** The model as it would be billed; null: it has no price. */
export function servingTarget(model: CatalogModel, terms: ServingTerms): ServingTarget | null {
  const id = targetId(model)
  const price = priceOf(terms.prices, id, terms.pricedAt)
  if (price.status === 'unpriced') return null
  const { caching, minCacheTokens } = model.capabilities
  return {
    id,
    price,
    tokenizerRatio: model.tokenizerRatio,
    minCacheTokens: caching === 'none' ? null : minCacheTokens,
    lifetimeMs: caching === 'automatic' ? CACHE_LIFETIME_MS.automatic.short : terms.lifetimeMs,
  }
}

/**
 * The usage of a call at a target that has so many tokens of the thread cached, its tail marked for the short lifetime.
 * Cached tokens and call in tokens of the reference tokenizer.
 */
export function usageWith(cachedTokens: number, target: ServingTarget, call: TraceCall): Usage {
  const scaled = (tokens: number): number => Math.round(tokens * target.tokenizerRatio)
  const prompt = scaled(call.promptTokens)
  const cached = target.minCacheTokens !== null && prompt >= target.minCacheTokens
  const read = cached ? scaled(Math.min(cachedTokens, call.promptTokens)) : 0
  return {
    inputTokens: cached ? 0 : prompt,
    cacheReadTokens: read,
    cacheWriteShortTokens: cached ? prompt - read : 0,
    cacheWriteLongTokens: 0,
    outputTokens: scaled(call.outputTokens),
    reasoningTokens: 0,
  }
}

/** What that usage costs, nano-dollars. */
export function billWith(cachedTokens: number, target: ServingTarget, call: TraceCall): number {
  return costAt(usageWith(cachedTokens, target, call), target.price)
}
