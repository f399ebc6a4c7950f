/** Bills every session under every strategy: per session, the mean over the seeds of its demand. Nano-dollars. */
import { buildPriceBook, priceOf, type KnownPrice } from '../../../src/core/pricing/price-book.ts'
import { billTiers, type TierPrices } from '../../../src/core/replay/bill-tiers.ts'
import {
  demandOfCalls,
  drawDemand,
  growthTiers,
  ratchetTiers,
  type Demand,
} from '../../../src/core/replay/fixed-strategies.ts'
import { optimalBill } from '../../../src/core/replay/optimum.ts'
import { replaySession, type ReplayInput } from '../../../src/core/replay/replay-session.ts'
import { seededRandom } from '../../../src/core/replay/seeded-random.ts'
import { turnNumbers, type TraceSession } from '../../../src/core/replay/trace.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy, type GrowthMeasure } from '../../../src/core/routing/policy.ts'
import { addTurnLength, expectedIterationsLeft } from '../../../src/core/session/averages.ts'
import { emptySession, type LearnedOfTask } from '../../../src/core/session/session-state.ts'
import type { Tier } from '../../../src/core/tasks/task-types.ts'

/** The day whose prices are used. */
const PRICED_AT = Date.UTC(2026, 10, 1)
const CACHE_LIFETIME_MS = 5 * 60_000
const SHARES = { easy: 0.6, medium: 0.25 }

/** Starting values of the horizon that tuning may choose from. */
export const HORIZONS = [2, 3, 4, 5, 6, 7, 8, 10, 12, 15] as const
export type Horizon = (typeof HORIZONS)[number]

export const STRATEGIES = [
  'allTop',
  'everyCall',
  'ratchet',
  'growthTotal',
  'growthSession',
  'growthTurn',
  'perTurn',
  'headgate',
  'headgateNoGrowth',
  'headgateLearning',
  'headgateKnownTurns',
  'optimum',
] as const
export type Strategy = (typeof STRATEGIES)[number]

/** Per strategy and per horizon, one bill per session. */
export interface Bills {
  readonly strategies: Readonly<Record<Strategy, readonly number[]>>
  readonly horizons: Readonly<Record<Horizon, readonly number[]>>
}

type Biller = (session: TraceSession, demand: Demand, needed: readonly Tier[]) => number

/** Runs everything. `onSession` is told after each session of each seed. */
export function runStrategies(
  sessions: readonly TraceSession[],
  seeds: readonly number[],
  onSession: () => void = () => {},
): Bills {
  const billers = strategyBillers()
  const tuned = Object.fromEntries(HORIZONS.map((horizon) => [horizon, headgate('none', { horizon })]))
  const rows: Record<string, number[]> = {}
  for (const seed of seeds) {
    const random = seededRandom(seed)
    for (const [index, session] of sessions.entries()) {
      const demand = drawDemand(session, SHARES, random)
      const needed = demandOfCalls(session, demand)
      for (const [name, bill] of [...Object.entries(billers), ...Object.entries(tuned)]) {
        const row = (rows[name] ??= Array.from({ length: sessions.length }, () => 0))
        row[index] = (row[index] ?? 0) + bill(session, demand, needed) / seeds.length
      }
      onSession()
    }
  }
  const pick = <K extends string | number>(names: readonly K[]): Record<K, readonly number[]> => {
    const picked: Partial<Record<K, readonly number[]>> = {}
    for (const name of names) picked[name] = rows[String(name)] ?? []
    return picked as Record<K, readonly number[]>
  }
  return { strategies: pick(STRATEGIES), horizons: pick(HORIZONS) }
}

function strategyBillers(): Readonly<Record<Strategy, Biller>> {
  const prices = referencePrices()
  const growth = (measure: GrowthMeasure): Biller => {
    const policy = resolvePolicy({ schema: 1, growth: { measure } }).growth
    return (session, demand) => billTiers(session, growthTiers(session, demand, policy), prices)
  }
  const oracle: Expectation = (session) => {
    const turns = turnNumbers(session)
    return (index) => turns.slice(index + 1).filter((turn) => turn === turns[index]).length
  }
  return {
    allTop: (session) =>
      billTiers(
        session,
        session.calls.map((): Tier => 3),
        prices,
      ),
    everyCall: (session, demand) => billTiers(session, demand.calls, prices),
    ratchet: (session, demand) => billTiers(session, ratchetTiers(session, demand), prices),
    growthTotal: growth('total'),
    growthSession: growth('session-growth'),
    growthTurn: growth('turn-growth'),
    perTurn: (session, _demand, needed) => billTiers(session, needed, prices),
    headgate: headgate(null, {}),
    headgateNoGrowth: headgate('none', {}),
    headgateLearning: headgate('none', { expectation: learnedHorizon }),
    headgateKnownTurns: headgate('none', { expectation: oracle }),
    optimum: (session, _demand, needed) => optimalBill(session, needed, prices),
  }
}

/** Iterations left at each call; null: the policy's starting value. */
type Expectation = (session: TraceSession, needed: readonly Tier[]) => (index: number) => number | null

interface HeadgateOptions {
  readonly horizon?: number
  readonly expectation?: Expectation
}

/** Headgate by its own `decideRoute`, with the default policy but for the reference catalogue and what is given. */
function headgate(measure: GrowthMeasure | null, { horizon, expectation }: HeadgateOptions): Biller {
  const policy = resolvePolicy({
    schema: 1,
    catalog: { preset: 'reference' },
    ...(measure === null ? {} : { growth: { measure } }),
    ...(horizon === undefined ? {} : { expectations: { iterationsLeft: horizon } }),
  })
  const input: Omit<ReplayInput, 'expect'> = {
    policy,
    catalog: buildCatalog(policy.catalog),
    prices: buildPriceBook(),
    providers: new Map([['anthropic', ['anthropic-messages']]]),
    pricedAt: PRICED_AT,
    lifetimeMs: CACHE_LIFETIME_MS,
  }
  return (session, _demand, needed) => {
    const left = expectation?.(session, needed) ?? ((): null => null)
    const expect: ReplayInput['expect'] = (index) => ({
      expectedIterationsLeft: left(index),
      growthPerCall: null,
      expectedOutput: null,
    })
    return replaySession(session, needed, { ...input, expect }).costNano
  }
}

/** What the session object itself learns of the lengths of its turns, per task type; a type stands for each tier. */
const learnedHorizon: Expectation = (session, needed) => {
  const turns = turnNumbers(session)
  const { summary } = emptySession()
  const learned = new Map<Tier, LearnedOfTask>()
  const answers = session.calls.map((_call, index): number | null => {
    const tier = needed[index] ?? 3
    const ofTask = learned.get(tier) ?? { output: { mean: 0, samples: 0 }, turnLengths: [] }
    const iteration = index - turns.indexOf(turns[index] ?? 0) + 1
    const answer = expectedIterationsLeft({ ...summary, learned: { general: ofTask } }, 'general', iteration)
    if (turns[index + 1] !== turns[index]) learned.set(tier, addTurnLength(ofTask, iteration))
    return answer
  })
  return (index) => answers[index] ?? null
}

function referencePrices(): TierPrices {
  const catalog = buildCatalog(resolvePolicy({ schema: 1, catalog: { preset: 'reference' } }).catalog)
  const price = (tier: Tier): KnownPrice => {
    const target = catalog.tiers[tier].find(({ model }) => model.provider === 'anthropic')
    const found = target === undefined ? null : priceOf(buildPriceBook(), target.id, PRICED_AT)
    if (found === null || found.status === 'unpriced')
      throw new Error(`the reference catalogue has no priced tier ${tier}`)
    return found
  }
  return { prices: { 1: price(1), 2: price(2), 3: price(3) }, lifetimeMs: CACHE_LIFETIME_MS }
}
