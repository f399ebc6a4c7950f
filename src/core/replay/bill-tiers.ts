/**
 * The bill of a replayed session when each call goes to a given tier, the caches of each model counted. Nano-dollars.
 */
import { costAt } from '../pricing/cost.ts'
import type { KnownPrice } from '../pricing/price-book.ts'
import type { Tier } from '../tasks/task-types.ts'
import { cachedUsage, cachesAfter, cachesAt, type SimulatedCaches } from './simulated-caches.ts'
import type { TraceSession } from './trace.ts'

/** One model per tier, by its price, and how long its cache lives. */
export interface TierPrices {
  readonly prices: Readonly<Record<Tier, KnownPrice>>
  readonly lifetimeMs: number
}

export function billTiers(session: TraceSession, tiers: readonly Tier[], { prices, lifetimeMs }: TierPrices): number {
  let caches: SimulatedCaches = new Map()
  let bill = 0
  for (const [index, call] of session.calls.entries()) {
    const tier = tiers[index] ?? 3
    const target = String(tier)
    caches = cachesAt(caches, call)
    bill += costAt(cachedUsage(caches, target, call), prices[tier])
    caches = cachesAfter(caches, target, { call, lifetimeMs })
  }
  return bill
}
