/**
 * How a call ends in the ledger: settled with what the provider billed, released because nothing was, or charged as an
 * estimate because nothing was heard. Every way leaves a durable trace with the money, so it happens once.
 */
import type { CloseAnswer, NotOpen, Reservation, SettleRequest } from './admission.ts'
import type { DecisionRecord } from '../decisions/decision-record.ts'
import { callNotices, leftOutNotices } from './call-notices.ts'
import { expectReceipt, isNano, isWellFormed, letGo, remember, roomsOf, scopesOf, writeScope } from './calls.ts'
import { capNotice } from './cap-notice.ts'
import { chargeScopes } from './charge-scopes.ts'
import { findCall } from './find-call.ts'
import { joinSessions } from './join-sessions.ts'
import { kindOfQuote, learnCost } from './learned-cost.ts'
import type { ExpiredCall, Ledger, LedgerWrite, OpenCall } from './ledger-state.ts'
import { allScopes, LEDGER_LIMITS } from './ledger-state.ts'
import { outbox } from './outbox.ts'
import type { LedgerNotice } from './outbox-message.ts'
import { settleRate } from './rate-control.ts'
import { correct } from './scope.ts'
import type { CallOwner } from './sessions.ts'
import { keepSession } from './sessions.ts'
import { tell } from './tell-once.ts'

interface Closed {
  readonly answer: CloseAnswer
  readonly writes: LedgerWrite[]
}

const CALL_MS_WEIGHT = 0.1

/** Charges what the call cost. Idempotent by request id; late is fine: what expired is corrected by the difference. */
export function settle(ledger: Ledger, request: SettleRequest, now: number): Closed {
  const { reservation, costNano } = request
  if (!isWellFormed(reservation) || !isNano(costNano)) return notClosed('invalid')
  const found = findCall(ledger, reservation, now)
  if (found.state === 'expired') return correctExpired(ledger, { expired: found.expired, request }, now)
  if (found.state === 'closed') return duplicate()
  if (found.state !== 'open' && found.state !== 'unknown') return notClosed(found.state)
  const { call } = found
  learnFrom(ledger, call, request, now)
  if (found.state === 'open') letGo(ledger, call, now)
  else closeUnknown(ledger, call, now)
  settleRate(ledger, call, request.record.usage, now)
  const writes = joinSessions(ledger, { call, request }, now)
  writes.push(
    ...chargeScopes(ledger, { scopes: scopesOf(ledger, call), nano: costNano }, now),
    outbox(ledger, {
      requestId: call.requestId,
      rememberUntil: rememberUntil(call, now),
      message: request.record,
    }),
    ...callNotices(ledger, request.record, now),
  )
  return { answer: { closed: true, how: 'charged' }, writes }
}

/** A call that was billed nothing. */
export interface Release {
  readonly reservation: Reservation
  /** null: it is not logged. */
  readonly record: DecisionRecord | null
  /** The budget that had no room for it, by id, and for which waiting would have been in vain. */
  readonly stoppedBy?: string
  /** Targets that a hard budget left out for want of a price, by id: there was no other. */
  readonly leftOut?: readonly string[]
}

/** Lets a call go that was billed nothing. */
export function release(ledger: Ledger, released: Release, now: number): Closed {
  const { reservation, record } = released
  if (!isWellFormed(reservation)) return notClosed('invalid')
  const found = findCall(ledger, reservation, now)
  // An expired call that turns out to have cost nothing gets its estimate back.
  if (found.state === 'expired') {
    return correctExpired(ledger, { expired: found.expired, request: { costNano: 0, record } }, now)
  }
  if (found.state === 'closed') return duplicate()
  if (found.state !== 'open' && found.state !== 'unknown') return notClosed(found.state)
  const { call } = found
  if (found.state === 'open') letGo(ledger, call, now)
  else closeUnknown(ledger, call, now)
  settleRate(ledger, call, null, now)
  const writes = [closing(ledger, { requestId: call.requestId, rememberUntil: rememberUntil(call, now), record })]
  if (released.stoppedBy !== undefined) writes.push(...stoppedNotice(ledger, { call, by: released.stoppedBy }, now))
  if (released.leftOut !== undefined) writes.push(...leftOutNotices(ledger, released.leftOut, now))
  if (record !== null) writes.push(...callNotices(ledger, record, now))
  return { answer: { closed: true, how: 'released' }, writes }
}

/**
 * Charges every call whose deadline has passed what is held for it: the estimate of its input and what was extended,
 * and the guard where it was told to end.
 * Also lets go of what an earlier run left unaccounted for.
 */
export function expire(ledger: Ledger, now: number): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const call of ledger.open.values()) {
    if (call.deadlineAt <= now) writes.push(...expireCall(ledger, call, now))
  }
  for (const scope of allScopes(ledger)) {
    if (scope.carriedNano === 0 || now < scope.carriedUntil) continue
    const upToNano = scope.carriedNano
    scope.carriedNano = 0
    scope.carriedUntil = 0
    const id = `${ledger.team?.teamId ?? ''}:unaccounted:${ledger.epoch}:${scope.id}`
    const message: LedgerNotice = {
      kind: 'unaccounted',
      id,
      teamId: ledger.team?.teamId ?? '',
      scope: scope.id,
      at: now,
      upToNano,
    }
    writes.push(writeScope(ledger, scope, now))
    // Of a session the sums of its key and team tell it already.
    if (scope.session === null) writes.push(tell(ledger, message))
  }
  return writes
}

function expireCall(ledger: Ledger, call: OpenCall, now: number): LedgerWrite[] {
  letGo(ledger, call, now)
  const chargedNano = call.amountNano + (call.refused ? call.guardNano : 0)
  const expired: ExpiredCall = {
    requestId: call.requestId,
    keyId: call.keyId,
    session: call.session,
    chargedNano,
    chargedAt: now,
    takenTokens: call.takenTokens,
  }
  ledger.expired.set(call.requestId, expired)
  const message: LedgerNotice = {
    kind: 'expired',
    id: call.requestId,
    teamId: ledger.team?.teamId ?? '',
    keyId: call.keyId,
    startedAt: call.startedAt,
    at: now,
    chargedNano,
  }
  return [
    ...chargeScopes(ledger, { scopes: scopesOf(ledger, call), nano: chargedNano }, now),
    { table: 'expired', call: expired },
    tell(ledger, message),
  ]
}

function correctExpired(
  ledger: Ledger,
  late: {
    readonly expired: ExpiredCall
    readonly request: Pick<SettleRequest, 'costNano' | 'origin' | 'heir'> & { readonly record: DecisionRecord | null }
  },
  now: number,
): Closed {
  const { expired, request } = late
  ledger.expired.delete(expired.requestId)
  remember(ledger, expired.requestId)
  // Tokens of any run may still repeat this message after the next restart.
  const until = now + LEDGER_LIMITS.silenceMs.usual + LEDGER_LIMITS.graceMs
  ledger.closedEarlier.set(expired.requestId, until)
  settleRate(ledger, expired, request.record?.usage ?? null, now)
  const writes: LedgerWrite[] = [{ table: 'expired', removed: expired.requestId }]
  writes.push(...joinSessions(ledger, { call: expired, request }, now))
  for (const scope of scopesOf(ledger, expired)) {
    correct(scope, request.costNano - expired.chargedNano, { chargedAt: expired.chargedAt, now })
    writes.push(...keepSession(ledger, scope, now), writeScope(ledger, scope, now))
  }
  writes.push(closing(ledger, { requestId: expired.requestId, rememberUntil: until, record: request.record }))
  if (request.record !== null) writes.push(...callNotices(ledger, request.record, now))
  return { answer: { closed: true, how: 'corrected' }, writes }
}

/** The durable trace of a call that was closed without a charge. */
function closing(
  ledger: Ledger,
  closed: { requestId: string; rememberUntil: number; record: DecisionRecord | null },
): LedgerWrite {
  const { requestId, record } = closed
  if (record !== null) return outbox(ledger, { ...closed, message: record })
  const seq = ledger.nextSeq++
  expectReceipt(ledger, closed.rememberUntil)
  return { table: 'receipts', receipt: { seq, requestIds: [requestId], rememberUntil: closed.rememberUntil } }
}

function stoppedNotice(ledger: Ledger, stopped: { call: CallOwner; by: string }, now: number): LedgerWrite[] {
  const rooms = roomsOf(ledger, scopesOf(ledger, stopped.call), now)
  const room = rooms.find(({ budget }) => budget.id === stopped.by)
  return room === undefined ? [] : capNotice(ledger, { room, usedNano: room.spentNano }, now)
}

/** A call known by its token alone: what it held is part of the carried sum, which only time releases. */
function closeUnknown(ledger: Ledger, call: OpenCall, now: number): void {
  remember(ledger, call.requestId)
  ledger.closedEarlier.set(call.requestId, rememberUntil(call, now))
}

/** From its deadline, or from now where that is long past: its page of the journal may be as young as its neighbours. */
function rememberUntil(call: OpenCall, now: number): number {
  return Math.max(call.deadlineAt, now) + LEDGER_LIMITS.graceMs
}

function learnFrom(ledger: Ledger, call: OpenCall, request: SettleRequest, now: number): void {
  if (request.estimated || call.quoted === null) return
  ledger.typicalCallMs += CALL_MS_WEIGHT * (Math.max(0, now - call.startedAt) - ledger.typicalCallMs)
  const { tier } = request.record
  const quotedNano = call.quoted[tier] ?? null
  if (quotedNano === null) return
  learnCost(ledger.learned, kindOfQuote(call.kind, quotedNano), { tier, costNano: request.costNano, quotedNano })
  ledger.learnedSinceSaved += 1
}

function duplicate(): Closed {
  return { answer: { closed: true, how: 'duplicate' }, writes: [] }
}

function notClosed(code: NotOpen['code']): Closed {
  return { answer: { closed: false, code }, writes: [] }
}
