import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  affordableOutputTokens,
  GUARD_TOKENS,
  outputTokensPaidBy,
  promptNano,
  type PricedPrompt,
} from '../../../src/core/ledger/affordable-output.ts'
import type { KnownPrice } from '../../../src/core/pricing/price-book.ts'

const RATES = { input: 2_000, cacheRead: 100, cacheWriteShort: 2_500, cacheWriteLong: 4_000, output: 10_000 }
const LONG_RATES = { input: 4_000, cacheRead: 200, cacheWriteShort: 5_000, cacheWriteLong: 8_000, output: 15_000 }
const price: KnownPrice = {
  status: 'priced',
  source: 'own',
  steps: [
    { abovePromptTokens: 0, rates: RATES },
    { abovePromptTokens: 200_000, rates: LONG_RATES },
  ],
}
const prompt = (more: Partial<PricedPrompt> = {}): PricedPrompt => ({
  price,
  promptTokens: 10_000,
  warmTokens: 0,
  lifetime: 'short',
  ...more,
})

describe('promptNano', () => {
  it('writes what is not cached, for the lifetime asked for, at the step of the whole prompt', () => {
    expect(promptNano(prompt())).toBe(10_000 * 2_500)
    expect(promptNano(prompt({ lifetime: 'long' }))).toBe(10_000 * 4_000)
    expect(promptNano(prompt({ warmTokens: 9_000 }))).toBe(9_000 * 100 + 1_000 * 2_500)
    expect(promptNano(prompt({ promptTokens: 200_001 }))).toBe(200_001 * 5_000)
  })

  it('is never less than the plain input price, and reads no more than there is', () => {
    const unbilledWrites: KnownPrice = {
      ...price,
      steps: [{ abovePromptTokens: 0, rates: { ...RATES, cacheWriteShort: 0 } }],
    }
    expect(promptNano(prompt({ price: unbilledWrites }))).toBe(10_000 * 2_000)
    expect(promptNano(prompt({ warmTokens: 50_000 }))).toBe(10_000 * 100)
  })
})

describe('affordableOutputTokens', () => {
  it('is what is left after guard and cold prompt', () => {
    const nano = 10_000 * 2_500 + (GUARD_TOKENS + 1_000) * 10_000
    expect(affordableOutputTokens(nano, prompt())).toBe(1_000)
    expect(affordableOutputTokens(nano - 1, prompt())).toBe(999)
    // What is cached is not counted on while the cold price can be paid.
    expect(affordableOutputTokens(nano, prompt({ warmTokens: 10_000 }))).toBe(1_000)
  })

  it('pays a longer prompt and its answer at the higher step', () => {
    const long = prompt({ promptTokens: 200_001 })
    expect(affordableOutputTokens(200_001 * 5_000 + (GUARD_TOKENS + 100) * 15_000, long)).toBe(100)
  })

  it('counts on the cache where the cold price leaves no answer', () => {
    const nano = 10_000 * 100 + (GUARD_TOKENS + 500) * 10_000
    expect(affordableOutputTokens(nano, prompt())).toBe(0)
    expect(affordableOutputTokens(nano, prompt({ warmTokens: 10_000 }))).toBe(500)
  })

  it('is 0 rather than a limit that a provider refuses, and no limit where output is free', () => {
    const nano = (tokens: number) => 10_000 * 2_500 + (GUARD_TOKENS + tokens) * 10_000
    expect(affordableOutputTokens(nano(16), prompt())).toBe(16)
    expect(affordableOutputTokens(nano(15), prompt())).toBe(0)
    expect(affordableOutputTokens(0, prompt())).toBe(0)
    const free: KnownPrice = { ...price, steps: [{ abovePromptTokens: 0, rates: { ...RATES, output: 0 } }] }
    expect(affordableOutputTokens(0, prompt({ price: free }))).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('never promises more than the headroom, whatever the prompt', () => {
    fc.assert(
      fc.property(
        fc.nat(2e9),
        fc.nat(400_000),
        fc.nat(400_000),
        fc.constantFrom('short' as const, 'long' as const),
        (headroomNano, promptTokens, warmTokens, lifetime) => {
          const priced = prompt({ promptTokens, warmTokens, lifetime })
          const tokens = affordableOutputTokens(headroomNano, priced)
          if (tokens === 0) return
          const rate = promptTokens > 200_000 ? LONG_RATES.output : RATES.output
          expect(promptNano(priced) + (tokens + GUARD_TOKENS) * rate).toBeLessThanOrEqual(headroomNano)
        },
      ),
    )
  })
})

describe('outputTokensPaidBy', () => {
  it('pays the cold prompt first, and the cached one where nothing would be left', () => {
    const cold = promptNano(prompt())
    expect(outputTokensPaidBy(cold + 500 * 10_000, prompt())).toBe(500)
    const warm = prompt({ warmTokens: 10_000 })
    expect(outputTokensPaidBy(10_000 * 100 + 40 * 10_000, warm)).toBe(40)
    expect(outputTokensPaidBy(10_000, warm)).toBe(0)
  })
})
