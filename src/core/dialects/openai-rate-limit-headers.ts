/** `x-ratelimit-*`, times as durations: https://developers.openai.com/api/docs/guides/rate-limits#rate-limits-in-headers */
import type { RateLevel, RateStanding } from '../ledger/rate-limits.ts'

export function writeRateLimits({ requests, tokens }: RateStanding, now: number): Readonly<Record<string, string>> {
  return { ...levelOf('requests', requests, now), ...levelOf('tokens', tokens, now) }
}

function levelOf(what: string, level: RateLevel | null, now: number): Record<string, string> {
  if (level === null) return {}
  return {
    [`x-ratelimit-limit-${what}`]: String(level.limit),
    [`x-ratelimit-remaining-${what}`]: String(level.remaining),
    [`x-ratelimit-reset-${what}`]: duration(Math.max(0, level.resetAt - now)),
  }
}

/** As OpenAI writes it: `6m0s`, `1.2s`, `20ms`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`
  const seconds = Math.ceil(ms / 100) / 10
  if (seconds < 60) return `${seconds}s`
  const whole = Math.ceil(seconds)
  return `${Math.floor(whole / 60)}m${whole % 60}s`
}
