/**
 * The money of one scope (the team, one of its keys, or one session): what was spent in each running window, and what is held for
 * calls in flight. A charge belongs to the window in which it is settled, and holds count against the window that is
 * running; so one row per scope is the whole truth and no window ever needs another's.
 */
import type { BudgetPeriod, Period } from './periods.ts'
import { PERIODS, periodStart } from './periods.ts'
import type { RateUse } from './rate-limits.ts'

/** With today they are a week. */
const KEPT_DAYS = 6

/** `team`, `key:` and the key's id, or `session:` and the session's name. */
export type ScopeId = 'team' | `key:${string}` | `session:${string}`

/** What only a session's scope has. */
export interface SessionFacts {
  readonly keyId: string
  /** When it was last held or charged for. */
  readonly lastAt: number
  /** The highest threshold told of each budget over it, by the budget's id. */
  readonly told: Readonly<Record<string, number>>
  /** Names its next calls may come by, the one used last at the end; absent: none was left. */
  readonly heirs?: readonly Heir[]
}

/**
 * A name made of a stored answer's id, and the tokens that a call going on from it holds at least; null: not counted. Of
 * an answer that a conversation began with, what it cost, too.
 */
export type Heir = readonly [name: string, contextTokens: number | null, begunNano?: number]

export interface Spent {
  readonly startsAt: number
  readonly nano: number
}

/** A scope's durable row. */
export interface ScopeRow {
  readonly id: ScopeId
  readonly spent: Readonly<Record<Period, Spent>>
  /** Closed days that cost something, the newest last: what a pace is told from. */
  readonly days: readonly Spent[]
  readonly calls: number
  /** No more than this has been outstanding since the row was written: what a restart has to hold. */
  readonly markNano: number
  /** Of the mark of an earlier run, what no known call accounts for; held until the alarm at `carriedUntil`. */
  readonly carriedNano: number
  readonly carriedUntil: number
  /** The longest silence granted to a call: how long a sum may have to be carried. */
  readonly silenceMs: number
  /** null or absent: not a session's. */
  readonly session?: SessionFacts | null
  /** What was used of its rate limits; null or absent: it has none. */
  readonly rates?: RateUse | null
}

/** A scope in memory: the row, and the holds it does not contain. */
export interface Scope {
  readonly id: ScopeId
  spent: Record<Period, Spent>
  days: readonly Spent[]
  calls: number
  markNano: number
  /** Amounts and guards of the open calls. */
  heldNano: number
  carriedNano: number
  carriedUntil: number
  silenceMs: number
  session: SessionFacts | null
  rates: RateUse | null
  /** Calls in flight. */
  openCalls: number
  /** The most that was outstanding lately. */
  peakNano: number
  /** Moving average of a hold. */
  typicalNano: number
}

export function keyScope(keyId: string): ScopeId {
  return `key:${keyId}`
}

export function sessionScopeId(session: string): ScopeId {
  return `session:${session}`
}

export function newScope(id: ScopeId, session: SessionFacts | null = null): Scope {
  const never: Spent = { startsAt: 0, nano: 0 }
  return {
    id,
    spent: { day: never, week: never, month: never, total: never },
    days: [],
    calls: 0,
    markNano: 0,
    heldNano: 0,
    carriedNano: 0,
    carriedUntil: 0,
    silenceMs: 0,
    session,
    rates: null,
    openCalls: 0,
    peakNano: 0,
    typicalNano: 0,
  }
}

export function scopeRow(scope: Scope): ScopeRow {
  const { id, spent, days, calls, markNano, carriedNano, carriedUntil, silenceMs, session, rates } = scope
  const row = { id, spent: { ...spent }, days, calls, markNano, carriedNano, carriedUntil, silenceMs }
  return { ...row, ...(session === null ? {} : { session }), ...(rates === null ? {} : { rates }) }
}

/**
 * The window that is running. A clock that went back does not reopen a closed window: what was spent in the later one
 * would be forgotten.
 */
export function currentWindow(scope: Scope, period: BudgetPeriod, now: number): Spent {
  const startsAt = periodStart(period, now)
  const known = scope.spent[period === 'session' ? 'total' : period]
  return known.startsAt >= startsAt ? known : { startsAt, nano: 0 }
}

/** Money that may still be spent by calls in flight, known or not. */
export function outstanding(scope: Scope): number {
  return scope.heldNano + scope.carriedNano
}

/** Adds a charge to every running window. */
export function charge(scope: Scope, nano: number, now: number): void {
  const { day } = scope.spent
  if (day.nano > 0 && day.startsAt < currentWindow(scope, 'day', now).startsAt)
    scope.days = [...scope.days, day].slice(-KEPT_DAYS)
  for (const period of PERIODS) {
    const window = currentWindow(scope, period, now)
    scope.spent[period] = { startsAt: window.startsAt, nano: window.nano + nano }
  }
  scope.calls += 1
}

/**
 * Corrects an earlier charge by a difference. Money that was spent must be counted somewhere, so a surcharge goes to
 * the running windows; a credit only to those that held the charge, since a closed window frees nothing in the next.
 */
export function correct(
  scope: Scope,
  difference: number,
  at: { readonly chargedAt: number; readonly now: number },
): void {
  for (const period of PERIODS) {
    const window = currentWindow(scope, period, at.now)
    const sameWindow = at.chargedAt >= window.startsAt
    const nano = difference > 0 || sameWindow ? Math.max(0, window.nano + difference) : window.nano
    scope.spent[period] = { startsAt: window.startsAt, nano }
  }
}

/** How far the mark is set beyond what is outstanding: enough that few admissions cross it, little for a restart to hold. */
export function markAllowance(scope: Scope, share: number): number {
  const held = outstanding(scope)
  return Math.ceil(Math.max(2 * scope.typicalNano, held * share, scope.peakNano - held))
}
