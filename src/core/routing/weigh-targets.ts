/**
 * The table of a decision: every target with what it has cached, what it would cost and whether it may be used. It puts
 * no target before another.
 */
import { priceOf, type PriceBook } from '../pricing/price-book.ts'
import type { WarmCache } from '../session/session-view.ts'
import type { Target } from './catalog.ts'
import { ineligibility, type EligibilityInput, type Ineligibility } from './eligible.ts'
import { switchCost, type TurnLoad } from './switch-cost.ts'

export interface WeighedTarget {
  readonly target: Target
  /** Null: it can serve the request. */
  readonly refusal: Ineligibility | 'over_headroom' | null
  readonly warmTokens: number
  /** Null: unpriced. */
  readonly nowNano: number | null
  readonly turnNano: number | null
  /** `turnNano` if nothing were cached. */
  readonly coldTurnNano: number | null
}

export interface WeighInput {
  readonly eligibility: EligibilityInput
  readonly load: TurnLoad
  readonly prices: PriceBook
  readonly warm: readonly WarmCache[]
  /** What is left under the tightest hard cap, nano-dollars; null: no hard cap. */
  readonly headroomNano: number | null
}

/** Weighs one target. A prompt dearer than what the budget has left refuses it; the answer can still be clamped. */
export function weighTarget(target: Target, input: WeighInput): WeighedTarget {
  const { eligibility, load, prices, headroomNano } = input
  const price = priceOf(prices, target.id, eligibility.now)
  const refusal = ineligibility(target, price, eligibility)
  const warmTokens = warmTokensOf(target, input)
  if (price.status === 'unpriced') {
    return { target, refusal, warmTokens, nowNano: null, turnNano: null, coldTurnNano: null }
  }
  const cost = switchCost(target.model, price, warmTokens, load)
  return {
    target,
    refusal: refusal ?? (headroomNano !== null && cost.promptNano > headroomNano ? 'over_headroom' : null),
    warmTokens,
    nowNano: cost.nowNano,
    turnNano: cost.turnNano,
    coldTurnNano: warmTokens === 0 ? cost.turnNano : switchCost(target.model, price, 0, load).turnNano,
  }
}

/** The longest prefix of this request that the target has cached and that has not expired, in the target's tokens. */
function warmTokensOf(target: Target, { warm, eligibility, load }: WeighInput): number {
  const context = Math.floor(load.contextTokens * target.model.tokenizerRatio)
  return warm
    .filter((cache) => cache.target === target.id && cache.expiresAt > eligibility.now)
    .reduce((longest, cache) => Math.max(longest, Math.min(cache.tokens, context)), 0)
}
