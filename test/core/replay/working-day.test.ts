import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildPriceBook } from '../../../src/core/pricing/price-book.ts'
import { NotReplayable, type ReplayInput } from '../../../src/core/replay/replay-session.ts'
import { seededRandom } from '../../../src/core/replay/seeded-random.ts'
import { billDay, drawDay, tierTarget, type DayShape } from '../../../src/core/replay/working-day.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy } from '../../../src/core/routing/policy.ts'

const policy = resolvePolicy({ schema: 1, catalog: { preset: 'reference' } })
const input: ReplayInput = {
  policy,
  catalog: buildCatalog(policy.catalog),
  prices: buildPriceBook(),
  providers: new Map([['anthropic', ['anthropic-messages']]]),
  pricedAt: Date.UTC(2026, 10, 1),
  lifetimeMs: 300_000,
}

const shape: DayShape = {
  calls: 200,
  shares: { easy: 0.6, medium: 0.25 },
  conversations: 10,
  callsPerTurn: 4,
  firstPromptTokens: 8_000,
  growthTokens: 400,
  outputTokens: 800,
  callGapMs: 15_000,
  turnGapMs: 120_000,
  batchShare: 0.3,
}

const billsOf = (change: Partial<DayShape>) => billDay(drawDay({ ...shape, ...change }, seededRandom(1)), input)

describe('drawDay', () => {
  it('has the calls, turns and sizes of its shape', () => {
    const day = drawDay(shape, seededRandom(3))
    expect(day.map(({ trace }) => trace.calls.length)).toEqual(Array.from({ length: 10 }, () => 20))
    const [first] = day
    expect(first?.trace.calls.slice(0, 5).map(({ promptTokens }) => promptTokens)).toEqual([
      8_000, 8_400, 8_800, 9_200, 9_600,
    ])
    expect(first?.trace.calls.slice(0, 6).map(({ atMs }) => atMs)).toEqual([
      0, 15_000, 30_000, 45_000, 165_000, 180_000,
    ])
    expect(first?.trace.calls.filter(({ startsTurn }) => startsTurn)).toHaveLength(5)
    for (const { tiers } of day)
      for (let turn = 0; turn < 5; turn += 1) expect(new Set(tiers.slice(turn * 4, turn * 4 + 4)).size).toBe(1)
  })

  it('spreads any number of calls, and draws the mix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 300 }), (conversations, more) => {
        const calls = conversations + more
        const day = drawDay({ ...shape, calls, conversations }, seededRandom(calls))
        expect(day.reduce((sum, { trace }) => sum + trace.calls.length, 0)).toBe(calls)
      }),
    )
    const tiers = drawDay({ ...shape, calls: 40_000, callsPerTurn: 1 }, seededRandom(1)).flatMap((one) => one.tiers)
    expect(tiers.filter((tier) => tier === 1).length / tiers.length).toBeCloseTo(0.6, 1)
    expect(tiers.filter((tier) => tier === 3).length / tiers.length).toBeCloseTo(0.15, 1)
  })
})

describe('billDay', () => {
  it('is what the prices say, without cache', () => {
    // 200 calls of 11,800 tokens in the mean and 800 back: Opus 4.6 at 5 / 25 USD, Sonnet 4.6 at 3 / 15.
    const { allTop, allMiddle } = billsOf({})
    expect(allTop).toBe(200 * (11_800 * 5_000 + 800 * 25_000))
    expect(allMiddle).toBe(200 * (11_800 * 3_000 + 800 * 15_000))
  })

  it('routes each turn to its tier', () => {
    const perCall = 11_800 * 1_000 + 800 * 5_000
    expect(billsOf({ shares: { easy: 1, medium: 0 } }).routed).toBe(200 * perCall)
    const hard = billsOf({ shares: { easy: 0, medium: 0 } })
    expect(hard.routed).toBe(hard.allTop)
    expect(hard.cached).toBe(hard.allTopCached)
  })

  it('falls with every measure, and the batch halves what can wait', () => {
    const { allTop, routed, cached, batched, waitingTop, waitingBatched, cacheShare } = billsOf({})
    expect([allTop, routed, cached, batched].toSorted((one, other) => other - one)).toEqual([
      allTop,
      routed,
      cached,
      batched,
    ])
    expect(waitingTop).toBeGreaterThan(0)
    expect(waitingTop).toBeLessThan(allTop)
    expect(cached - batched).toBeCloseTo(waitingBatched, -3)
    expect(cacheShare).toBeGreaterThan(0.7)
    expect(billsOf({ batchShare: 0 })).toMatchObject({ waitingTop: 0, waitingBatched: 0 })
    const all = billsOf({ batchShare: 1 })
    expect(all.batched / all.cached).toBeCloseTo(0.5, 6)
  })

  it('has no cache across pauses that are longer than its life', () => {
    const { cacheShare, cached, routed } = billsOf({ callGapMs: 400_000, turnGapMs: 400_000 })
    expect(cacheShare).toBe(0)
    expect(cached).toBeGreaterThan(routed)
  })

  it('needs a model in the top tier', () => {
    expect(() => tierTarget(3, { ...input, providers: new Map() })).toThrow(NotReplayable)
  })
})
