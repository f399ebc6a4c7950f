/**
 * What a ledger does by alarm, off every call's path: charging what expired, taking in that messages were sent,
 * forgetting what no longer matters. And when it has to wake next.
 */
import { expectReceipt } from './calls.ts'
import { expire } from './close.ts'
import { forgetDeadKeys } from './dead-keys.ts'
import { journal, tightenPausedSessions } from './journal.ts'
import type { Ledger, LedgerWrite, OutboxRow } from './ledger-state.ts'
import { allScopes, LEDGER_LIMITS } from './ledger-state.ts'
import { saveRefusals } from './refusals.ts'
import { forgetIdleSessions, nextSessionEnd } from './sessions.ts'

/** Settled calls wait this long for company before the outbox is sent. */
export const OUTBOX_DELAY_MS = 1_000
/** What was learned is saved at most this seldom: losing it costs nothing but learning it again. */
const LEARNED_BETWEEN_SAVES = 50

/** Everything due at `now`, as rows to write. */
export function housekeep(ledger: Ledger, now: number): LedgerWrite[] {
  const writes = [...expire(ledger, now), ...journal(ledger)]
  if (ledger.learnedSinceSaved >= LEARNED_BETWEEN_SAVES) {
    ledger.learnedSinceSaved = 0
    writes.push({ table: 'learned', learned: [...ledger.learned].map(([kind, counts]) => [kind, [...counts]]) })
  }
  if (ledger.receiptUntil !== null && ledger.receiptUntil <= now) writes.push(...forgetReceipts(ledger, now))
  writes.push(...forgetExpired(ledger, now))
  writes.push(...tightenPausedSessions(ledger, now), ...forgetIdleSessions(ledger, now))
  writes.push(...saveRefusals(ledger), ...forgetDeadKeys(ledger, now))
  return writes
}

/** The first rows of the outbox were sent: they become a receipt, which remembers their request ids. */
export function sent(ledger: Ledger, rows: readonly Omit<OutboxRow, 'message'>[]): LedgerWrite[] {
  const last = rows.at(-1)
  if (last === undefined) return []
  ledger.outboxRows = Math.max(0, ledger.outboxRows - rows.length)
  const writes: LedgerWrite[] = [{ table: 'outbox', sentUpTo: last.seq }]
  const closed = rows.filter((row) => row.requestId !== null)
  if (closed.length === 0) return writes
  const rememberUntil = Math.max(...closed.map((row) => row.rememberUntil))
  expectReceipt(ledger, rememberUntil)
  const requestIds = closed.map((row) => row.requestId).filter((id) => id !== null)
  writes.push({ table: 'receipts', receipt: { seq: last.seq, requestIds, rememberUntil } })
  return writes
}

/**
 * When the ledger must be woken next; null: it may sleep for good. Calls in flight wake it at their deadline, the
 * outbox soon.
 */
export function nextWake(ledger: Ledger, now: number): number | null {
  let wake = ledger.outboxRows > 0 ? now + OUTBOX_DELAY_MS : Infinity
  for (const call of ledger.open.values()) wake = Math.min(wake, call.deadlineAt)
  for (const scope of allScopes(ledger)) if (scope.carriedNano > 0) wake = Math.min(wake, scope.carriedUntil)
  for (const expired of ledger.expired.values()) wake = Math.min(wake, expired.chargedAt + LEDGER_LIMITS.expiredMs)
  if (ledger.receiptUntil !== null) wake = Math.min(wake, ledger.receiptUntil)
  wake = Math.min(wake, nextSessionEnd(ledger) ?? Infinity, ledger.nextDeadKey ?? Infinity)
  return wake === Infinity ? null : wake
}

/**
 * A receipt outlives its calls' pages in the journal: whoever shared a page with them has expired since, or was extended,
 * which wrote the page anew without them.
 */
function forgetReceipts(ledger: Ledger, now: number): LedgerWrite[] {
  for (const [id, until] of ledger.closedEarlier) if (until <= now) ledger.closedEarlier.delete(id)
  // Receipts are not in memory, so the next look is at the next usual time, not at the exact one; after the last, never.
  const next = now + LEDGER_LIMITS.silenceMs.usual + LEDGER_LIMITS.graceMs
  ledger.receiptUntil = ledger.lastReceiptUntil <= now ? null : Math.min(next, ledger.lastReceiptUntil)
  return [{ table: 'receipts', forgottenBefore: now }]
}

function forgetExpired(ledger: Ledger, now: number): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const call of ledger.expired.values()) {
    const tooMany = ledger.expired.size > LEDGER_LIMITS.expired
    if (!tooMany && call.chargedAt + LEDGER_LIMITS.expiredMs > now) continue
    ledger.expired.delete(call.requestId)
    writes.push({ table: 'expired', removed: call.requestId })
  }
  return writes
}
