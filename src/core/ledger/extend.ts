/**
 * A reservation while its call runs: more is asked before it is used up, less once the decision has made the rest
 * superfluous. Both name the amount they want, so a repeated message changes nothing.
 */
import type { ExtendAnswer, Reservation } from './admission.ts'
import { refusalFor } from './budget.ts'
import { changeHeld, hold, isNano, isWellFormed, roomsOf, scopesOf, tokenOf } from './calls.ts'
import { capNotice } from './cap-notice.ts'
import { findCall } from './find-call.ts'
import { rejournal } from './journal.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { tellingTo } from './telling.ts'

/**
 * Raises a reservation by `moreNano` over what its token says; 0 only tells that the call still runs. Refused where a
 * hard budget has no room: the stream must then end within its guard.
 */
export function extend(
  ledger: Ledger,
  asked: { readonly reservation: Reservation; readonly moreNano: number },
  now: number,
): { answer: ExtendAnswer; writes: LedgerWrite[] } {
  const { reservation, moreNano } = asked
  if (!isWellFormed(reservation) || !isNano(moreNano)) return refused('invalid')
  const found = findCall(ledger, reservation, now)
  if (found.state === 'expired' || found.state === 'closed') return refused('closed')
  if (found.state !== 'open' && found.state !== 'unknown') return refused(found.state)
  const { call } = found
  const writes = found.state === 'unknown' ? hold(ledger, call, now) : []
  const left = roomsOf(ledger, scopesOf(ledger, call), now)
  const more = Math.max(0, reservation.amountNano + moreNano - call.amountNano)
  const ownNano = call.amountNano + call.guardNano
  const refusal = more === 0 ? null : refusalFor(more, left, { ...tellingTo(ledger, call, now), ownNano })
  call.deadlineAt = Math.max(call.deadlineAt, now + call.silenceMs)
  call.adjusted = true
  call.refused = refusal !== null
  if (refusal === null && more > 0) {
    call.amountNano += more
    writes.push(...changeHeld(ledger, call, { nano: more, now }))
  }
  writes.push(rejournal(ledger, call))
  if (refusal !== null) {
    const final = refusal.code === 'budget_exceeded'
    const room = final ? left.find(({ budget }) => budget.id === refusal.budgetId) : undefined
    // It is the cap that ends the stream.
    if (room !== undefined) {
      writes.push(...capNotice(ledger, { room, usedNano: room.spentNano + call.amountNano }, now))
    }
    return { answer: { extended: false, refusal }, writes }
  }
  const headroomNano = left[0] === undefined ? null : Math.max(0, left[0].leftNano - more) + call.amountNano
  return { answer: { extended: true, reservation: tokenOf(call), headroomNano }, writes }
}

/** Lowers a reservation to `toNano`. An amount that is not lower, or a call that is not open, changes nothing. */
export function trim(
  ledger: Ledger,
  asked: { readonly reservation: Reservation; readonly toNano: number },
  now: number,
): { answer: ExtendAnswer; writes: LedgerWrite[] } {
  const { reservation, toNano } = asked
  if (!isWellFormed(reservation) || !isNano(toNano)) return refused('invalid')
  const call = ledger.open.get(reservation.requestId)
  if (call === undefined) return refused('closed')
  // A trim comes once, with the decision. One that arrives after an extension must not take it back.
  const less = call.adjusted ? 0 : call.amountNano - toNano
  const writes: LedgerWrite[] = []
  if (less > 0) {
    call.amountNano = toNano
    call.adjusted = true
    changeHeld(ledger, call, { nano: -less, now })
    if (call.page !== null) writes.push(rejournal(ledger, call))
  }
  return { answer: { extended: true, reservation: tokenOf(call), headroomNano: null }, writes }
}

function refused(code: 'closed' | 'unknown_reservation' | 'too_late' | 'invalid'): {
  answer: ExtendAnswer
  writes: LedgerWrite[]
} {
  return { answer: { extended: false, refusal: { code } }, writes: [] }
}
