/** A ledger's refusal as an error a developer can read: which budget, what was spent, when it resets, whom to ask. */
import type { BudgetRefusal, RateRefusal, Refusal } from '../core/ledger/admission.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { dollars } from '../core/pricing/dollars.ts'

export function refusalError(refusal: Refusal): GatewayError {
  switch (refusal.code) {
    case 'unknown_key':
      return new GatewayError('invalid_key', 'This key is not known to its team any more.')
    case 'revoked_key':
      return new GatewayError('revoked_key', 'This key was revoked. Ask your team lead for a new one.')
    case 'expired_key':
      return new GatewayError('expired_key', 'This key has expired. Ask your team lead for a new one.')
    case 'replaced_key':
      return new GatewayError('revoked_key', 'This key was replaced by a new one. Ask your team lead for it.')
    case 'duplicate_request':
      return new GatewayError('invalid_request', 'A call with this id was made before.')
    case 'rate_limited':
      return rateError(refusal)
    case 'budget_reserved':
      return heldError(refusal)
    case 'budget_exceeded':
      return reachedError(refusal)
  }
}

/** An object could not be asked; the same call may go through in a moment. */
export function overloadedError(cause: unknown): GatewayError {
  return new GatewayError('gateway_overloaded', 'The gateway cannot keep up just now. Try again in a moment.', {
    retryAfterSeconds: 2,
    cause,
  })
}

const RATES = { requests: 'requests a minute', tokens: 'tokens a minute', streams: 'calls at one time' } as const

function rateError({ what, limit, scope, scopeName, retryAfterSeconds, rates }: RateRefusal): GatewayError {
  return new GatewayError(
    'rate_limited',
    `Headgate: ${scope} "${scopeName}" may make ${limit} ${RATES[what]}. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds, rates },
  )
}

function heldError(refusal: BudgetRefusal): GatewayError {
  const seconds = refusal.retryAfterSeconds ?? 60
  const held = `${dollars(refusal.spentNano)} of ${dollars(refusal.limitNano)} spent, ${dollars(refusal.reservedNano)} held by calls in flight`
  return new GatewayError(
    'budget_reserved',
    `Headgate: ${budgetOf(refusal)} has no room just now (${held}). Try again in ${seconds} s.`,
    { retryAfterSeconds: seconds, budget: refusal },
  )
}

function reachedError(refusal: BudgetRefusal): GatewayError {
  const reset = whenItResets(refusal)
  const spent = `${dollars(refusal.spentNano)} of ${dollars(refusal.limitNano)} spent`
  // A dear call may find no room where a cheaper one still does.
  const standing = refusal.spentNano < refusal.limitNano ? 'has no room for this call' : 'is reached'
  return new GatewayError(
    'budget_exceeded',
    `Headgate: ${budgetOf(refusal)} ${standing} (${spent}). ${reset} ${whoRaises(refusal)} can raise it.`,
    { surface: refusal.onExceed === 'surface', budget: refusal },
  )
}

/** A cap of which the rest does not pay for an answer: a shorter one, or a cheaper model's, it might. */
export function tooLittleError(refusal: BudgetRefusal, displayName: string): GatewayError {
  const spent = `${dollars(refusal.spentNano)} of ${dollars(refusal.limitNano)} spent`
  return new GatewayError(
    'budget_exceeded',
    `Headgate: what is left of ${budgetOf(refusal)} does not pay for an answer of ${displayName} (${spent}). ${whenItResets(refusal)} Ask for less. ${whoRaises(refusal)} can raise it.`,
    { surface: refusal.onExceed === 'surface', budget: refusal },
  )
}

function whenItResets({ resetsAt, scope }: BudgetRefusal): string {
  if (scope === 'session') return 'A new session has a new one.'
  if (resetsAt === null) return 'It does not reset.'
  return `It resets on ${new Date(resetsAt).toISOString().slice(0, 16).replace('T', ' ')} UTC.`
}

function whoRaises({ askWhom }: BudgetRefusal): string {
  return askWhom ?? 'Your team lead'
}

function budgetOf({ period, scope, scopeName }: BudgetRefusal): string {
  if (scope === 'session') return 'the budget of this session'
  return `the ${period} budget of ${scope} "${scopeName}"`
}
