import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildPriceBook, priceOf, type KnownPrice } from '../../../src/core/pricing/price-book.ts'
import { buildCatalog, type CatalogModel } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy } from '../../../src/core/routing/policy.ts'
import { switchCost, type TurnLoad } from '../../../src/core/routing/switch-cost.ts'
import { NOW } from './route-input.ts'

const catalog = buildCatalog(resolvePolicy({ schema: 1 }).catalog)

function priced(id: string): { readonly model: CatalogModel; readonly price: KnownPrice } {
  const model = catalog.models.get(id)
  const price = priceOf(buildPriceBook(), id, NOW)
  if (model === undefined || price.status === 'unpriced') throw new Error(`${id} is not in the tables`)
  return { model, price }
}

const load: TurnLoad = {
  contextTokens: 60_000,
  staticTokens: 20_000,
  expectedOutput: 300,
  growthPerCall: 1_250,
  iterationsLeft: 5,
  coverage: 'tail',
  lifetime: 'short',
}

describe('switchCost', () => {
  it('is the formula, worked by hand', () => {
    const { model, price } = priced('anthropic/claude-opus-4-6')
    const now = 50_000 * 500 + 10_000 * 6_250 + 300 * 25_000
    const later = (60_000 + (5 * 1_250) / 2) * 500 + 1_250 * 6_250 + 300 * 25_000
    expect(switchCost(model, price, 50_000, load)).toEqual({
      promptNano: 50_000 * 500 + 10_000 * 6_250,
      nowNano: now,
      turnNano: now + 5 * later,
    })
  })

  it('counts in the tokens of the target', () => {
    const { model, price } = priced('anthropic/claude-opus-5-5')
    expect(switchCost(model, price, 0, load).nowNano).toBe(78_000 * 5_000 + 390 * 20_000)
  })

  it('pays for the lifetime that would be chosen: a cold prompt is written short, a small addition long', () => {
    const { model, price } = priced('anthropic/claude-opus-4-6')
    const odds = { seen: [0, 0, 0, 0, 0], expected: [97, 3, 0, 0, 0], longLost: false }
    const chosen = { ...load, lifetime: odds, growthPerCall: 0, iterationsLeft: 0 }
    const short = { ...chosen, lifetime: 'short' } as const
    const long = { ...chosen, lifetime: 'long' } as const
    expect(switchCost(model, price, 0, chosen)).toEqual(switchCost(model, price, 0, short))
    expect(switchCost(model, price, 59_000, chosen)).toEqual(switchCost(model, price, 59_000, long))
  })

  it('pays the dear write of the long lifetime', () => {
    const { model, price } = priced('anthropic/claude-opus-4-6')
    expect(switchCost(model, price, 0, { ...load, lifetime: 'long' }).promptNano).toBe(60_000 * 10_000)
  })

  it('pays plain input, now and later, where nothing is cached', () => {
    const { model, price } = priced('anthropic/claude-opus-4-6')
    const flat = { ...load, coverage: 'none', expectedOutput: 0, growthPerCall: 0 } as const
    expect(switchCost(model, price, 50_000, flat)).toMatchObject({
      nowNano: 60_000 * 5_000,
      turnNano: 6 * 60_000 * 5_000,
    })
    const short = { ...flat, coverage: 'tail', contextTokens: 4_095 } as const
    expect(switchCost(model, price, 0, short).turnNano).toBe(6 * 4_095 * 5_000)
  })

  it('pays plain input past a mark that never moves', () => {
    const { model, price } = priced('anthropic/claude-opus-4-6')
    const marked = { ...load, coverage: 'static', expectedOutput: 0, growthPerCall: 0, iterationsLeft: 1 } as const
    const first = 20_000 * 6_250 + 40_000 * 5_000
    expect(switchCost(model, price, 0, marked)).toMatchObject({
      nowNano: first,
      turnNano: first + 20_000 * 500 + 40_000 * 5_000,
    })
  })

  it('has no fee for writes where the provider bills none', () => {
    const { model, price } = priced('openai/gpt-4o')
    expect(switchCost(model, price, 0, { ...load, coverage: 'none', expectedOutput: 0 }).nowNano).toBe(60_000 * 2_500)
  })

  it('integrates the price steps: close to adding up call by call', () => {
    const { model, price } = priced('anthropic/claude-haiku-5-5')
    const shape = fc.record({
      contextTokens: fc.integer({ min: 1_000, max: 150_000 }),
      growthPerCall: fc.integer({ min: 0, max: 5_000 }),
      iterationsLeft: fc.integer({ min: 0, max: 80 }),
    })
    fc.assert(
      fc.property(shape, (given) => {
        const quiet = { ...load, ...given, staticTokens: 0, expectedOutput: 0 }
        const { nowNano, turnNano } = switchCost(model, price, 0, quiet)
        const ratio = model.tokenizerRatio
        let sum = 0
        const pieces = 1000
        for (let piece = 0; piece < pieces; piece += 1) {
          const calls = ((piece + 0.5) / pieces) * given.iterationsLeft
          const prompt = (given.contextTokens + calls * given.growthPerCall) * ratio
          const dear = prompt > 100_000
          sum += prompt * (dear ? 50 : 10) + given.growthPerCall * ratio * (dear ? 625 : 125)
        }
        const expected = (sum / pieces) * given.iterationsLeft
        expect(Math.abs(turnNano - nowNano - expected)).toBeLessThanOrEqual(1 + expected * 0.01)
      }),
    )
  })

  it('never rises with what is cached', () => {
    const tokens = fc.integer({ min: 0, max: 500_000 })
    fc.assert(
      fc.property(
        fc.constantFrom(...catalog.models.keys()),
        tokens,
        tokens,
        tokens,
        (id, contextTokens, one, other) => {
          const model = catalog.models.get(id)
          if (model === undefined) return
          const price = priceOf(buildPriceBook(), `${model.provider}/${model.id}`, NOW)
          if (price.status === 'unpriced') return
          const given = { ...load, contextTokens }
          const cold = switchCost(model, price, Math.min(one, other), given)
          const warm = switchCost(model, price, Math.max(one, other), given)
          expect(warm.turnNano).toBeLessThanOrEqual(cold.turnNano)
        },
      ),
    )
  })
})
