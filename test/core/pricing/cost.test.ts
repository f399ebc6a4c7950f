import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_USAGE, promptTokens, type Usage } from '../../../src/core/chat/usage.ts'
import { batchCost, costAt, costOf, costParts } from '../../../src/core/pricing/cost.ts'
import { buildPriceBook, priceOf, UNPRICED, type KnownPrice } from '../../../src/core/pricing/price-book.ts'

const NOW = Date.UTC(2026, 10, 20)

function priced(target: string): KnownPrice {
  const price = priceOf(buildPriceBook(), target, NOW)
  if (price.status === 'unpriced') throw new Error(`${target} has no price`)
  return price
}

const count = fc.integer({ min: 0, max: 2_000_000 })
const usage: fc.Arbitrary<Usage> = fc.record({
  inputTokens: count,
  cacheReadTokens: count,
  cacheWriteShortTokens: count,
  cacheWriteLongTokens: count,
  outputTokens: count,
  reasoningTokens: fc.constant(0),
})
const rate = fc.integer({ min: 0, max: 150_000 })
const rates = fc.record({ input: rate, cacheRead: rate, cacheWriteShort: rate, cacheWriteLong: rate, output: rate })
const price: fc.Arbitrary<KnownPrice> = fc
  .tuple(rates, fc.array(fc.tuple(fc.integer({ min: 1, max: 1_000_000 }), rates), { maxLength: 3 }))
  .map(([base, more]) => ({
    status: 'priced',
    source: 'own',
    steps: [
      { abovePromptTokens: 0, rates: base },
      ...more
        .toSorted(([left], [right]) => left - right)
        .map(([start, at]) => ({ abovePromptTokens: start, rates: at })),
    ],
  }))

/** The same bill in arbitrary precision, written from the providers' rule: the whole prompt at the step it reaches. */
function bill(consumed: Usage, at: KnownPrice): bigint {
  const prompt = promptTokens(consumed)
  let step = at.steps[0]
  for (const candidate of at.steps) if (prompt > candidate.abovePromptTokens) step = candidate
  if (step === undefined) return 0n
  const { rates: per } = step
  return (
    BigInt(consumed.inputTokens) * BigInt(per.input) +
    BigInt(consumed.cacheReadTokens) * BigInt(per.cacheRead) +
    BigInt(consumed.cacheWriteShortTokens) * BigInt(per.cacheWriteShort) +
    BigInt(consumed.cacheWriteLongTokens) * BigInt(per.cacheWriteLong) +
    BigInt(consumed.outputTokens) * BigInt(per.output)
  )
}

describe('cost', () => {
  it('is exact for any usage at any price', () => {
    fc.assert(
      fc.property(usage, price, (consumed, at) => {
        expect(BigInt(costAt(consumed, at))).toBe(bill(consumed, at))
        const parts = costParts(consumed, at)
        expect(parts.input + parts.cacheRead + parts.cacheWrite + parts.output).toBe(costAt(consumed, at))
      }),
    )
  })

  it('bills the published example: a million of each kind at Claude Opus 5.5', () => {
    const million = 1_000_000
    const all = {
      inputTokens: million,
      cacheReadTokens: million,
      cacheWriteShortTokens: million,
      cacheWriteLongTokens: million,
      outputTokens: million,
      reasoningTokens: 0,
    }
    expect(costOf(all, priced('anthropic/claude-opus-5-5'))).toBe((4 + 0.2 + 5 + 8 + 20) * 1e9)
  })

  it('bills the whole prompt at the step it reaches', () => {
    const haiku = priced('anthropic/claude-haiku-5-5')
    const prompt = (inputTokens: number): Usage => ({ ...NO_USAGE, inputTokens, outputTokens: 10 })
    expect(costOf(prompt(100_000), haiku)).toBe(100_000 * 100 + 10 * 500)
    expect(costOf(prompt(100_001), haiku)).toBe(100_001 * 500 + 10 * 2500)
  })

  it('counts cached tokens towards the step', () => {
    const cached = { ...NO_USAGE, cacheReadTokens: 100_000, cacheWriteShortTokens: 1 }
    expect(costOf(cached, priced('anthropic/claude-haiku-5-5'))).toBe(100_000 * 50 + 625)
  })

  it('is null, not nothing, for an unpriced model', () => {
    expect(costOf({ ...NO_USAGE, inputTokens: 1 }, UNPRICED)).toBeNull()
  })
})

describe('a batch', () => {
  it('costs half, the half nano-dollar rounded up', () => {
    expect([batchCost(0), batchCost(1), batchCost(2), batchCost(3)]).toEqual([0, 1, 1, 2])
    fc.assert(
      fc.property(fc.maxSafeNat(), (cost) => {
        expect(BigInt(batchCost(Math.min(cost, 2 ** 52)))).toBe((BigInt(Math.min(cost, 2 ** 52)) + 1n) / 2n)
      }),
    )
  })
})
