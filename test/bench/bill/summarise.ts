/** From bills per session to the published numbers: totals, ratios with intervals, and what tuning on a half gives. */
import { bootstrapRatio, type RatioEstimate } from '../../../src/core/replay/bootstrap.ts'
import { halfOf, seededRandom } from '../../../src/core/replay/seeded-random.ts'
import { countCapped } from '../../../src/core/replay/turn-caps.ts'
import type { TraceSession } from '../../../src/core/replay/trace.ts'
import type { HorizonModel } from '../../../src/core/session/horizon.ts'
import { STRATEGIES, type Bills, type Strategy } from './run-strategies.ts'

const RESAMPLES = 2000
const NANO = 1e9

export interface Row {
  readonly usd: number
  readonly ofAllTop: RatioEstimate
  readonly ofOptimum: RatioEstimate
}

export interface HeldOut {
  /** The half reported on; the other one was tuned on. */
  readonly half: 0 | 1
  readonly sessions: number
  readonly tunedHorizon: HorizonModel
  readonly rows: Readonly<Record<Strategy, Row>>
}

export interface Summary {
  readonly sessions: number
  readonly calls: number
  readonly seeds: readonly number[]
  readonly all: Readonly<Record<Strategy, Row>>
  readonly heldOut: readonly HeldOut[]
  readonly caps: readonly { readonly cap: string; readonly turns: number; readonly surfaced: number }[]
}

export function summarise(sessions: readonly TraceSession[], seeds: readonly number[], bills: Bills): Summary {
  const halves = sessions.map((session) => halfOf(session.id))
  const rowsOf = (keep: (index: number) => boolean): Record<Strategy, Row> => {
    const kept = (row: readonly number[]): readonly number[] => row.filter((_bill, index) => keep(index))
    const against = { allTop: kept(bills.strategies.allTop), optimum: kept(bills.strategies.optimum) }
    return Object.fromEntries(STRATEGIES.map((name) => [name, rowOf(kept(bills.strategies[name]), against)])) as Record<
      Strategy,
      Row
    >
  }
  return {
    sessions: sessions.length,
    calls: sessions.reduce((total, session) => total + session.calls.length, 0),
    seeds,
    all: rowsOf(() => true),
    heldOut: ([1, 0] as const).map((half) => ({
      half,
      sessions: halves.filter((other) => other === half).length,
      tunedHorizon: bills.horizons[half === 0 ? 1 : 0],
      rows: rowsOf((index) => halves[index] === half),
    })),
    caps: [
      { cap: 'perTurn 25', ...countCapped(sessions, { perTurn: 25, withoutProgress: null }) },
      { cap: 'perTurn 100', ...countCapped(sessions, { perTurn: 100, withoutProgress: null }) },
      { cap: 'withoutProgress 25', ...countCapped(sessions, { perTurn: null, withoutProgress: 25 }) },
      { cap: 'default (both)', ...countCapped(sessions, { perTurn: 100, withoutProgress: 25 }) },
    ],
  }
}

function rowOf(
  bills: readonly number[],
  against: { readonly allTop: readonly number[]; readonly optimum: readonly number[] },
): Row {
  return {
    usd: bills.reduce((sum, bill) => sum + bill, 0) / NANO,
    ofAllTop: bootstrapRatio({ above: bills, below: against.allTop }, RESAMPLES, seededRandom(1)),
    ofOptimum: bootstrapRatio({ above: bills, below: against.optimum }, RESAMPLES, seededRandom(2)),
  }
}
