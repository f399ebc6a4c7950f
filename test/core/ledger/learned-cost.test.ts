import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LearnedCosts } from '../../../src/core/ledger/learned-cost.ts'
import { learnCost, quantileNano } from '../../../src/core/ledger/learned-cost.ts'

function learn(costs: readonly number[], quotedNano = 1_000_000): LearnedCosts {
  const learned: LearnedCosts = new Map()
  for (const costNano of costs) learnCost(learned, 'kind', { tier: 2, costNano, quotedNano })
  return learned
}

it('reserves the quote until twenty calls are known', () => {
  const of = (count: number) =>
    quantileNano(learn(Array<number>(count).fill(10_000)), 'kind', { tier: 2, quotedNano: 1_000_000 })
  expect(of(19)).toBe(1_000_000)
  expect(of(20)).toBeLessThan(12_000)
})

it('covers nineteen calls of twenty, without reserving for the dearest', () => {
  const costs = Array.from({ length: 200 }, (_, index) => (index % 40 === 0 ? 900_000 : 50_000))
  const held = quantileNano(learn(costs), 'kind', { tier: 2, quotedNano: 1_000_000 })
  expect(held).toBeGreaterThanOrEqual(50_000)
  expect(held).toBeLessThan(60_000)
})

it('is above the true quantile by a fifth at most', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 10_000, max: 5_000_000 }), { minLength: 20, maxLength: 300 }), (costs) => {
      const sorted = [...costs].sort((a, b) => a - b)
      const truth = sorted[Math.ceil(costs.length * 0.95) - 1] ?? 0
      const held = quantileNano(learn(costs), 'kind', { tier: 2, quotedNano: 1_000_000 })
      expect(held).toBeGreaterThanOrEqual(truth)
      expect(held).toBeLessThanOrEqual(truth * 1.2)
    }),
  )
})

it('follows a change of habits', () => {
  const learned = learn(Array<number>(2_000).fill(800_000))
  for (let call = 0; call < 2_000; call++)
    learnCost(learned, 'kind', { tier: 2, costNano: 20_000, quotedNano: 1_000_000 })
  expect(quantileNano(learned, 'kind', { tier: 2, quotedNano: 1_000_000 })).toBeLessThan(25_000)
})

it('keeps tiers and kinds apart, and no more kinds than it may', () => {
  const learned = learn(Array<number>(50).fill(10_000))
  expect(quantileNano(learned, 'kind', { tier: 3, quotedNano: 500 })).toBe(500)
  expect(quantileNano(learned, 'other', { tier: 2, quotedNano: 500 })).toBe(500)
  for (let kind = 0; kind < 1_000; kind++) learnCost(learned, `kind ${kind}`, { tier: 1, costNano: 1, quotedNano: 1 })
  expect(learned.size).toBeLessThanOrEqual(64)
})
