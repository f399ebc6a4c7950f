/**
 * How long an answer the tightest hard cap pays for, and what the answer's beginning must be covered by. Nano-dollars
 * and the target's own tokens. It changes no request: `adapt` lowers the limit.
 */
import { ratesAt } from '../pricing/cost.ts'
import type { KnownPrice } from '../pricing/price-book.ts'

/**
 * Tokens of one stream that may still be produced, and billed, between a refused extension and the provider noticing
 * that the call was aborted: over a second at 150 tokens a second, or two of the large pieces that some providers write.
 * It is held beside every call under a hard cap, and charged to those that were stopped, as far as it is still held.
 */
export const GUARD_TOKENS = 256

/** No provider takes a lower output limit everywhere: Responses wants at least 16. */
const LEAST_OUTPUT_TOKENS = 16

/** A prompt at one target. */
export interface PricedPrompt {
  readonly price: KnownPrice
  /** Tokens of the whole prompt, as the target counts them. */
  readonly promptTokens: number
  /** Of those, what the target is believed to have cached. */
  readonly warmTokens: number
  /** The lifetime that what is not cached is written for. */
  readonly lifetime: 'short' | 'long'
}

/** What the prompt costs, at the step its length reaches: the cached part read, all else written. */
export function promptNano({ price, promptTokens, warmTokens, lifetime }: PricedPrompt): number {
  const rates = ratesAt(price, promptTokens)
  const written = Math.max(rates.input, lifetime === 'long' ? rates.cacheWriteLong : rates.cacheWriteShort)
  const warm = Math.min(Math.max(0, warmTokens), promptTokens)
  return Math.ceil(warm * rates.cacheRead + (promptTokens - warm) * written)
}

/**
 * What a prompt and the shortest answer of so many tokens cost, the prompt as far as it is believed to be cached: what
 * is short of this is sent nowhere. The guard is held beside it.
 */
export function leastAnswerNano(prompt: PricedPrompt, tokens: number = LEAST_OUTPUT_TOKENS): number {
  const rate = ratesAt(prompt.price, prompt.promptTokens).output
  return promptNano(prompt) + Math.ceil(Math.max(LEAST_OUTPUT_TOKENS, tokens) * rate)
}

/**
 * The output tokens that `nano` pays for beside the prompt, at its cold price, or, where that leaves no answer, as far
 * as it is believed to be cached. No guard is taken off: the provider itself stops there.
 */
export function outputTokensPaidBy(nano: number, prompt: PricedPrompt): number {
  const rate = ratesAt(prompt.price, prompt.promptTokens).output
  if (rate <= 0) return Number.MAX_SAFE_INTEGER
  const after = (warmTokens: number): number => Math.floor((nano - promptNano({ ...prompt, warmTokens })) / rate)
  const cold = after(0)
  return Math.max(0, cold >= LEAST_OUTPUT_TOKENS ? cold : after(prompt.warmTokens))
}

/**
 * The output tokens that are left of `headroomNano` once the guard and the prompt are paid: the prompt at its cold price
 * first; where that leaves no answer at all, at the price of what is believed to be cached, since the ledger admitted
 * the call by what such calls really cost. 0: not even the shortest answer.
 */
export function affordableOutputTokens(headroomNano: number, prompt: PricedPrompt): number {
  const rate = ratesAt(prompt.price, prompt.promptTokens).output
  if (rate <= 0) return Number.MAX_SAFE_INTEGER
  const after = (warmTokens: number): number =>
    Math.floor((headroomNano - promptNano({ ...prompt, warmTokens })) / rate) - GUARD_TOKENS
  const cold = after(0)
  const tokens = cold >= LEAST_OUTPUT_TOKENS ? cold : after(prompt.warmTokens)
  return tokens >= LEAST_OUTPUT_TOKENS ? tokens : 0
}
