/**
 * How fast a key, or a whole team, may call. null: no limit.
 */
export interface RateLimits {
  readonly requestsPerMinute: number | null
  /** Tokens of prompts and answers, as providers count them; what is read from a cache is not counted. */
  readonly tokensPerMinute: number | null
  /** Calls in flight at one moment. */
  readonly concurrentStreams: number | null
}

export const NO_RATE_LIMITS: RateLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrentStreams: null }
