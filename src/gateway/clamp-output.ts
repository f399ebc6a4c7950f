/**
 * The output limit that the tightest hard cap still pays for at a target, so that the provider itself stops in time.
 * Without a hard cap, or while the cap pays for all that was asked, nothing is limited.
 */
import { affordableOutputTokens, GUARD_TOKENS, type PricedPrompt } from '../core/ledger/affordable-output.ts'
import { ratesAt } from '../core/pricing/cost.ts'
import { priceOf } from '../core/pricing/price-book.ts'
import type { Target } from '../core/routing/catalog.ts'
import { estimateContext } from '../core/routing/context.ts'
import type { AdmittedCall } from './admit-call.ts'
import { cacheWish } from './cache-marks.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { ReadCall } from './read-call.ts'

export interface ClampContext {
  readonly read: ReadCall
  readonly admitted: AdmittedCall
}

/**
 * Output tokens that the target may be asked for; null: no such limit. 0: the cap pays for no answer of this target.
 * A target without a price is not limited: under a hard cap none is eligible.
 */
export function affordableOutput(call: IncomingCall, context: ClampContext, target: Target): number | null {
  const { headroomNano, reservation } = context.admitted.admission
  const prompt = headroomNano === null ? null : pricedPrompt(call, context, target)
  if (headroomNano === null || prompt === null) return null
  // The guard that is held may be a dearer tier's.
  const ownGuardNano = GUARD_TOKENS * ratesAt(prompt.price, prompt.promptTokens).output
  const tokens = affordableOutputTokens(headroomNano - Math.max(0, reservation.guardNano - ownGuardNano), prompt)
  const { maxOutputTokens } = target.model.capabilities
  const asked = Math.min(context.read.scan.outputLimit?.tokens ?? maxOutputTokens, maxOutputTokens)
  return tokens < asked ? tokens : null
}

/** The call's prompt at a target, with what the session knows to be cached there; null: the target has no price. */
export function pricedPrompt(
  call: IncomingCall,
  { read, admitted }: ClampContext,
  target: Target,
): PricedPrompt | null {
  const price = priceOf(admitted.team.prices, target.id, call.arrivedAt)
  if (price.status === 'unpriced') return null
  const { contextTokens } = estimateContext(admitted.session, read.signals)
  const wish = cacheWish(read, admitted)
  return {
    price,
    promptTokens: Math.ceil(contextTokens * target.model.tokenizerRatio),
    warmTokens: longestWarm(call, admitted, target),
    lifetime: wish.lifetime === 'short' ? 'short' : 'long',
  }
}

function longestWarm(call: IncomingCall, { session }: AdmittedCall, target: Target): number {
  return session.warm
    .filter((cache) => cache.target === target.id && cache.expiresAt > call.arrivedAt)
    .reduce((longest, { tokens }) => Math.max(longest, tokens), 0)
}
