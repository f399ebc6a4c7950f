/** The plan of one call's prompt cache at its target: the pure `planPromptCache`, given what session and policy tell. */
import type { Edit } from '../core/dialects/passthrough.ts'
import { ratesAt } from '../core/pricing/cost.ts'
import { priceOf } from '../core/pricing/price-book.ts'
import { threadCacheKey } from '../core/prompt-cache/cache-fields.ts'
import { chooseLifetime, type CacheLifetime } from '../core/prompt-cache/lifetime.ts'
import { ownCoverage, planPromptCache, type CachePlan } from '../core/prompt-cache/plan.ts'
import type { Target } from '../core/routing/catalog.ts'
import { estimateContext } from '../core/routing/context.ts'
import type { WarmCache } from '../core/session/session-view.ts'
import type { AdmittedCall } from './admit-call.ts'
import { cacheLifetime, cacheWish, type CacheWish } from './cache-marks.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { ReadCall } from './read-call.ts'

interface PlanContext {
  readonly read: ReadCall
  readonly admitted: AdmittedCall
  readonly target: Target
}

/** @param taken the edits that the target needs besides */
export function planCache(call: IncomingCall, context: PlanContext, taken: readonly Edit[]): CachePlan {
  const { read, admitted, target } = context
  const { scan } = read
  const wish = cacheWish(read, admitted)
  if (!wish.planned) return { edits: [], adaptations: [], coverage: ownCoverage(scan), unwritten: false }
  const warm = longestWarm(call, context)
  return planPromptCache({
    scan,
    capabilities: target.model.capabilities,
    lifetime: lifetimeAt(call, context, { wish, warm }),
    tokensPerByte: target.model.tokenizerRatio / admitted.session.bytesPerToken,
    warmMessages: warm?.messages ?? null,
    cacheKey: threadCacheKey(admitted.session.sessionId, read.reading.threadHint),
    once: wish.once,
    taken,
  })
}

/** The longest that anything the call writes into its target's cache shall live, by its client's marks or by the plan. */
export function longestLifetime(call: IncomingCall, context: PlanContext): CacheLifetime {
  if (cacheLifetime(context.read.scan) === 'long') return 'long'
  const wish = cacheWish(context.read, context.admitted)
  return lifetimeAt(call, context, { wish, warm: longestWarm(call, context) })
}

/** What the target has cached of this conversation. */
function longestWarm(call: IncomingCall, { admitted, target }: PlanContext): WarmCache | null {
  return admitted.session.warm
    .filter((cache) => cache.target === target.id && cache.scope === 'thread' && cache.expiresAt > call.arrivedAt)
    .reduce<WarmCache | null>((longest, cache) => (cache.tokens > (longest?.tokens ?? 0) ? cache : longest), null)
}

/** Weighed at the prices of the target; an unpriced one is given the short lifetime, which never costs more. */
function lifetimeAt(
  call: IncomingCall,
  { read, admitted, target }: PlanContext,
  { wish, warm }: { readonly wish: CacheWish; readonly warm: WarmCache | null },
): CacheLifetime {
  const price = priceOf(admitted.team.prices, target.id, call.arrivedAt)
  if (price.status === 'unpriced') return typeof wish.lifetime === 'string' ? wish.lifetime : 'short'
  const promptTokens = estimateContext(admitted.session, read.signals).contextTokens * target.model.tokenizerRatio
  return chooseLifetime(wish.lifetime, {
    caching: target.model.capabilities.caching,
    rates: ratesAt(price, promptTokens),
    promptTokens,
    warmTokens: warm?.tokens ?? 0,
  })
}
