/**
 * Calls in flight: which scopes they count against, how they are held and let go, and where the marks stand. The order
 * of every step is: change memory, then say which rows must follow.
 */
import type { Reservation } from './admission.ts'
import type { Room, WatchedBudget } from './budget.ts'
import { roomsIn, tightestFirst } from './budget.ts'
import type { Ledger, LedgerWrite, OpenCall } from './ledger-state.ts'
import { LEDGER_LIMITS, scopeOf } from './ledger-state.ts'
import type { CallOwner } from './sessions.ts'
import { keepSession, sessionBudgets, sessionScope } from './sessions.ts'
import type { Scope } from './scope.ts'
import { currentWindow, keyScope, markAllowance, outstanding, scopeRow } from './scope.ts'

/** Beyond a crossed mark, the share of what is outstanding that the next admissions may add without a write. */
const RAISED_SHARE = 1 / 2
/** The same where the row is written anyway. */
const USUAL_SHARE = 1 / 8
const TYPICAL_WEIGHT = 0.1
/** Calls come in waves: the mark follows the last crest down slowly. */
const PEAK_FADE = 0.97

/** Everything a call is charged to: team, key, and the session where a budget is over it. */
export function scopesOf(ledger: Ledger, call: CallOwner): readonly Scope[] {
  const scopes = [scopeOf(ledger, 'team'), scopeOf(ledger, keyScope(call.keyId))]
  const session = sessionScope(ledger, call)
  return session === null ? scopes : [...scopes, session]
}

/** All budgets over a scope: one scope's, and those of each session over a session's. */
export function budgetsOn(ledger: Ledger, { id, session }: Scope): readonly WatchedBudget[] {
  return session === null ? (ledger.budgetsByScope.get(id) ?? []) : sessionBudgets(ledger, session.keyId)
}

/** What each hard budget over a call leaves, the tightest first. */
export function roomsOf(ledger: Ledger, scopes: readonly Scope[], now: number): Room[] {
  return tightestFirst(scopes.flatMap((scope) => roomsIn(scope, budgetsOn(ledger, scope), now)))
}

/** Holds the call's amount and guard. The rows are those whose mark was crossed. */
export function hold(ledger: Ledger, call: OpenCall, now: number): LedgerWrite[] {
  // A session's scope that is new counts what is open: the call comes after.
  const scopes = scopesOf(ledger, call)
  for (const scope of scopes) scope.openCalls += 1
  ledger.open.set(call.requestId, call)
  if (call.page === null) ledger.unjournalled.add(call.requestId)
  return holdIn(ledger, call, { scopes, nano: call.amountNano + call.guardNano, now })
}

/** Changes what is held for an open call, without touching the call. */
export function changeHeld(
  ledger: Ledger,
  call: OpenCall,
  by: { readonly nano: number; readonly now: number },
): LedgerWrite[] {
  return holdIn(ledger, call, { ...by, scopes: scopesOf(ledger, call) })
}

function holdIn(
  ledger: Ledger,
  call: OpenCall,
  by: { readonly scopes: readonly Scope[]; readonly nano: number; readonly now: number },
): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const scope of by.scopes) {
    scope.heldNano += by.nano
    if (by.nano <= 0) continue
    writes.push(...keepSession(ledger, scope, by.now))
    scope.peakNano = Math.max(scope.peakNano, outstanding(scope))
    const weight = scope.typicalNano === 0 ? 1 : TYPICAL_WEIGHT
    scope.typicalNano += weight * (by.nano - scope.typicalNano)
    const longer = call.silenceMs > scope.silenceMs && needsMark(ledger, scope)
    scope.silenceMs = Math.max(scope.silenceMs, call.silenceMs)
    if (raiseMark(ledger, scope, by.now) || longer) writes.push({ table: 'scopes', scope: scopeRow(scope) })
  }
  return writes
}

/** Lets an open call go: nothing is held for it any more. The journal forgets it with its page. */
export function letGo(ledger: Ledger, call: OpenCall, now: number): void {
  ledger.open.delete(call.requestId)
  ledger.unjournalled.delete(call.requestId)
  changeHeld(ledger, call, { nano: -(call.amountNano + call.guardNano), now })
  for (const scope of scopesOf(ledger, call)) scope.openCalls -= 1
  const page = call.page === null ? undefined : ledger.pages.get(call.page)
  if (page !== undefined) page.openCalls -= 1
  remember(ledger, call.requestId)
  if (call.epoch < ledger.epoch) {
    ledger.closedEarlier.set(call.requestId, Math.max(call.deadlineAt, now) + LEDGER_LIMITS.graceMs)
  }
}

/** The request id is closed: an admission of the same id is a repetition. */
export function remember(ledger: Ledger, requestId: string): void {
  ledger.recent.add(requestId)
  const oldest = ledger.recent.values().next().value
  if (ledger.recent.size > LEDGER_LIMITS.recent && oldest !== undefined) ledger.recent.delete(oldest)
}

/** A receipt is written: when it may be forgotten, there is something to do. */
export function expectReceipt(ledger: Ledger, rememberUntil: number): void {
  ledger.receiptUntil = Math.min(ledger.receiptUntil ?? Infinity, rememberUntil)
  ledger.lastReceiptUntil = Math.max(ledger.lastReceiptUntil, rememberUntil)
}

/** The row of a scope that is written anyway, with its mark where it should be: low, but seldom crossed. */
export function writeScope(ledger: Ledger, scope: Scope, now: number): LedgerWrite {
  scope.peakNano = Math.max(outstanding(scope), scope.peakNano * PEAK_FADE)
  scope.markNano = needsMark(ledger, scope) ? markFor(ledger, scope, { share: USUAL_SHARE, now }) : 0
  return { table: 'scopes', scope: scopeRow(scope) }
}

/** The mark of a quiet scope: nothing beyond what is outstanding, so that an object that falls asleep wakes exact. */
export function writeExactMark(ledger: Ledger, scope: Scope): LedgerWrite | null {
  const exact = needsMark(ledger, scope) ? outstanding(scope) : 0
  scope.peakNano = exact
  if (scope.markNano === exact) return null
  scope.markNano = exact
  return { table: 'scopes', scope: scopeRow(scope) }
}

/**
 * How much was outstanding when a run ended matters where a hard budget bounds it, and for the team, so that a loss is
 * told even where nothing bounds it.
 */
function needsMark(ledger: Ledger, scope: Scope): boolean {
  return scope.id === 'team' || budgetsOn(ledger, scope).some(({ mode }) => mode === 'hard')
}

function raiseMark(ledger: Ledger, scope: Scope, now: number): boolean {
  const held = outstanding(scope)
  if (held <= scope.markNano || !needsMark(ledger, scope)) return false
  scope.markNano = markFor(ledger, scope, { share: RAISED_SHARE, now })
  return true
}

/** Never beyond what the tightest hard budget leaves: more than that cannot come to be outstanding. */
function markFor(ledger: Ledger, scope: Scope, at: { readonly share: number; readonly now: number }): number {
  const held = outstanding(scope)
  let most = Infinity
  for (const budget of budgetsOn(ledger, scope)) {
    if (budget.mode !== 'hard') continue
    most = Math.min(most, budget.limitNano - currentWindow(scope, budget.period, at.now).nano)
  }
  return Math.max(held, Math.min(most, held + markAllowance(scope, at.share)))
}

/** The token of an open call, as it stands. */
export function tokenOf(call: OpenCall): Reservation {
  return {
    epoch: call.epoch,
    requestId: call.requestId,
    keyId: call.keyId,
    session: call.session,
    amountNano: call.amountNano,
    guardNano: call.guardNano,
    deadlineAt: call.deadlineAt,
  }
}

/** A token as it may come from outside the ledger: every number checked. */
export function isWellFormed(token: Reservation): boolean {
  const nanos = [token.amountNano, token.guardNano]
  return (
    typeof token.requestId === 'string' &&
    token.requestId.length > 0 &&
    token.requestId.length <= 128 &&
    typeof token.keyId === 'string' &&
    isSessionName(token.session ?? null) &&
    Number.isSafeInteger(token.epoch) &&
    Number.isSafeInteger(token.deadlineAt) &&
    nanos.every(isNano)
  )
}

/** Whether it can be a session's name, which comes from outside the ledger; null: none. */
export function isSessionName(session: unknown): session is string | null {
  return session === null || (typeof session === 'string' && session.length > 0 && session.length <= 128)
}

/** Whether a number is money: whole nano-dollars, not negative, exact. */
export function isNano(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
