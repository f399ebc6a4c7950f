/**
 * The bill of a replayed session when each call goes to a given tier, the caches of each model counted. Nano-dollars.
 */
import type { Tier } from '../tasks/task-types.ts'
import { billWith, type ServingTarget } from './serving-target.ts'
import { cachedTokens, cachesAfter, cachesAt, type SimulatedCaches } from './simulated-caches.ts'
import type { TraceSession } from './trace.ts'

/** The one model that stands for each tier. */
export type TierTargets = Readonly<Record<Tier, ServingTarget>>

/** The whole bill. `onCall` is told each call's part of it. */
export function billTiers(
  session: TraceSession,
  tiers: readonly Tier[],
  targets: TierTargets,
  onCall: (costNano: number) => void = () => {},
): number {
  const { sharedTokens, sharedAt } = session
  let caches: SimulatedCaches = new Map()
  let bill = 0
  for (const [index, call] of session.calls.entries()) {
    const target = targets[tiers[index] ?? 3]
    caches = cachesAt(caches, call)
    const costNano = billWith(
      cachedTokens(caches, target.id, { sharedTokens, shared: sharedAt?.[index] }),
      target,
      call,
    )
    bill += costNano
    onCall(costNano)
    caches = cachesAfter(caches, target.id, { call, lifetimeMs: target.lifetimeMs })
  }
  return bill
}
