/** Bills every session under every strategy: per session, the mean over the seeds of its demand. Nano-dollars. */
import { billTiers } from '../../../src/core/replay/bill-tiers.ts'
import { workOfTier, type CallWork } from '../../../src/core/replay/call-work.ts'
import { demandOfCalls, growthTiers, ratchetTiers, type Demand } from '../../../src/core/replay/fixed-strategies.ts'
import { optimalBill } from '../../../src/core/replay/optimum.ts'
import { replaySession, type ReplayInput } from '../../../src/core/replay/replay-session.ts'
import { halfOf } from '../../../src/core/replay/seeded-random.ts'
import { turnNumbers, type TraceSession } from '../../../src/core/replay/trace.ts'
import { TIERS } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy, type GrowthMeasure } from '../../../src/core/routing/policy.ts'
import { SHIPPED_HORIZON, type HorizonModel } from '../../../src/core/session/horizon.ts'
import type { Tier } from '../../../src/core/tasks/task-types.ts'
import { expectingBy, tuneHorizon, type DrawnSession } from '../horizon/tune.ts'
import { drawDemands, referenceInput, referenceTargets } from './reference.ts'

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
  'headgateFixed',
  'headgateTuned',
  'headgateKnownTurns',
  'optimum',
] as const
export type Strategy = (typeof STRATEGIES)[number]

export interface Bills {
  /** Per strategy one bill per session. `headgateTuned`: by the model tuned on the half that the session is not in. */
  readonly strategies: Readonly<Record<Strategy, readonly number[]>>
  /** By the half they were tuned on. */
  readonly horizons: Readonly<Record<0 | 1, HorizonModel>>
}

type Biller = (session: TraceSession, demand: Demand, needed: readonly Tier[]) => number

export interface RunOptions {
  /** Tune the horizon on each half, which takes most of the time; else the shipped one stands for both. */
  readonly tune: boolean
  /** Told after each session of each seed. */
  readonly onSession?: () => void
}

/** Runs everything. */
export function runStrategies(
  sessions: readonly TraceSession[],
  seeds: readonly number[],
  { tune, onSession }: RunOptions,
): Bills {
  const demands = drawDemands(sessions, seeds)
  const horizonOf = (half: 0 | 1): HorizonModel => (tune ? tunedOn(half, sessions, demands) : SHIPPED_HORIZON)
  const horizons = { 0: horizonOf(0), 1: horizonOf(1) }
  const billers = { ...strategyBillers(), headgateTuned: tunedBiller(horizons) }
  const rows: Record<string, number[]> = {}
  for (const ofSeed of demands) {
    for (const [index, session] of sessions.entries()) {
      const demand = ofSeed[index] ?? { turns: [], calls: [] }
      const needed = demandOfCalls(session, demand)
      for (const [name, bill] of Object.entries(billers)) {
        const row = (rows[name] ??= Array.from({ length: sessions.length }, () => 0))
        row[index] = (row[index] ?? 0) + bill(session, demand, needed) / seeds.length
      }
      onSession?.()
    }
  }
  return { strategies: rows as Record<Strategy, number[]>, horizons }
}

function tunedOn(
  half: 0 | 1,
  sessions: readonly TraceSession[],
  demands: readonly (readonly Demand[])[],
): HorizonModel {
  const drawn = sessions.flatMap((session, index): readonly DrawnSession[] => {
    if (halfOf(session.id) !== half) return []
    const work = demands.map((ofSeed) => worksOf(demandOfCalls(session, ofSeed[index] ?? { turns: [], calls: [] })))
    return [{ session, work }]
  })
  return tuneHorizon(drawn, referenceInput('none')).model
}

function tunedBiller(horizons: Bills['horizons']): Biller {
  const input = referenceInput('none')
  return (session, _demand, needed) => {
    const model = horizons[halfOf(session.id) === 0 ? 1 : 0]
    return replaySession(session, worksOf(needed), { ...input, expect: expectingBy(model, session) }).costNano
  }
}

function strategyBillers(): Readonly<Record<Exclude<Strategy, 'headgateTuned'>, Biller>> {
  const targets = referenceTargets()
  const candidates = TIERS.map((tier) => ({ tier, target: targets[tier] }))
  const growth = (measure: GrowthMeasure): Biller => {
    const policy = resolvePolicy({ schema: 1, growth: { measure } }).growth
    return (session, demand) => billTiers(session, growthTiers(session, demand, policy), targets)
  }
  return {
    allTop: (session) =>
      billTiers(
        session,
        session.calls.map((): Tier => 3),
        targets,
      ),
    everyCall: (session, demand) => billTiers(session, demand.calls, targets),
    ratchet: (session, demand) => billTiers(session, ratchetTiers(session, demand), targets),
    growthTotal: growth('total'),
    growthSession: growth('session-growth'),
    growthTurn: growth('turn-growth'),
    perTurn: (session, _demand, needed) => billTiers(session, needed, targets),
    headgate: headgate(referenceInput(null)),
    headgateNoGrowth: headgate(referenceInput('none')),
    headgateFixed: headgate(referenceInput('none', 5)),
    headgateKnownTurns: headgate(referenceInput('none'), knownTurns),
    optimum: (session, _demand, needed) => optimalBill(session, needed, candidates),
  }
}

/** Headgate by its own `decideRoute`, learning in the session as it does live unless told what to expect. */
function headgate(
  input: Omit<ReplayInput, 'expect'>,
  expecting?: (session: TraceSession) => NonNullable<ReplayInput['expect']>,
): Biller {
  return (session, _demand, needed) =>
    replaySession(session, worksOf(needed), {
      ...input,
      ...(expecting === undefined ? {} : { expect: expecting(session) }),
    }).costNano
}

/** The true number of calls left in each turn. */
function knownTurns(session: TraceSession): NonNullable<ReplayInput['expect']> {
  const turns = turnNumbers(session)
  return (index, { growthPerCall, expectedOutput }) => ({
    expectedIterationsLeft: turns.slice(index + 1).filter((turn) => turn === turns[index]).length,
    growthPerCall,
    expectedOutput,
  })
}

const WORK: Readonly<Record<Tier, CallWork>> = { 1: workOfTier(1), 2: workOfTier(2), 3: workOfTier(3) }

function worksOf(needed: readonly Tier[]): readonly CallWork[] {
  return needed.map((tier) => WORK[tier])
}
