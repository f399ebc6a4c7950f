/**
 * What a provider says a call consumed, in the one normal form that prices, ledgers and logs share.
 * The kinds are disjoint: no token is counted in two fields, except reasoning, which is a part of output.
 * It never holds money.
 */
export interface Usage {
  /** Prompt tokens billed at the plain input price: neither read from nor written to a cache. */
  readonly inputTokens: number
  readonly cacheReadTokens: number
  /** Written for the short lifetime (5 minutes at Anthropic, 30 minutes at OpenAI). */
  readonly cacheWriteShortTokens: number
  /** Written for the long lifetime (1 hour at Anthropic, 12 hours at OpenAI). */
  readonly cacheWriteLongTokens: number
  /** All billed output, reasoning included. */
  readonly outputTokens: number
  /** The part of `outputTokens` that was reasoning, where the provider tells; else 0. */
  readonly reasoningTokens: number
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteShortTokens: 0,
  cacheWriteLongTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
}

/** All prompt tokens of a call, whatever they were billed as. */
export function promptTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteShortTokens + usage.cacheWriteLongTokens
}
