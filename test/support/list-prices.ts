/**
 * List prices by hand, in nano-dollars a token, so that a cost can be checked by other arithmetic than the gateway's.
 * From the providers' price pages as of November 2026.
 */
import type { LoggedDecision } from './admin-client.ts'

interface Prices {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWriteShort: number
}

const PRICES: Readonly<Record<string, Prices>> = {
  // Prompts up to 100,000 tokens.
  'claude-haiku-5-5': { input: 100, output: 500, cacheRead: 10, cacheWriteShort: 125 },
  'claude-sonnet-4-6': { input: 3000, output: 15_000, cacheRead: 300, cacheWriteShort: 3750 },
  'claude-sonnet-5-5': { input: 2000, output: 10_000, cacheRead: 100, cacheWriteShort: 2500 },
  'claude-opus-5-5': { input: 4000, output: 20_000, cacheRead: 200, cacheWriteShort: 5000 },
  'gpt-4.1-nano': { input: 100, output: 400, cacheRead: 25, cacheWriteShort: 0 },
  'gpt-6-luna': { input: 100, output: 500, cacheRead: 10, cacheWriteShort: 125 },
  'gpt-6.1-terra': { input: 1000, output: 5000, cacheRead: 50, cacheWriteShort: 1250 },
  'gpt-6.1-sol': { input: 2000, output: 10_000, cacheRead: 100, cacheWriteShort: 2500 },
}

type Tokens = Pick<
  LoggedDecision,
  | 'model'
  | 'input_tokens'
  | 'output_tokens'
  | 'cache_read_tokens'
  | 'cache_write_short_tokens'
  | 'cache_write_long_tokens'
>

/**
 * What a call's tokens cost, in nano-dollars.
 *
 * @param model of which the tokens are priced; the call's own when absent
 * @throws Error for a model that is not in the table, or long-lived cache writes, which it has no price for
 */
export function costOf(call: Tokens, model: string = call.model): number {
  const price = PRICES[model]
  if (price === undefined) throw new Error(`No list price for ${model}`)
  if (call.cache_write_long_tokens > 0) throw new Error('No list price for long-lived cache writes')
  return (
    call.input_tokens * price.input +
    call.output_tokens * price.output +
    call.cache_read_tokens * price.cacheRead +
    call.cache_write_short_tokens * price.cacheWriteShort
  )
}
