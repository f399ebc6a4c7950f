/** What the bench of the bill assumes: prices, caches, and what each turn's work needs. */
import { buildPriceBook } from '../../../src/core/pricing/price-book.ts'
import type { TierTargets } from '../../../src/core/replay/bill-tiers.ts'
import { drawDemand, type Demand } from '../../../src/core/replay/fixed-strategies.ts'
import type { ReplayInput } from '../../../src/core/replay/replay-session.ts'
import { seededRandom } from '../../../src/core/replay/seeded-random.ts'
import { servingTarget, type ServingTarget, type ServingTerms } from '../../../src/core/replay/serving-target.ts'
import type { TraceSession } from '../../../src/core/replay/trace.ts'
import { buildCatalog, referenceTarget } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy, type GrowthMeasure } from '../../../src/core/routing/policy.ts'
import type { Tier } from '../../../src/core/tasks/task-types.ts'

const SHARES = { easy: 0.6, medium: 0.25 }

const TERMS: ServingTerms = {
  prices: buildPriceBook(),
  /** The day whose prices are used. */
  pricedAt: Date.UTC(2026, 10, 1),
  lifetimeMs: 5 * 60_000,
}

/** The default policy on the reference catalogue of one provider, but for what is given. */
export function referenceInput(
  measure: GrowthMeasure | null,
  iterationsLeft: number | null = null,
): Omit<ReplayInput, 'expect'> {
  const policy = resolvePolicy({
    schema: 1,
    catalog: { preset: 'reference' },
    ...(measure === null ? {} : { growth: { measure } }),
    expectations: { iterationsLeft },
  })
  return {
    ...TERMS,
    policy,
    catalog: buildCatalog(policy.catalog),
    providers: new Map([['anthropic', ['anthropic-messages']]]),
  }
}

/** The reference model of each tier. */
export function referenceTargets(): TierTargets {
  const { catalog, providers } = referenceInput(null)
  const of = (tier: Tier): ServingTarget => {
    const reference = referenceTarget(catalog, tier, new Set(providers.keys()))
    const target = reference === null ? null : servingTarget(reference.model, TERMS)
    if (target === null) throw new Error(`the reference catalogue has no priced tier ${tier}`)
    return target
  }
  return { 1: of(1), 2: of(2), 3: of(3) }
}

/** What every session's work needs, one list a seed. */
export function drawDemands(
  sessions: readonly TraceSession[],
  seeds: readonly number[],
): readonly (readonly Demand[])[] {
  return seeds.map((seed) => {
    const random = seededRandom(seed)
    return sessions.map((session) => drawDemand(session, SHARES, random))
  })
}
