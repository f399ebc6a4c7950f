/**
 * The least bill any choice of tiers could have had, knowing the whole session in advance: dynamic programming over what
 * each tier has cached. It is the measure of what is left to gain, not a strategy.
 */
import { costAt, ratesAt } from '../pricing/cost.ts'
import type { Tier } from '../tasks/task-types.ts'
import type { TierPrices } from './bill-tiers.ts'
import { cachedUsage, cachesAfter, cachesAt, type SimulatedCaches } from './simulated-caches.ts'
import type { TraceCall, TraceSession } from './trace.ts'

const TIERS: readonly Tier[] = [1, 2, 3]

interface State {
  readonly cost: number
  readonly caches: SimulatedCaches
}

/** The least bill with every call at or above the tier it needs, nano-dollars. Exact: only states that cannot win go. */
export function optimalBill(session: TraceSession, needed: readonly Tier[], prices: TierPrices): number {
  let states: readonly State[] = [{ cost: 0, caches: new Map() }]
  for (const [index, call] of session.calls.entries()) {
    const floor = needed[index] ?? 3
    const next = new Map<string, State>()
    for (const state of states) {
      const caches = cachesAt(state.caches, call)
      for (const tier of TIERS)
        if (tier >= floor) keepCheaper(next, serve({ cost: state.cost, caches }, tier, { call, prices }))
    }
    states = withoutDominated([...next.values()], prices)
  }
  return states.reduce((least, state) => Math.min(least, state.cost), Number.POSITIVE_INFINITY)
}

function serve(
  state: State,
  tier: Tier,
  { call, prices }: { readonly call: TraceCall; readonly prices: TierPrices },
): State {
  const target = String(tier)
  return {
    cost: state.cost + costAt(cachedUsage(state.caches, target, call), prices.prices[tier]),
    caches: cachesAfter(state.caches, target, { call, lifetimeMs: prices.lifetimeMs }),
  }
}

function keepCheaper(states: Map<string, State>, state: State): void {
  const key = TIERS.map((tier) => {
    const cache = state.caches.get(String(tier))
    return cache === undefined ? '-' : `${cache.expiresAt}:${cache.tokens}`
  }).join()
  const known = states.get(key)
  if (known === undefined || state.cost < known.cost) states.set(key, state)
}

/**
 * A state cannot win if the cheapest one, even after writing everything that only the other has cached, costs no more:
 * it could then do whatever the other does.
 */
function withoutDominated(states: readonly State[], { prices }: TierPrices): readonly State[] {
  const cheapest = states.reduce((least, state) => (state.cost < least.cost ? state : least))
  return states.filter((state) => state === cheapest || state.cost < cheapest.cost + catchUp(cheapest, state))

  function catchUp(behind: State, ahead: State): number {
    let cost = 0
    for (const tier of TIERS) {
      const other = ahead.caches.get(String(tier))
      const own = behind.caches.get(String(tier))
      if (other === undefined) continue
      const kept = own !== undefined && own.expiresAt >= other.expiresAt ? own.tokens : 0
      const { cacheRead, cacheWriteShort } = ratesAt(prices[tier], other.tokens)
      cost += Math.max(0, other.tokens - kept) * (cacheWriteShort - cacheRead)
    }
    return cost
  }
}
