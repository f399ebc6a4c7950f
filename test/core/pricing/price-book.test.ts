import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { generatePrices } from '../../../src/cli/prices.ts'
import { buildPriceBook, priceOf, type Price, type PriceTable } from '../../../src/core/pricing/price-book.ts'
import { GENERATED_PRICES } from '../../../src/core/pricing/prices.generated.ts'
import { OWN_PRICES } from '../../../src/core/pricing/prices-own.ts'
import { CATALOG_PRESETS } from '../../../src/core/routing/catalog.ts'
import { KNOWN_MODELS } from '../../../src/core/routing/models.ts'

const NOW = Date.UTC(2026, 10, 20)
const book = buildPriceBook()

/** `[input, output, cache read, 5-minute write, 1-hour write]` in USD per million tokens at each step. */
function usd(price: Price): readonly (readonly number[])[] | 'unpriced' {
  if (price.status === 'unpriced') return 'unpriced'
  return price.steps.map(({ rates }) =>
    [rates.input, rates.output, rates.cacheRead, rates.cacheWriteShort, rates.cacheWriteLong].map(
      (nano) => nano / 1000,
    ),
  )
}

describe('priceOf', () => {
  it.each([
    ['anthropic/claude-haiku-4-5', [[1, 5, 0.1, 1.25, 2]]],
    [
      'anthropic/claude-haiku-5-5',
      [
        [0.1, 0.5, 0.01, 0.125, 0.2],
        [0.5, 2.5, 0.05, 0.625, 1],
      ],
    ],
    ['anthropic/claude-sonnet-4-6', [[3, 15, 0.3, 3.75, 6]]],
    ['anthropic/claude-sonnet-5', [[2, 10, 0.2, 2.5, 4]]],
    ['anthropic/claude-sonnet-5-5', [[2, 10, 0.1, 2.5, 4]]],
    ['anthropic/claude-opus-4-6', [[5, 25, 0.5, 6.25, 10]]],
    ['anthropic/claude-opus-4-8', [[5, 25, 0.5, 6.25, 10]]],
    ['anthropic/claude-opus-5', [[5, 25, 0.5, 6.25, 10]]],
    ['anthropic/claude-opus-5-5', [[4, 20, 0.2, 5, 8]]],
    ['anthropic/claude-fable-5-1', [[10, 50, 0.25, 12.5, 20]]],
    ['anthropic/claude-fable-5-2', [[8, 40, 0.2, 10, 16]]],
    ['openai/gpt-4.1-nano', [[0.1, 0.4, 0.025, 0.1, 0.1]]],
    ['openai/gpt-4.1-mini', [[0.4, 1.6, 0.1, 0.4, 0.4]]],
    ['openai/gpt-4o-mini', [[0.15, 0.6, 0.075, 0.15, 0.15]]],
    ['openai/gpt-4o', [[2.5, 10, 1.25, 2.5, 2.5]]],
    ['openai/gpt-5-nano', [[0.05, 0.4, 0.005, 0.05, 0.05]]],
    ['openai/gpt-5.4-nano', [[0.2, 1.25, 0.02, 0.2, 0.2]]],
    [
      'openai/gpt-5.5',
      [
        [5, 30, 0.5, 5, 5],
        [10, 45, 1, 10, 10],
      ],
    ],
    [
      'openai/gpt-5.6-luna',
      [
        [0.2, 1.2, 0.02, 0.25, 0.4],
        [0.4, 1.8, 0.04, 0.5, 0.8],
      ],
    ],
    [
      'openai/gpt-6-luna',
      [
        [0.1, 0.5, 0.01, 0.125, 0.2],
        [0.2, 0.75, 0.02, 0.25, 0.4],
      ],
    ],
    [
      'openai/gpt-6-sol',
      [
        [2, 10, 0.2, 2.5, 4],
        [4, 15, 0.4, 5, 8],
      ],
    ],
    [
      'openai/gpt-6.1-terra',
      [
        [1, 5, 0.05, 1.25, 2],
        [2, 7.5, 0.1, 2.5, 4],
      ],
    ],
    [
      'openai/gpt-6.1-sol',
      [
        [2, 10, 0.1, 2.5, 4],
        [4, 15, 0.2, 5, 8],
      ],
    ],
    [
      'openai/gpt-6-astra',
      [
        [10, 50, 1, 12.5, 20],
        [20, 75, 2, 25, 40],
      ],
    ],
  ])('%s costs what its provider says', (target, expected) => {
    expect(usd(priceOf(book, target, NOW))).toEqual(expected)
  })

  it('matches exact ids only', () => {
    for (const target of [
      'anthropic/claude-haiku-5-5-mini',
      'anthropic/claude-haiku',
      'openai/gpt-4',
      'claude-opus-4-6',
      'toString',
    ]) {
      expect(priceOf(book, target, NOW)).toEqual({ status: 'unpriced' })
    }
  })

  it('takes the price in force at the time', () => {
    expect(usd(priceOf(book, 'anthropic/claude-opus-4-6', Date.UTC(2026, 2, 12)))).toHaveLength(2)
    expect(usd(priceOf(book, 'anthropic/claude-opus-4-6', Date.UTC(2026, 2, 13)))).toHaveLength(1)
    expect(usd(priceOf(book, 'openai/gpt-5.6-luna', Date.UTC(2026, 6, 29)))[0]).toEqual([1, 6, 0.1, 1.25, 2])
  })

  it("puts a team's price first, from its date on", () => {
    const rates = { input: 7, cacheRead: 7, cacheWriteShort: 7, cacheWriteLong: 7, output: 7 }
    const overrides: PriceTable = {
      'anthropic/claude-opus-5-5': [{ fromAt: NOW, steps: [{ abovePromptTokens: 0, rates }] }],
    }
    const own = buildPriceBook(overrides)
    expect(priceOf(own, 'anthropic/claude-opus-5-5', NOW)).toMatchObject({ source: 'policy', steps: [{ rates }] })
    expect(priceOf(own, 'anthropic/claude-opus-5-5', NOW - 1)).toMatchObject({ source: 'genai-prices' })
  })

  it('has a price for every shipped model', () => {
    const known = new Set(KNOWN_MODELS.map(({ provider, id }) => `${provider}/${id}`))
    expect([...known].filter((target) => priceOf(book, target, NOW).status === 'unpriced')).toEqual([])
    const tiered = [CATALOG_PRESETS.current, CATALOG_PRESETS.reference].flatMap((preset) =>
      [1, 2, 3].flatMap((tier) => preset[tier as 1]),
    )
    expect(tiered.filter((target) => !known.has(target))).toEqual([])
  })

  it('holds whole nano-dollars, and steps in order from zero', () => {
    for (const [target, dated] of Object.entries({ ...GENERATED_PRICES, ...OWN_PRICES })) {
      for (const { steps } of dated) {
        const starts = steps.map((step) => step.abovePromptTokens)
        expect(starts[0], target).toBe(0)
        expect(
          starts.toSorted((left, right) => left - right),
          target,
        ).toEqual(starts)
        for (const { rates } of steps) {
          for (const rate of Object.values(rates)) expect(Number.isSafeInteger(rate) && rate > 0, target).toBe(true)
        }
      }
    }
  })
})

describe('the generated table', () => {
  it('is what the installed package says', () => {
    const path = new URL('../../../src/core/pricing/prices.generated.ts', import.meta.url)
    expect(generatePrices()).toBe(readFileSync(path, 'utf8'))
  })

  it('is not overruled at the same price by the table kept by hand', () => {
    expect(Object.keys(OWN_PRICES).filter((target) => Object.hasOwn(GENERATED_PRICES, target))).toEqual([])
  })
})
