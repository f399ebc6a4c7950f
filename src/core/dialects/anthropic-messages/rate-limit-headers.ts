/** `anthropic-ratelimit-*`, times as RFC 3339: https://docs.anthropic.com/en/api/rate-limits#response-headers */
import type { RateLevel, RateStanding } from '../../ledger/rate-limits.ts'

export function writeRateLimits({ requests, tokens }: RateStanding): Readonly<Record<string, string>> {
  return { ...levelOf('requests', requests), ...levelOf('tokens', tokens) }
}

function levelOf(what: string, level: RateLevel | null): Record<string, string> {
  if (level === null) return {}
  return {
    [`anthropic-ratelimit-${what}-limit`]: String(level.limit),
    [`anthropic-ratelimit-${what}-remaining`]: String(level.remaining),
    [`anthropic-ratelimit-${what}-reset`]: new Date(level.resetAt).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
}
