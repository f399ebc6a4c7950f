import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildPriceBook } from '../../../src/core/pricing/price-book.ts'
import { billTiers, type TierTargets } from '../../../src/core/replay/bill-tiers.ts'
import { workOfTier, type CallWork } from '../../../src/core/replay/call-work.ts'
import {
  demandOfCalls,
  drawDemand,
  growthMeasured,
  growthTiers,
  ratchetTiers,
} from '../../../src/core/replay/fixed-strategies.ts'
import { optimalBill, type Candidate } from '../../../src/core/replay/optimum.ts'
import {
  cacheShare,
  NotReplayable,
  replaySession,
  type ReplayBill,
  type ReplayInput,
} from '../../../src/core/replay/replay-session.ts'
import { seededRandom } from '../../../src/core/replay/seeded-random.ts'
import {
  billWith,
  servingTarget,
  type ServingTarget,
  type ServingTerms,
} from '../../../src/core/replay/serving-target.ts'
import { cachedTokens, cachesAfter, cachesAt, type SimulatedCaches } from '../../../src/core/replay/simulated-caches.ts'
import type { TraceSession } from '../../../src/core/replay/trace.ts'
import { buildCatalog, TIERS } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy, type PolicyJson } from '../../../src/core/routing/policy.ts'
import type { Tier } from '../../../src/core/tasks/task-types.ts'
import { anyTrace, traceOf } from './traces.ts'

const PRICED_AT = Date.UTC(2026, 10, 1)

const TERMS: ServingTerms = { prices: buildPriceBook(), pricedAt: PRICED_AT, lifetimeMs: 300_000 }
const reference = buildCatalog(resolvePolicy({ schema: 1, catalog: { preset: 'reference' } }).catalog)

function served(id: string, catalog = reference, terms = TERMS): ServingTarget {
  const model = catalog.models.get(id)
  const target = model === undefined ? null : servingTarget(model, terms)
  if (target === null) throw new Error(`${id} cannot be billed`)
  return target
}

const targets: TierTargets = {
  1: served('anthropic/claude-haiku-4-5'),
  2: served('anthropic/claude-sonnet-4-6'),
  3: served('anthropic/claude-opus-4-6'),
}
const candidates: readonly Candidate[] = TIERS.map((one) => ({ tier: one, target: targets[one] }))
const worksOf = (needed: readonly Tier[]): readonly CallWork[] => needed.map(workOfTier)

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
    expect(billTiers(session, [3, 3], targets)).toBe(first + second)
  })

  it('starts anew at another model, after the lifetime and after a compaction', () => {
    const opus = (prompt: number): number => prompt * 6_250 + 200 * 25_000
    const haiku = 40_000 * 1_250 + 200 * 5_000
    expect(billTiers(traceOf([{}, {}]), [1, 3], targets)).toBe(haiku + opus(41_000))
    expect(billTiers(traceOf([{}, { atMs: 300_001 }]), [3, 3], targets)).toBe(opus(40_000) + opus(41_000))
    expect(billTiers(traceOf([{}, { afterCompaction: true }]), [3, 3], targets)).toBe(opus(40_000) + opus(41_000))
    expect(billTiers(traceOf([{}, { atMs: 300_000 }]), [3, 3], targets)).toBeLessThan(opus(40_000) + opus(41_000))
  })

  it('comes back to what a model had cached before', () => {
    const session = traceOf([{}, {}, {}])
    const back = 40_000 * 500 + 2_000 * 6_250 + 200 * 25_000
    expect(billTiers(session, [3, 1, 3], targets) - billTiers(traceOf([{}, {}]), [3, 1], targets)).toBe(back)
  })
})

/** The bill of one model per call. */
function billOf(session: TraceSession, chosen: readonly Candidate[]): number {
  let caches: SimulatedCaches = new Map()
  let bill = 0
  for (const [index, call] of session.calls.entries()) {
    const target = chosen[index]?.target
    if (target === undefined) throw new Error(`no model for call ${index}`)
    caches = cachesAt(caches, call)
    const { sharedTokens, sharedAt } = session
    bill += billWith(cachedTokens(caches, target.id, { sharedTokens, shared: sharedAt?.[index] }), target, call)
    caches = cachesAfter(caches, target.id, { call, lifetimeMs: target.lifetimeMs })
  }
  return bill
}

/** Every choice of tiers at or above what is needed, one after the other. */
function cheapestByHand(session: TraceSession, needed: readonly Tier[]): number {
  let choices: readonly (readonly Tier[])[] = [[]]
  for (const floor of needed) {
    const tiers = ([1, 2, 3] as const).filter((up) => up >= floor)
    choices = choices.flatMap((chosen) => tiers.map((up) => chosen.concat(up)))
  }
  return Math.min(...choices.map((chosen) => billTiers(session, chosen, targets)))
}

describe('optimalBill', () => {
  it('is the least of all choices', () => {
    fc.assert(
      fc.property(withTiers(7), ([session, needed]) => {
        expect(optimalBill(session, needed, candidates)).toBe(cheapestByHand(session, needed))
      }),
      { numRuns: 150 },
    )
  })

  it('is the least of all choices among many models, beaten ones included', () => {
    const catalog = buildCatalog(resolvePolicy({ schema: 1 }).catalog)
    const many = TIERS.flatMap((one) =>
      catalog.tiers[one]
        .filter(({ model }) => model.provider === 'anthropic')
        .map(({ id }): Candidate => ({ tier: one, target: served(id, catalog) })),
    )
    const byHand = (session: TraceSession, needed: readonly Tier[]): number => {
      let chosen: readonly (readonly Candidate[])[] = [[]]
      for (const floor of needed) {
        const open = many.filter((one) => one.tier >= floor)
        chosen = chosen.flatMap((before) => open.map((one) => before.concat(one)))
      }
      return Math.min(...chosen.map((one) => billOf(session, one)))
    }
    fc.assert(
      fc.property(withTiers(4), ([session, needed]) => {
        expect(optimalBill(session, needed, many)).toBe(byHand(session, needed))
      }),
      { numRuns: 60 },
    )
  })

  it('is beaten by no strategy, Headgate included', () => {
    fc.assert(
      fc.property(withTiers(40), ([session, needed]) => {
        const best = optimalBill(session, needed, candidates)
        expect(billTiers(session, needed, targets)).toBeGreaterThanOrEqual(best)
        expect(
          replaySession(session, worksOf(needed), replayInput({ growth: { measure: 'none' } })).costNano,
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
  }
}

describe('replaySession', () => {
  it('bills the tiers it chose exactly as they are billed elsewhere, and never goes below what is needed', () => {
    fc.assert(
      fc.property(withTiers(40), ([session, needed]) => {
        const { calls, costNano } = replaySession(session, worksOf(needed), replayInput({}))
        const tiers = calls.map((call) => call.tier)
        expect(costNano).toBe(billTiers(session, tiers, targets))
        expect(tiers.every((chosen, index) => chosen >= (needed[index] ?? 3))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('stays on a warm dearer model where a turn is expected to be short', () => {
    const session = traceOf([{}, { startsTurn: true }])
    const replay = (iterationsLeft: number): ReplayBill =>
      replaySession(session, worksOf([3, 2]), replayInput({ expectations: { iterationsLeft } }))
    expect(replay(0).calls.map((call) => call.tier)).toEqual([3, 3])
    expect(replay(0).switches).toBe(0)
    expect(replay(60).calls.map((call) => call.tier)).toEqual([3, 2])
    expect(replay(60).switches).toBe(1)
  })

  it('rises with the growth of the turn', () => {
    const session = traceOf([{}, { promptTokens: 59_999 }, { promptTokens: 60_000 }, { promptTokens: 90_000 }])
    const { calls } = replaySession(session, worksOf([1, 1, 1, 1]), replayInput({}))
    expect(calls.map((call) => call.tier)).toEqual([1, 1, 2, 3])
  })
})

describe('a beginning that others keep cached', () => {
  const ids = new Set(Object.values(targets).map(({ id }) => id))
  const session = {
    ...traceOf([{}, { startsTurn: true }, { afterCompaction: true }]),
    sharedTokens: 15_000,
    sharedAt: Array.from({ length: 3 }, () => ({ warm: ids, known: new Set<string>() })),
  }

  it('is read at every model that has it, whenever it comes to it', () => {
    const { calls } = replaySession(session, worksOf([1, 3, 1]), replayInput({}))
    expect(calls.map(({ usage }) => [usage.cacheReadTokens, usage.cacheWriteShortTokens])).toEqual([
      [15_000, 25_000],
      [15_000, 26_000],
      [15_000, 27_000],
    ])
    expect(billTiers(session, [1, 3, 1], targets)).toBe(calls.reduce((sum, { costNano }) => sum + costNano, 0))
  })

  it('is not read where nobody keeps it', () => {
    const opus = new Set([targets[3].id])
    const sharedAt = session.sharedAt.map(() => ({ warm: opus, known: opus }))
    const { calls } = replaySession({ ...session, sharedAt }, worksOf([1, 3, 1]), replayInput({}))
    expect(calls.map(({ tier: own, usage }) => [own, usage.cacheReadTokens])).toEqual([
      [1, 0],
      [3, 15_000],
      [1, 0],
    ])
  })

  it('draws a call only where its own session put it', () => {
    // Nothing but the prompt costs anything, and all of it is the beginning.
    const work = [{ ...workOfTier(2) }]
    const dear = targets[3].id
    const tierWith = (known: ReadonlySet<string>): string | undefined =>
      replaySession(
        {
          ...traceOf([{ promptTokens: 40_000, outputTokens: 0 }]),
          sharedTokens: 40_000,
          sharedAt: [{ warm: new Set([dear]), known }],
        },
        work,
        replayInput({ expectations: { iterationsLeft: 0, outputTokens: 0 } }),
      ).calls[0]?.target
    expect(tierWith(new Set())).toBe(targets[2].id)
    expect(tierWith(new Set([dear]))).toBe(dear)
  })

  it('lowers the best bill as much, exactly, wherever it is kept', () => {
    const someIds = fc.subarray([...ids]).map((warm) => ({ warm: new Set(warm), known: new Set<string>() }))
    fc.assert(
      fc.property(
        withTiers(5),
        fc.integer({ min: 0, max: 60_000 }),
        fc.array(someIds, { minLength: 5, maxLength: 5 }),
        ([trace, needed], sharedTokens, sharedAt) => {
          const shared = { ...trace, sharedTokens, sharedAt }
          expect(optimalBill(shared, needed, candidates)).toBe(cheapestByHand(shared, needed))
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('a replayed call', () => {
  const session = traceOf([{}, {}, { startsTurn: true }, { promptTokens: 70_000 }])

  it('is billed in the tokens of its model, the cache included', () => {
    const catalog = buildCatalog(resolvePolicy({ schema: 1 }).catalog)
    const haiku = served('anthropic/claude-haiku-5-5', catalog)
    const { calls } = replaySession(traceOf([{}, {}]), worksOf([1, 1]), { ...replayInput({}), catalog })
    expect(calls.map((call) => call.target)).toEqual([haiku.id, haiku.id])
    const own = (tokens: number): number => Math.round(tokens * haiku.tokenizerRatio)
    expect(haiku.tokenizerRatio).toBeGreaterThan(1)
    expect(calls[1]?.usage).toMatchObject({
      cacheReadTokens: own(40_000),
      cacheWriteShortTokens: own(41_000) - own(40_000),
    })
    expect(cacheShare(calls)).toBeCloseTo(40 / 81, 3)
  })

  it('obeys what raises a floor, and the ceiling of the model asked for', () => {
    const tiersOf = (work: Partial<CallWork>, json: Omit<PolicyJson, 'schema'> = {}): readonly Tier[] =>
      replaySession(
        session,
        Array.from(session.calls, () => ({ ...workOfTier(1), ...work })),
        replayInput({ growth: { measure: 'none' }, ...json }),
      ).calls.map((call) => call.tier)
    expect(tiersOf({})).toEqual([1, 1, 1, 1])
    expect(tiersOf({ signals: { planMode: true } })).toEqual([3, 3, 3, 3])
    expect(tiersOf({ signals: { stackTrace: true } })).toEqual([2, 2, 2, 2])
    expect(tiersOf({ signals: { planMode: true }, requestedModel: 'claude-sonnet-4-6' })).toEqual([2, 2, 2, 2])
    expect(tiersOf({ subagent: true, signals: { planMode: true } }, { subagents: { ceiling: 1 } })).toEqual([
      1, 1, 1, 1,
    ])
    expect(tiersOf({ requestedModel: 'claude-opus-4-6' }, { scope: { share: 0 } })).toEqual([3, 3, 3, 3])
  })

  it('says why it cannot be', () => {
    const replay =
      (change: Partial<CallWork>, input: Partial<ReplayInput> = {}) =>
      () =>
        replaySession(traceOf([{}]), [{ ...workOfTier(1), ...change }], { ...replayInput({}), ...input })
    expect(replay({ requestedModel: 'claude-2' })).toThrow(NotReplayable)
    expect(replay({}, { providers: new Map() })).toThrow('no target serves call 0')
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
