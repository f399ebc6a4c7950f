/** What a call's cache lost, for its record: parts of the prefix that change, and a tail that nobody marked. */
import { NO_USAGE, type Usage } from '../core/chat/usage.ts'
import { isAskedOnce } from '../core/prompt-cache/plan.ts'
import { volatileParts } from '../core/prompt-cache/volatile.ts'
import type { RecordedCall } from './settle-call.ts'

/** Such as `volatile_prefix:timestamp` and `cache_uncached_tail:41000`, tokens billed at the full price. */
export function cacheWarnings({ read, admitted, decided, prepared }: RecordedCall, usage: Usage | null): string[] {
  const { scan, reading } = read
  const { caching, minCacheTokens } = decided.target.model.capabilities
  const parts = caching === 'none' ? [] : volatileParts(scan, admitted.session.lastPrefix ?? null)
  const warnings = parts.map((part) => `volatile_prefix:${part}`)
  const { inputTokens } = usage ?? NO_USAGE
  const uncached = caching === 'marked' && prepared.cache.coverage !== 'tail' && inputTokens >= minCacheTokens
  if (uncached && !isAskedOnce(scan, reading.utility !== null)) warnings.push(`cache_uncached_tail:${inputTokens}`)
  return warnings
}
