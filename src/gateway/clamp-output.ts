/**
 * The output limit that the tightest hard cap still pays for at a target, so that the provider itself stops in time.
 * Without a hard cap, or while the cap pays for all that was asked, nothing is limited.
 */
import {
  affordableOutputTokens,
  GUARD_TOKENS,
  outputTokensPaidBy,
  type PricedPrompt,
} from '../core/ledger/affordable-output.ts'
import { ratesAt } from '../core/pricing/cost.ts'
import { priceOf } from '../core/pricing/price-book.ts'
import type { Target } from '../core/routing/catalog.ts'
import { estimateContext } from '../core/routing/context.ts'
import { mayProduceUnseen } from '../core/routing/unseen-output.ts'
import type { AdmittedCall } from './admit-call.ts'
import type { IncomingCall } from './incoming-call.ts'
import { longestLifetime } from './plan-cache.ts'
import type { ReadCall } from './read-call.ts'

export interface ClampContext {
  readonly read: ReadCall
  readonly admitted: AdmittedCall
}

/** An answer that is thought about unseen gets at least this much room, if need be by asking for more money. */
const LEAST_UNSEEN_TOKENS = 256

/** Output tokens a target may be asked for; null: no such limit. */
export interface OutputClamp {
  /** 0: the cap pays for no answer of this target. */
  readonly tokens: number | null
  /** As many as the cap could pay for, should the request need more. */
  readonly most: number | null
}

const UNLIMITED: OutputClamp = { tokens: null, most: null }

/**
 * What a target may be asked for: what is left of the tightest cap pays for it, and where output may be produced that
 * nobody sees, what is held for the call. A target without a price is not limited: under a hard cap none is eligible.
 */
export function affordableOutput(call: IncomingCall, context: ClampContext, target: Target): OutputClamp {
  const { headroomNano, reservation } = context.admitted.admission
  const prompt = headroomNano === null ? null : pricedPrompt(call, context, target)
  if (headroomNano === null || prompt === null) return UNLIMITED
  // The guard that is held may be a dearer tier's.
  const ownGuardNano = GUARD_TOKENS * ratesAt(prompt.price, prompt.promptTokens).output
  const { maxOutputTokens } = target.model.capabilities
  const asked = Math.min(context.read.scan.outputLimit?.tokens ?? maxOutputTokens, maxOutputTokens)
  // Where all that is asked for is paid for, nothing needs to be stopped, and no guard is needed for that.
  const most =
    outputTokensPaidBy(headroomNano, prompt) >= asked
      ? asked
      : affordableOutputTokens(headroomNano - Math.max(0, reservation.guardNano - ownGuardNano), prompt)
  const tokens = mayProduceUnseen(target.model.capabilities, context.read.scan.needs)
    ? Math.min(most, heldOutput(outputTokensPaidBy(reservation.amountNano, prompt), context, target))
    : most
  return { tokens: tokens < asked ? tokens : null, most: most < asked ? most : null }
}

function heldOutput(tokens: number, { admitted }: ClampContext, { model }: Target): number {
  if (tokens >= LEAST_UNSEEN_TOKENS) return tokens
  return Math.ceil(admitted.team.policy.expectations.outputTokens * model.tokenizerRatio)
}

/**
 * The call's prompt at a target, with what the session knows to be cached there, the rest written for as long as any of it
 * shall live; null: the target has no price.
 */
export function pricedPrompt(
  call: IncomingCall,
  { read, admitted }: ClampContext,
  target: Target,
): PricedPrompt | null {
  const price = priceOf(admitted.team.prices, target.id, call.arrivedAt)
  if (price.status === 'unpriced') return null
  const { contextTokens } = estimateContext(admitted.session, read.signals)
  return {
    price,
    promptTokens: Math.ceil(contextTokens * target.model.tokenizerRatio),
    warmTokens: longestWarm(call, admitted, target),
    lifetime: longestLifetime(call, { read, admitted, target }),
  }
}

function longestWarm(call: IncomingCall, { session }: AdmittedCall, target: Target): number {
  return session.warm
    .filter((cache) => cache.target === target.id && cache.expiresAt > call.arrivedAt)
    .reduce((longest, { tokens }) => Math.max(longest, tokens), 0)
}
