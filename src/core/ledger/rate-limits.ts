/**
 * How fast a key, or a whole team, may call. What was used drains at the pace of the limit, so a minute's worth may come
 * at once and no window has an edge. It knows no clock: times are milliseconds since epoch.
 */

/** null: no limit. */
export interface RateLimits {
  readonly requestsPerMinute: number | null
  /** Tokens of prompts and answers, as providers count them; what is read from a cache is not counted. */
  readonly tokensPerMinute: number | null
  /** Calls in flight at one moment. */
  readonly concurrentStreams: number | null
}

export const NO_RATE_LIMITS: RateLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrentStreams: null }

/** What was used lately and has not drained yet, as of `at`. */
export interface RateUse {
  readonly at: number
  readonly requests: number
  readonly tokens: number
}

export const UNUSED: RateUse = { at: 0, requests: 0, tokens: 0 }

/** A limit as its standard headers tell it. */
export interface RateLevel {
  readonly limit: number
  readonly remaining: number
  /** When nothing of it will be used any more. */
  readonly resetAt: number
}

/** The tightest levels over a call; null: no such limit. */
export interface RateStanding {
  readonly requests: RateLevel | null
  readonly tokens: RateLevel | null
}

/** The limit a call ran into, and when it is worth trying again: at most a minute. */
export interface RateStop {
  readonly what: 'requests' | 'tokens' | 'streams'
  readonly limit: number
  readonly retryAfterSeconds: number
}

/** Calls in flight, and how long one usually takes. */
export interface InFlight {
  readonly calls: number
  readonly typicalCallMs: number
}

const MINUTE = 60_000
/**
 * What one call takes is known when it ends, so the last call before a limit may pass it. It is owed, but no more than
 * another minute's worth: nobody waits longer than that for one long call.
 */
const MOST_OWED = 2
const LONGEST_STREAM_WAIT_SECONDS = 10

/** What is left of the use at `now`. A clock that went back drains nothing, and goes on from there. */
export function drained(use: RateUse, limits: RateLimits, now: number): RateUse {
  const minutes = Math.max(0, now - use.at) / MINUTE
  return {
    at: now,
    requests: left(use.requests, limits.requestsPerMinute, minutes),
    tokens: left(use.tokens, limits.tokensPerMinute, minutes),
  }
}

/** The use with more taken, or given back where less is known to have been used than was taken before. */
export function taken(
  use: RateUse,
  more: { readonly requests: number; readonly tokens: number },
  at: { readonly limits: RateLimits; readonly now: number },
): RateUse {
  const before = drained(use, at.limits, at.now)
  return {
    at: before.at,
    requests: owed(before.requests + more.requests, at.limits.requestsPerMinute),
    tokens: owed(before.tokens + more.tokens, at.limits.tokensPerMinute),
  }
}

/** Whether one more call must wait; null: it need not. `use` as drained until now. */
export function rateStop(limits: RateLimits, use: RateUse, inFlight: InFlight): RateStop | null {
  const { requestsPerMinute, tokensPerMinute, concurrentStreams } = limits
  if (concurrentStreams !== null && inFlight.calls >= concurrentStreams) {
    const seconds = Math.ceil(inFlight.typicalCallMs / 2 / inFlight.calls / 1_000)
    const retryAfterSeconds = Math.min(LONGEST_STREAM_WAIT_SECONDS, Math.max(1, seconds))
    return { what: 'streams', limit: concurrentStreams, retryAfterSeconds }
  }
  if (requestsPerMinute !== null && use.requests + 1 > requestsPerMinute) {
    return stop('requests', requestsPerMinute, use.requests + 1 - requestsPerMinute)
  }
  if (tokensPerMinute !== null && use.tokens >= tokensPerMinute) {
    return stop('tokens', tokensPerMinute, use.tokens - tokensPerMinute)
  }
  return null
}

/** The levels as headers tell them. `use` as drained until now. */
export function rateStanding(limits: RateLimits, use: RateUse): RateStanding {
  return {
    requests: level(limits.requestsPerMinute, use.requests, use.at),
    tokens: level(limits.tokensPerMinute, use.tokens, use.at),
  }
}

/** Of two standings the one with less left, limit by limit. */
export function tighter(one: RateStanding, other: RateStanding): RateStanding {
  return { requests: scarcer(one.requests, other.requests), tokens: scarcer(one.tokens, other.tokens) }
}

export function isLimited({ requestsPerMinute, tokensPerMinute, concurrentStreams }: RateLimits): boolean {
  return requestsPerMinute !== null || tokensPerMinute !== null || concurrentStreams !== null
}

function left(used: number, limit: number | null, minutes: number): number {
  return limit === null ? 0 : Math.max(0, used - limit * minutes)
}

function owed(used: number, limit: number | null): number {
  return limit === null ? 0 : Math.min(Math.max(0, used), limit * MOST_OWED)
}

function stop(what: 'requests' | 'tokens', limit: number, over: number): RateStop {
  return { what, limit, retryAfterSeconds: Math.max(1, Math.ceil((over / limit) * 60)) }
}

function level(limit: number | null, used: number, at: number): RateLevel | null {
  if (limit === null) return null
  return {
    limit,
    remaining: Math.max(0, Math.floor(limit - used)),
    resetAt: at + Math.ceil((used / limit) * MINUTE),
  }
}

function scarcer(one: RateLevel | null, other: RateLevel | null): RateLevel | null {
  if (one === null || other === null) return one ?? other
  return one.remaining <= other.remaining ? one : other
}
