/**
 * What a team and its keys have spent and hold, and how their budgets stand, for reports. It reads memory alone and
 * changes nothing. Money is nano-dollars, times are milliseconds since epoch.
 */
import type { IdentifyAnswer, KeyIdentity } from './admission.ts'
import type { Budget, BudgetScope, WatchedBudget } from './budget.ts'
import { budgetKind, isEachSession } from './budget.ts'
import type { Ledger } from './ledger-state.ts'
import { scopeName, scopeOf } from './ledger-state.ts'
import type { Period } from './periods.ts'
import { periodEnd, PERIODS } from './periods.ts'
import { refusalsIn } from './refusals.ts'
import type { Scope, ScopeId, Spent } from './scope.ts'
import { currentWindow, keyScope, outstanding } from './scope.ts'

export interface ScopeUsage {
  readonly scope: ScopeId
  readonly name: string
  /** The running windows: when each began, and nano-dollars spent in it. */
  readonly spent: Readonly<Record<Period, Spent>>
  /** Calls charged since the beginning. */
  readonly calls: number
  readonly reservedNano: number
}

export interface UsageReport {
  readonly teamId: string | null
  readonly at: number
  readonly openCalls: number
  /** Messages not yet sent to the log. */
  readonly outboxRows: number
  readonly scopes: readonly ScopeUsage[]
  readonly budgets: readonly Budget[]
}

/** A budget and how it stands. */
export interface BudgetReport extends Omit<Budget, 'scope'> {
  /** Calls that it refused at their admission in its running window; one for each session: since it was put. */
  readonly refusals: number
  readonly scope: 'team' | 'key' | 'session'
  /** The key whose budget, or whose sessions' budget, it is; null: the team's. */
  readonly keyId: string | null
  /** The team's or the key's name. */
  readonly name: string
  /** Its running window; null for a budget of each session, which has no window of its own. */
  readonly window: {
    readonly startsAt: number
    /** null: it never ends. */
    readonly resetsAt: number | null
    readonly spentNano: number
    readonly reservedNano: number
    /** Never below 0. */
    readonly leftNano: number
  } | null
}

/** What a developer sees of the own key: its spending, the team's, and every budget over it. */
export interface OwnUsage {
  readonly at: number
  readonly key: KeyIdentity
  readonly own: ScopeUsage
  readonly team: ScopeUsage
  readonly budgets: readonly BudgetReport[]
}

export type OwnUsageAnswer =
  | { readonly known: true; readonly usage: OwnUsage }
  | Extract<IdentifyAnswer, { known: false }>

/** The report of this moment. */
export function usageReport(ledger: Ledger, now: number): UsageReport {
  const budgets = [...ledger.budgets.values()].map(unwatched)
  return {
    teamId: ledger.team?.teamId ?? null,
    at: now,
    openCalls: ledger.open.size,
    outboxRows: ledger.outboxRows,
    scopes: [...ledger.scopes.values()].map((scope) => scopeUsage(ledger, scope, now)),
    budgets,
  }
}

/** Every budget, in the order they were put. */
export function budgetReports(ledger: Ledger, now: number): BudgetReport[] {
  return [...ledger.budgets.values()].map((budget) => budgetReport(ledger, budget, now))
}

/** The report a key may ask for about itself. */
export function ownUsage(ledger: Ledger, key: KeyIdentity, now: number): OwnUsage {
  const scope = keyScope(key.keyId)
  const over: readonly BudgetScope[] = ['team', scope, 'sessions', `sessions:${key.keyId}`]
  const budgets = [...ledger.budgets.values()].filter((budget) => over.includes(budget.scope))
  return {
    at: now,
    key,
    own: scopeUsage(ledger, scopeOf(ledger, scope), now),
    team: scopeUsage(ledger, scopeOf(ledger, 'team'), now),
    budgets: budgets.map((budget) => budgetReport(ledger, budget, now)),
  }
}

function scopeUsage(ledger: Ledger, scope: Scope, now: number): ScopeUsage {
  const windows = PERIODS.map((period) => [period, currentWindow(scope, period, now)])
  return {
    scope: scope.id,
    name: scopeName(ledger, scope.id),
    spent: Object.fromEntries(windows) as Record<Period, Spent>,
    calls: scope.calls,
    reservedNano: outstanding(scope),
  }
}

function budgetReport(ledger: Ledger, budget: WatchedBudget, now: number): BudgetReport {
  const { scope, ...shown } = unwatched(budget)
  const keyId = keyIdOf(scope)
  const window = isEachSession(scope) ? null : windowOf(scopeOf(ledger, scope), budget, now)
  return {
    ...shown,
    refusals: refusalsIn(budget, window?.startsAt ?? 0),
    scope: budgetKind(scope),
    keyId,
    name: scopeName(ledger, keyId === null ? 'team' : keyScope(keyId)),
    window,
  }
}

function unwatched(watched: WatchedBudget): Budget {
  const { toldThreshold: _told, toldWindow: _since, refusedCalls: _refused, refusedWindow: _in, ...budget } = watched
  return budget
}

function windowOf(scope: Scope, budget: Budget, now: number): BudgetReport['window'] {
  const { startsAt, nano: spentNano } = currentWindow(scope, budget.period, now)
  const reservedNano = outstanding(scope)
  return {
    startsAt,
    resetsAt: periodEnd(budget.period, startsAt),
    spentNano,
    reservedNano,
    leftNano: Math.max(0, budget.limitNano - spentNano - reservedNano),
  }
}

function keyIdOf(scope: BudgetScope): string | null {
  const colon = scope.indexOf(':')
  return colon < 0 ? null : scope.slice(colon + 1)
}
