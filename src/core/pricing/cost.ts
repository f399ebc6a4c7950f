/**
 * The exact bill of a call: usage times price, in integer nano-dollars. It knows no model and estimates nothing.
 */
import { promptTokens, type Usage } from '../chat/usage.ts'
import type { KnownPrice, Price, PriceStep, TokenRates } from './price-book.ts'

/** A bill by kind of token, nano-dollars. The kinds add up to the total. */
export interface CostParts {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
}

/**
 * The step that a prompt of this length is billed at. Providers bill the whole prompt and its answer at the step the
 * prompt's length reaches, not only the part above it.
 */
function stepAt(price: KnownPrice, prompt: number): PriceStep {
  const step = price.steps.findLast((candidate) => prompt > candidate.abovePromptTokens) ?? price.steps[0]
  if (step === undefined) throw new Error('a price has at least one step')
  return step
}

export function ratesAt(price: KnownPrice, prompt: number): TokenRates {
  return stepAt(price, prompt).rates
}

/** The bill of one call by kind of token. */
export function costParts(usage: Usage, price: KnownPrice): CostParts {
  const rates = ratesAt(price, promptTokens(usage))
  return {
    input: usage.inputTokens * rates.input,
    cacheRead: usage.cacheReadTokens * rates.cacheRead,
    cacheWrite: usage.cacheWriteShortTokens * rates.cacheWriteShort + usage.cacheWriteLongTokens * rates.cacheWriteLong,
    output: usage.outputTokens * rates.output,
  }
}

/** The bill of one call in nano-dollars; null: the model is unpriced. */
export function costOf(usage: Usage, price: Price): number | null {
  return price.status === 'unpriced' ? null : costAt(usage, price)
}

/** The bill of one call at a known price, nano-dollars. */
export function costAt(usage: Usage, price: KnownPrice): number {
  const { input, cacheRead, cacheWrite, output } = costParts(usage, price)
  return input + cacheRead + cacheWrite + output
}

/** The bill of the same call in a batch: half, cache tokens included, a half nano-dollar rounded up. */
export function batchCost(costNano: number): number {
  return Math.floor((costNano + 1) / 2)
}
