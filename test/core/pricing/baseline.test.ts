import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { promptTokens, type Usage } from '../../../src/core/chat/usage.ts'
import {
  baselineCost,
  baselinesOf,
  counterfactualUsage,
  ownMarksUsage,
  type CallToCompare,
} from '../../../src/core/pricing/baseline.ts'
import { buildPriceBook, priceOf, UNPRICED } from '../../../src/core/pricing/price-book.ts'
import { buildCatalog, type CatalogModel } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy } from '../../../src/core/routing/policy.ts'

const orNull = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null })

const NOW = Date.UTC(2026, 10, 20)
const MINUTE = 60_000
const catalog = buildCatalog(resolvePolicy({ schema: 1 }).catalog)

function model(id: string): CatalogModel {
  const found = catalog.models.get(id)
  if (found === undefined) throw new Error(`no model ${id}`)
  return found
}

const usage: Usage = {
  inputTokens: 0,
  cacheReadTokens: 40_000,
  cacheWriteShortTokens: 1_000,
  cacheWriteLongTokens: 0,
  outputTokens: 500,
  reasoningTokens: 100,
}

/** Served by Haiku 4.5 (the reference tokenizer), one minute after a call of 40,000 tokens. */
const call: CallToCompare = {
  beganAt: NOW,
  usage,
  servedRatio: 1,
  previous: { beganAt: NOW - MINUTE, promptTokens: 40_000 },
  staticSeen: false,
  staticTokens: 15_000,
  coverage: 'tail',
  lifetime: 'short',
}

describe('ownMarksUsage', () => {
  const haiku = model('claude-haiku-4-5')

  it('is the usage itself where the client marks its tail as it was sent', () => {
    expect(ownMarksUsage(call, haiku)).toEqual(usage)
  })

  it('has no cache beyond the marks', () => {
    expect(ownMarksUsage({ ...call, coverage: 'none' }, haiku)).toMatchObject({
      inputTokens: 41_000,
      cacheReadTokens: 0,
      cacheWriteShortTokens: 0,
    })
    expect(ownMarksUsage({ ...call, coverage: 'static' }, haiku)).toMatchObject({
      inputTokens: 26_000,
      cacheReadTokens: 15_000,
      cacheWriteShortTokens: 0,
    })
  })

  it('has no prefix that only a longer lifetime has kept, but one that other threads share', () => {
    const later = { ...call, previous: { beganAt: NOW - 10 * MINUTE, promptTokens: 40_000 } }
    expect(ownMarksUsage(later, haiku)).toMatchObject({ cacheReadTokens: 0, cacheWriteShortTokens: 41_000 })
    expect(ownMarksUsage({ ...later, lifetime: 'long' }, haiku)).toMatchObject({
      cacheReadTokens: 40_000,
      cacheWriteLongTokens: 1_000,
      cacheWriteShortTokens: 0,
    })
    expect(ownMarksUsage({ ...later, staticSeen: true }, haiku)).toMatchObject({ cacheReadTokens: 15_000 })
  })

  it('keeps the size of the prompt, and never reads more than was read', () => {
    fc.assert(
      fc.property(
        fc.record({
          coverage: fc.constantFrom('tail', 'static', 'none'),
          lifetime: fc.constantFrom('short', 'long'),
          staticSeen: fc.boolean(),
          staticTokens: fc.integer({ min: 0, max: 60_000 }),
          gapMs: fc.option(fc.integer({ min: 0, max: 80 * MINUTE }), { nil: null }),
        }),
        ({ gapMs, ...change }) => {
          const previous = gapMs === null ? null : { beganAt: NOW - gapMs, promptTokens: 40_000 }
          const own = ownMarksUsage({ ...call, ...change, previous }, haiku)
          expect(promptTokens(own)).toBe(promptTokens(usage))
          expect(own.cacheReadTokens).toBeLessThanOrEqual(usage.cacheReadTokens)
          expect(Math.min(own.inputTokens, own.cacheWriteShortTokens, own.cacheWriteLongTokens)).toBeGreaterThanOrEqual(
            0,
          )
        },
      ),
    )
  })
})

describe('counterfactualUsage', () => {
  it('reads what the thread had before and writes the rest', () => {
    expect(counterfactualUsage(call, model('claude-opus-4-6'))).toEqual(usage)
  })

  it('recounts with the tokenizer of the other model', () => {
    expect(counterfactualUsage(call, model('claude-opus-5-5'))).toEqual({
      inputTokens: 0,
      cacheReadTokens: 52_000,
      cacheWriteShortTokens: 1_300,
      cacheWriteLongTokens: 0,
      outputTokens: 650,
      reasoningTokens: 130,
    })
    const back = counterfactualUsage({ ...call, servedRatio: 1.3 }, model('claude-opus-4-6'))
    expect(promptTokens(back)).toBe(Math.round(41_000 / 1.3))
  })

  it.each([
    ['a first call', { previous: null, usage: { ...usage, cacheReadTokens: 0, inputTokens: 40_000 } }],
    ['a call after the lifetime', { previous: { beganAt: NOW - 5 * MINUTE - 1, promptTokens: 40_000 } }],
  ])('writes all of %s', (_name, change) => {
    const all = counterfactualUsage({ ...call, ...change }, model('claude-opus-4-6'))
    expect(all).toMatchObject({ cacheReadTokens: 0, cacheWriteShortTokens: 41_000, inputTokens: 0 })
  })

  // A log of calls that all went to the top tier must not claim savings: its baseline is its bill.
  it('reads at a first call what the serving model read, since the other would have had it too', () => {
    const first = {
      ...call,
      previous: null,
      usage: { ...usage, cacheReadTokens: 12_000, cacheWriteShortTokens: 29_000 },
    }
    expect(counterfactualUsage(first, model('claude-opus-4-6'))).toEqual(first.usage)
  })

  it.each([
    ['a first call', { previous: null, usage: { ...usage, cacheReadTokens: 0, inputTokens: 40_000 } }],
    ['a call after the lifetime', { previous: { beganAt: NOW - 5 * MINUTE - 1, promptTokens: 40_000 } }],
  ])('reads the prefix that threads share at %s', (_name, change) => {
    const seen = counterfactualUsage({ ...call, staticSeen: true, ...change }, model('claude-opus-4-6'))
    expect(seen).toMatchObject({ cacheReadTokens: 15_000, cacheWriteShortTokens: 26_000 })
  })

  it('keeps an hour where the client asks for one, at the price of one', () => {
    const previous = { beganAt: NOW - 50 * MINUTE, promptTokens: 40_000 }
    const hour = counterfactualUsage({ ...call, previous, lifetime: 'long' }, model('claude-opus-4-6'))
    expect(hour).toMatchObject({ cacheReadTokens: 40_000, cacheWriteShortTokens: 0, cacheWriteLongTokens: 1_000 })
  })

  it('caches what the client marks and no more', () => {
    const opus = model('claude-opus-4-6')
    expect(counterfactualUsage({ ...call, coverage: 'none' }, opus)).toMatchObject({ inputTokens: 41_000 })
    expect(counterfactualUsage({ ...call, coverage: 'static' }, opus)).toMatchObject({
      inputTokens: 26_000,
      cacheReadTokens: 15_000,
      cacheWriteShortTokens: 0,
    })
  })

  it('lets a model that caches by itself do so', () => {
    const own = counterfactualUsage({ ...call, coverage: 'none' }, model('gpt-4o'))
    expect(own).toMatchObject({ cacheReadTokens: 40_000, cacheWriteShortTokens: 1_000 })
  })

  it('caches nothing under the least length', () => {
    const small = { ...call, usage: { ...usage, cacheReadTokens: 3_000, cacheWriteShortTokens: 500 }, previous: null }
    expect(counterfactualUsage(small, model('claude-opus-4-6'))).toMatchObject({ inputTokens: 3_500 })
    expect(counterfactualUsage(small, model('claude-sonnet-4-6'))).toMatchObject({
      cacheReadTokens: 3_000,
      cacheWriteShortTokens: 500,
    })
  })

  it('loses and invents no token', () => {
    const tokens = fc.integer({ min: 0, max: 1_000_000 })
    const given = fc.record({
      usage: fc.record({
        inputTokens: tokens,
        cacheReadTokens: tokens,
        cacheWriteShortTokens: tokens,
        cacheWriteLongTokens: tokens,
        outputTokens: tokens,
        reasoningTokens: fc.constant(0),
      }),
      previous: orNull(fc.record({ beganAt: fc.integer({ min: NOW - 10 * MINUTE, max: NOW }), promptTokens: tokens })),
      staticTokens: tokens,
      staticSeen: fc.boolean(),
      coverage: fc.constantFrom('tail', 'static', 'none'),
      lifetime: fc.constantFrom('short', 'long'),
    })
    fc.assert(
      fc.property(given, fc.constantFrom('claude-opus-4-6', 'claude-opus-5-5', 'gpt-4o', 'gpt-6-luna'), (facts, id) => {
        const other = model(id)
        const result = counterfactualUsage({ ...call, ...facts }, other)
        expect(promptTokens(result)).toBe(Math.round(promptTokens(facts.usage) * other.tokenizerRatio))
        for (const count of Object.values(result)) expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
      }),
    )
  })
})

describe('baselineCost', () => {
  it('is the bill of that usage', () => {
    const opus = model('claude-opus-4-6')
    const price = priceOf(buildPriceBook(), 'anthropic/claude-opus-4-6', NOW)
    expect(baselineCost(call, opus, price)).toBe(40_000 * 500 + 1_000 * 6_250 + 500 * 25_000)
  })

  it('is null for an unpriced model', () => {
    expect(baselineCost(call, model('claude-opus-4-6'), UNPRICED)).toBeNull()
  })
})

describe('baselinesOf', () => {
  const models = {
    catalog,
    prices: buildPriceBook(),
    providers: new Set(['anthropic']),
    requested: model('claude-haiku-4-5'),
  }

  it('names the top, the middle and the model asked for', () => {
    expect(baselinesOf(call, models)).toEqual({
      topNano: 52_000 * 200 + 1_300 * 5_000 + 650 * 20_000,
      middleNano: 52_000 * 100 + 1_300 * 2_500 + 650 * 10_000,
      requestedNano: 40_000 * 100 + 1_000 * 1_250 + 500 * 5_000,
    })
  })

  it('is null where there is no such model', () => {
    const none = { ...models, providers: new Set<string>(), requested: null }
    expect(baselinesOf(call, none)).toEqual({ topNano: null, middleNano: null, requestedNano: null })
  })
})
