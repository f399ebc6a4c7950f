/**
 * What a ledger knows of the call a token names. A run knows all calls it admitted itself; of an earlier run's it knows
 * those in the journal and those closed, and believes a token of the rest once, until its deadline is long past.
 */
import type { Reservation } from './admission.ts'
import type { ExpiredCall, Ledger, OpenCall } from './ledger-state.ts'
import { LEDGER_LIMITS } from './ledger-state.ts'

export type FoundCall =
  | { readonly state: 'open'; readonly call: OpenCall }
  /** Of an earlier run, and never heard of: `call` is made from the token and not held yet. */
  | { readonly state: 'unknown'; readonly call: OpenCall }
  | { readonly state: 'expired'; readonly expired: ExpiredCall }
  | { readonly state: 'closed' | 'too_late' | 'unknown_reservation' }

/** Looks the token's call up. It changes nothing. */
export function findCall(ledger: Ledger, token: Reservation, now: number): FoundCall {
  const call = ledger.open.get(token.requestId)
  if (call !== undefined) return { state: 'open', call }
  const expired = ledger.expired.get(token.requestId)
  if (expired !== undefined) return { state: 'expired', expired }
  if (token.epoch > ledger.epoch) return { state: 'unknown_reservation' }
  if (ledger.recent.has(token.requestId) || ledger.closedEarlier.has(token.requestId)) return { state: 'closed' }
  if (now > token.deadlineAt + LEDGER_LIMITS.graceMs) return { state: 'too_late' }
  // A run knows every call of its own that is open; this one is not.
  if (token.epoch === ledger.epoch) return { state: 'closed' }
  return { state: 'unknown', call: fromToken(token, now) }
}

function fromToken(token: Reservation, now: number): OpenCall {
  return {
    requestId: token.requestId,
    keyId: token.keyId,
    session: token.session ?? null,
    epoch: token.epoch,
    startedAt: now,
    silenceMs: LEDGER_LIMITS.silenceMs.usual,
    amountNano: token.amountNano,
    guardNano: token.guardNano,
    deadlineAt: token.deadlineAt,
    adjusted: true,
    refused: false,
    page: null,
    takenTokens: 0,
    quoted: null,
    kind: undefined,
  }
}
