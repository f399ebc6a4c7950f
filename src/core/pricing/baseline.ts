/**
 * What a call would have cost at another model, with the cache that model would then have had: the measure of savings.
 * It takes the same text and the same answer, recounted by the other model's tokenizer; it never claims no cache at all.
 */
import { promptTokens, type Usage } from '../chat/usage.ts'
import { referenceTarget, targetId, type Catalog, type CatalogModel } from '../routing/catalog.ts'
import { costAt } from './cost.ts'
import { priceOf, type Price, type PriceBook } from './price-book.ts'

/** What the client's own cache marks cover. `static`: tools and system, or a beginning that never moves. */
export type CacheCoverage = 'tail' | 'static' | 'none'

/** The thread's call before this one. */
export interface PreviousCall {
  readonly beganAt: number
  /** Prompt tokens of that call, in tokens of the reference tokenizer. */
  readonly promptTokens: number
}

export interface CallToCompare {
  readonly beganAt: number
  readonly usage: Usage
  /** Tokenizer ratio of the model whose tokens `usage` counts. */
  readonly servedRatio: number
  readonly previous: PreviousCall | null
  /** A call of the session has lately sent the same tools and system, so they lay in the cache. */
  readonly staticSeen: boolean
  /** Tokens of tools and system, in tokens of the reference tokenizer. */
  readonly staticTokens: number
  /** What the client marks. Models that cache by themselves cache the tail whatever it says. */
  readonly coverage: CacheCoverage
  /** The lifetime the client asks for. */
  readonly lifetime: 'short' | 'long'
}

/** How long a cached prefix lives after the start of the call that wrote or read it, ms. */
export const CACHE_LIFETIME_MS = {
  marked: { short: 5 * 60_000, long: 60 * 60_000 },
  automatic: { short: 30 * 60_000, long: 12 * 60 * 60_000 },
  none: { short: 0, long: 0 },
} as const

/** The usage that `model` would have reported for this call, had it served the thread from its beginning. */
export function counterfactualUsage(call: CallToCompare, model: CatalogModel): Usage {
  const scale = model.tokenizerRatio / call.servedRatio
  const prompt = Math.round(promptTokens(call.usage) * scale)
  const output = Math.round(call.usage.outputTokens * scale)
  const covered = coveredTokens(call, model, prompt)
  const read = Math.min(covered, cachedBefore(call, model))
  const written = covered - read
  return {
    inputTokens: prompt - covered,
    cacheReadTokens: read,
    cacheWriteShortTokens: call.lifetime === 'short' ? written : 0,
    cacheWriteLongTokens: call.lifetime === 'long' ? written : 0,
    outputTokens: output,
    reasoningTokens: Math.min(output, Math.round(call.usage.reasoningTokens * scale)),
  }
}

/**
 * The usage that the model which served the call would have reported with the client's own cache marks. Only what those
 * marks cover is read or written; a prefix that only a longer lifetime has kept is written again.
 */
export function ownMarksUsage(call: CallToCompare, served: CatalogModel): Usage {
  const { usage, previous, beganAt, lifetime } = call
  const covered = coveredTokens(call, served, promptTokens(usage))
  const lives = CACHE_LIFETIME_MS[served.capabilities.caching][lifetime]
  const lost = previous !== null && beganAt - previous.beganAt > lives
  const shared = call.staticSeen ? Math.round(call.staticTokens * served.tokenizerRatio) : 0
  const read = Math.min(covered, usage.cacheReadTokens, lost ? shared : covered)
  const written = covered - read
  return {
    ...usage,
    inputTokens: promptTokens(usage) - covered,
    cacheReadTokens: read,
    cacheWriteShortTokens: lifetime === 'short' ? written : 0,
    cacheWriteLongTokens: lifetime === 'long' ? written : 0,
  }
}

/** The baseline cost in nano-dollars; null: that model is unpriced. */
export function baselineCost(call: CallToCompare, model: CatalogModel, price: Price): number | null {
  return price.status === 'unpriced' ? null : costAt(counterfactualUsage(call, model), price)
}

export interface BaselineModels {
  readonly catalog: Catalog
  readonly prices: PriceBook
  /** Names of the providers configured. */
  readonly providers: { has(name: string): boolean }
  /** The model the client named; null: none. */
  readonly requested: CatalogModel | null
}

/** Nano-dollars; null: no such model, or it is unpriced. */
export interface Baselines {
  readonly topNano: number | null
  readonly middleNano: number | null
  readonly requestedNano: number | null
}

/** What the call would have cost at the reference model of the top and of the middle tier, and at the model asked for. */
export function baselinesOf(call: CallToCompare, models: BaselineModels): Baselines {
  const cost = (model: CatalogModel | null): number | null =>
    model === null ? null : baselineCost(call, model, priceOf(models.prices, targetId(model), call.beganAt))
  const reference = (tier: 2 | 3): CatalogModel | null =>
    referenceTarget(models.catalog, tier, models.providers)?.model ?? null
  return { topNano: cost(reference(3)), middleNano: cost(reference(2)), requestedNano: cost(models.requested) }
}

/** Tokens of the prompt that the cache would hold after this call. */
function coveredTokens(call: CallToCompare, model: CatalogModel, prompt: number): number {
  const { caching, minCacheTokens } = model.capabilities
  const coverage = caching === 'automatic' ? 'tail' : caching === 'none' ? 'none' : call.coverage
  if (coverage === 'none') return 0
  const covered = coverage === 'tail' ? prompt : Math.min(prompt, Math.round(call.staticTokens * model.tokenizerRatio))
  return covered < minCacheTokens ? 0 : covered
}

/** Tokens that the cache would have held of this prompt when the call began. */
function cachedBefore(call: CallToCompare, model: CatalogModel): number {
  const { caching, minCacheTokens } = model.capabilities
  const cached = Math.round(stillCached(call, CACHE_LIFETIME_MS[caching][call.lifetime]) * model.tokenizerRatio)
  return cached < minCacheTokens ? 0 : cached
}

/**
 * The same in tokens of the reference tokenizer: the thread's last prompt while it lives, else the prefix that threads
 * share. What the serving model read at a thread's first call, written by other sessions, the other would have had too.
 */
function stillCached(call: CallToCompare, lifetimeMs: number): number {
  const { previous, beganAt, staticSeen, staticTokens, usage, servedRatio } = call
  const shared = staticSeen ? staticTokens : 0
  if (previous === null) return Math.max(shared, usage.cacheReadTokens / servedRatio)
  return beganAt - previous.beganAt <= lifetimeMs ? previous.promptTokens : shared
}
