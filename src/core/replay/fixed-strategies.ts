/**
 * Strategies that know no cost: all to the top, each call by itself, each turn by itself, up and never down, and growth
 * floors. They are what Headgate is compared with. They return a tier per call and price nothing.
 */
import type { Policy } from '../routing/policy.ts'
import type { Tier } from '../tasks/task-types.ts'
import { turnNumbers, type TraceSession } from './trace.ts'

/** What a session's work needs: a tier per turn, and one per call for strategies that judge each call by itself. */
export interface Demand {
  readonly turns: readonly Tier[]
  readonly calls: readonly Tier[]
}

/** Shares of the three tiers; they add up to 1. */
export interface DemandShares {
  readonly easy: number
  readonly medium: number
}

/** Draws a session's demand. `random` yields numbers in [0, 1). */
export function drawDemand(session: TraceSession, shares: DemandShares, random: () => number): Demand {
  const draw = (): Tier => {
    const point = random()
    return point < shares.easy ? 1 : point < shares.easy + shares.medium ? 2 : 3
  }
  const turns = turnNumbers(session)
  return {
    turns: Array.from({ length: (turns.at(-1) ?? -1) + 1 }, draw),
    calls: session.calls.map(draw),
  }
}

/** The demand of the turn that each call belongs to. */
export function demandOfCalls(session: TraceSession, demand: Demand): readonly Tier[] {
  return turnNumbers(session).map((turn) => demand.turns[turn] ?? 1)
}

/** Never below what any earlier turn needed. */
export function ratchetTiers(session: TraceSession, demand: Demand): readonly Tier[] {
  let reached: Tier = 1
  return demandOfCalls(session, demand).map((tier) => {
    if (tier > reached) reached = tier
    return reached
  })
}

/** Each turn by itself, lifted by the growth floor of a policy at every call. */
export function growthTiers(session: TraceSession, demand: Demand, growth: Policy['growth']): readonly Tier[] {
  const needed = demandOfCalls(session, demand)
  return growthMeasured(session, growth.measure).map((tokens, index) => {
    const floor: Tier = tokens === null ? 1 : tokens >= growth.tier3At ? 3 : tokens >= growth.tier2At ? 2 : 1
    const tier = needed[index] ?? 1
    return floor > tier ? floor : tier
  })
}

/** What a growth floor looks at, per call; null: nothing. */
export function growthMeasured(
  session: TraceSession,
  measure: Policy['growth']['measure'],
): readonly (number | null)[] {
  const first = session.calls[0]?.promptTokens ?? 0
  let turnStart = first
  return session.calls.map((call) => {
    if (call.startsTurn) turnStart = call.promptTokens
    if (measure === 'none') return null
    if (measure === 'total') return call.promptTokens
    return Math.max(0, call.promptTokens - (measure === 'turn-growth' ? turnStart : first))
  })
}
