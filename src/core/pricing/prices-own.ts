/**
 * Prices kept by hand for models that the generated table lacks. Nano-dollars per token. It wins over the generated
 * table; an entry goes when a newer `@pydantic/genai-prices` carries the model at the same price.
 *
 * Sources: https://platform.claude.com/docs/en/about-claude/pricing and https://developers.openai.com/api/docs/pricing,
 * read in November 2026.
 */
import type { PriceStep, PriceTable, TokenRates } from './price-book.ts'

/** Above this many prompt tokens OpenAI bills the whole prompt at 2x and the answer at 1.5x. */
const LONG_PROMPT = 272_000

interface BaseRates {
  readonly input: number
  readonly cacheRead: number
  readonly output: number
}

/** Writes at 1.25x and 2x of the input price, for both lifetimes. */
function withWrites({ input, cacheRead, output }: BaseRates): TokenRates {
  return { input, cacheRead, cacheWriteShort: (input * 5) / 4, cacheWriteLong: input * 2, output }
}

function flat(base: BaseRates): readonly PriceStep[] {
  return [{ abovePromptTokens: 0, rates: withWrites(base) }]
}

function longPrompt(base: BaseRates): readonly PriceStep[] {
  const long = { input: base.input * 2, cacheRead: base.cacheRead * 2, output: (base.output * 3) / 2 }
  return [
    { abovePromptTokens: 0, rates: withWrites(base) },
    { abovePromptTokens: LONG_PROMPT, rates: withWrites(long) },
  ]
}

export const OWN_PRICES: PriceTable = {
  // 0.10 / 0.50 for prompts up to 100K tokens, else 0.50 / 2.50; since October 2026, no earlier price exists.
  'anthropic/claude-haiku-5-5': [
    {
      fromAt: 0,
      steps: [
        { abovePromptTokens: 0, rates: withWrites({ input: 100, cacheRead: 10, output: 500 }) },
        { abovePromptTokens: 100_000, rates: withWrites({ input: 500, cacheRead: 50, output: 2500 }) },
      ],
    },
  ],
  // Cache reads at 0.05x.
  'anthropic/claude-sonnet-5-5': [{ fromAt: 0, steps: flat({ input: 2000, cacheRead: 100, output: 10_000 }) }],
  'anthropic/claude-fable-5-2': [{ fromAt: 0, steps: flat({ input: 8000, cacheRead: 200, output: 40_000 }) }],
  'openai/gpt-6.1-terra': [{ fromAt: 0, steps: longPrompt({ input: 1000, cacheRead: 50, output: 5000 }) }],
  'openai/gpt-6.1-sol': [{ fromAt: 0, steps: longPrompt({ input: 2000, cacheRead: 100, output: 10_000 }) }],
}
