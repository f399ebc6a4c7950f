/** What a call left in its model's cache, read off the provider's own usage, and until when. */
import type { Usage } from '../core/chat/usage.ts'
import { CACHE_LIFETIME_MS } from '../core/pricing/baseline.ts'
import type { WarmedPrefix } from '../core/session/call-outcome.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { SentCall } from './settle-call.ts'
import { promptTokens } from '../core/chat/usage.ts'

export function warmedPrefixes(call: IncomingCall, { decided, prepared }: SentCall, usage: Usage): WarmedPrefix[] {
  const { capabilities, tokenizerRatio } = decided.target.model
  const automatic = capabilities.caching === 'automatic'
  const cached = automatic
    ? promptTokens(usage)
    : usage.cacheReadTokens + usage.cacheWriteShortTokens + usage.cacheWriteLongTokens
  if (cached < capabilities.minCacheTokens || capabilities.caching === 'none' || prepared.cache.unwritten) return []
  const lifetime = CACHE_LIFETIME_MS[capabilities.caching][usage.cacheWriteLongTokens > 0 ? 'long' : 'short']
  // A provider counts the lifetime from the request's start.
  const expiresAt = call.arrivedAt + lifetime
  const staticTokens = Math.min(cached, Math.floor(decided.decision.measures.staticTokens * tokenizerRatio))
  const whole: WarmedPrefix = { scope: 'thread', tokens: cached, expiresAt }
  const shared: WarmedPrefix = { scope: 'static', tokens: staticTokens, expiresAt }
  return automatic || prepared.cache.coverage === 'tail' ? [whole, shared] : [shared]
}
