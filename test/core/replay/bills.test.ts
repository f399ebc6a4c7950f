import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildPriceBook, priceOf, type KnownPrice } from '../../../src/core/pricing/price-book.ts'
import { billTiers, type TierPrices } from '../../../src/core/replay/bill-tiers.ts'
import {
  demandOfCalls,
  drawDemand,
  growthMeasured,
  growthTiers,
  ratchetTiers,
} from '../../../src/core/replay/fixed-strategies.ts'
import { optimalBill } from '../../../src/core/replay/optimum.ts'
import { replaySession, type ReplayInput } from '../../../src/core/replay/replay-session.ts'
import { seededRandom } from '../../../src/core/replay/seeded-random.ts'
import type { TraceSession } from '../../../src/core/replay/trace.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy, type PolicyJson } from '../../../src/core/routing/policy.ts'
import type { Tier } from '../../../src/core/tasks/task-types.ts'
import { anyTrace, traceOf } from './traces.ts'

const PRICED_AT = Date.UTC(2026, 10, 1)

function priced(target: string): KnownPrice {
  const price = priceOf(buildPriceBook(), target, PRICED_AT)
  if (price.status === 'unpriced') throw new Error(`${target} has no price`)
  return price
}

const prices: TierPrices = {
  prices: {
    1: priced('anthropic/claude-haiku-4-5'),
    2: priced('anthropic/claude-sonnet-4-6'),
    3: priced('anthropic/claude-opus-4-6'),
  },
  lifetimeMs: 300_000,
}

const tier = fc.constantFrom<Tier>(1, 2, 3)
const withTiers = (most: number): fc.Arbitrary<readonly [TraceSession, readonly Tier[]]> =>
  anyTrace(most).chain((session) =>
    fc.tuple(
      fc.constant(session),
      fc.array(tier, { minLength: session.calls.length, maxLength: session.calls.length }),
    ),
  )

describe('billTiers', () => {
  it('reads what the model has cached and writes the rest', () => {
    const session = traceOf([{}, {}])
    const first = 40_000 * 6_250 + 200 * 25_000
    const second = 40_000 * 500 + 1_000 * 6_250 + 200 * 25_000
    expect(billTiers(session, [3, 3], prices)).toBe(first + second)
  })

  it('starts anew at another model, after the lifetime and after a compaction', () => {
    const opus = (prompt: number): number => prompt * 6_250 + 200 * 25_000
    const haiku = 40_000 * 1_250 + 200 * 5_000
    expect(billTiers(traceOf([{}, {}]), [1, 3], prices)).toBe(haiku + opus(41_000))
    expect(billTiers(traceOf([{}, { atMs: 300_001 }]), [3, 3], prices)).toBe(opus(40_000) + opus(41_000))
    expect(billTiers(traceOf([{}, { afterCompaction: true }]), [3, 3], prices)).toBe(opus(40_000) + opus(41_000))
    expect(billTiers(traceOf([{}, { atMs: 300_000 }]), [3, 3], prices)).toBeLessThan(opus(40_000) + opus(41_000))
  })

  it('comes back to what a model had cached before', () => {
    const session = traceOf([{}, {}, {}])
    const back = 40_000 * 500 + 2_000 * 6_250 + 200 * 25_000
    expect(billTiers(session, [3, 1, 3], prices) - billTiers(traceOf([{}, {}]), [3, 1], prices)).toBe(back)
  })
})

describe('optimalBill', () => {
  /** Every choice of tiers at or above what is needed, one after the other. */
  function cheapestByHand(session: TraceSession, needed: readonly Tier[]): number {
    let choices: readonly (readonly Tier[])[] = [[]]
    for (const floor of needed) {
      const tiers = ([1, 2, 3] as const).filter((up) => up >= floor)
      choices = choices.flatMap((chosen) => tiers.map((up) => chosen.concat(up)))
    }
    return Math.min(...choices.map((chosen) => billTiers(session, chosen, prices)))
  }

  it('is the least of all choices', () => {
    fc.assert(
      fc.property(withTiers(7), ([session, needed]) => {
        expect(optimalBill(session, needed, prices)).toBe(cheapestByHand(session, needed))
      }),
      { numRuns: 150 },
    )
  })

  it('is beaten by no strategy, Headgate included', () => {
    fc.assert(
      fc.property(withTiers(40), ([session, needed]) => {
        const best = optimalBill(session, needed, prices)
        expect(billTiers(session, needed, prices)).toBeGreaterThanOrEqual(best)
        expect(
          replaySession(session, needed, replayInput({ growth: { measure: 'none' } })).costNano,
        ).toBeGreaterThanOrEqual(best)
      }),
      { numRuns: 100 },
    )
  })
})

function replayInput(json: Omit<PolicyJson, 'schema'>): ReplayInput {
  const policy = resolvePolicy({ schema: 1, catalog: { preset: 'reference' }, ...json })
  return {
    policy,
    catalog: buildCatalog(policy.catalog),
    prices: buildPriceBook(),
    providers: new Map([['anthropic', ['anthropic-messages']]]),
    pricedAt: PRICED_AT,
    lifetimeMs: 300_000,
    expect: () => ({ expectedIterationsLeft: null, growthPerCall: null, expectedOutput: null }),
  }
}

describe('replaySession', () => {
  it('bills the tiers it chose exactly as they are billed elsewhere, and never goes below what is needed', () => {
    fc.assert(
      fc.property(withTiers(40), ([session, needed]) => {
        const replay = replaySession(session, needed, replayInput({}))
        expect(replay.costNano).toBe(billTiers(session, replay.tiers, prices))
        expect(replay.tiers.every((chosen, index) => chosen >= (needed[index] ?? 3))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('stays on a warm dearer model where a turn is expected to be short', () => {
    const session = traceOf([{}, { startsTurn: true }])
    const short = { ...replayInput({}), expect: replayInput({ expectations: { iterationsLeft: 0 } }).expect }
    const stay = replaySession(session, [3, 2], {
      ...short,
      policy: resolvePolicy({ schema: 1, catalog: { preset: 'reference' }, expectations: { iterationsLeft: 0 } }),
    })
    expect(stay).toMatchObject({ tiers: [3, 3], switches: 0 })
  })

  it('rises with the growth of the turn', () => {
    const session = traceOf([{}, { promptTokens: 59_999 }, { promptTokens: 60_000 }, { promptTokens: 90_000 }])
    const { tiers } = replaySession(session, [1, 1, 1, 1], replayInput({}))
    expect(tiers).toEqual([1, 1, 2, 3])
  })
})

describe('the fixed strategies', () => {
  const session = traceOf([{}, {}, { startsTurn: true }, { promptTokens: 70_000 }])

  it('draw one demand per turn, in the stated shares', () => {
    const many = traceOf(Array.from({ length: 20_000 }, () => ({ startsTurn: true })))
    const { turns, calls } = drawDemand(many, { easy: 0.6, medium: 0.25 }, seededRandom(7))
    const share = (tiers: readonly Tier[], wanted: Tier): number =>
      tiers.filter((one) => one === wanted).length / tiers.length
    for (const drawn of [turns, calls]) {
      expect(share(drawn, 1)).toBeCloseTo(0.6, 1)
      expect(share(drawn, 2)).toBeCloseTo(0.25, 1)
    }
    expect(drawDemand(session, { easy: 0.6, medium: 0.25 }, seededRandom(1)).turns).toHaveLength(2)
  })

  it('give each call its turn, ratchet, and lift by growth', () => {
    const demand = { turns: [2, 1], calls: [1, 1, 1, 1] } as const
    expect(demandOfCalls(session, demand)).toEqual([2, 2, 1, 1])
    expect(ratchetTiers(session, demand)).toEqual([2, 2, 2, 2])
    const growth = { tier2At: 20_000, tier3At: 50_000 }
    expect(growthTiers(session, demand, { ...growth, measure: 'turn-growth' })).toEqual([2, 2, 1, 2])
    expect(growthTiers(session, demand, { ...growth, measure: 'total' })).toEqual([2, 2, 2, 3])
    expect(growthTiers(session, demand, { ...growth, measure: 'none' })).toEqual([2, 2, 1, 1])
    expect(growthMeasured(session, 'session-growth')).toEqual([0, 1_000, 2_000, 30_000])
  })
})
