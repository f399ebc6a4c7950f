/**
 * What a team and its keys have spent and hold, for reports. It reads memory alone and changes nothing.
 */
import type { Budget } from './budget.ts'
import type { Ledger } from './ledger-state.ts'
import { scopeName } from './ledger-state.ts'
import type { Period } from './periods.ts'
import { PERIODS } from './periods.ts'
import type { ScopeId, Spent } from './scope.ts'
import { currentWindow, outstanding } from './scope.ts'

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

/** The report of this moment. */
export function usageReport(ledger: Ledger, now: number): UsageReport {
  const scopes = [...ledger.scopes.values()].map((scope) => ({
    scope: scope.id,
    name: scopeName(ledger, scope.id),
    spent: Object.fromEntries(PERIODS.map((period) => [period, currentWindow(scope, period, now)])) as Record<
      Period,
      Spent
    >,
    calls: scope.calls,
    reservedNano: outstanding(scope),
  }))
  const budgets = [...ledger.budgets.values()].map(({ toldThreshold: _told, toldWindow: _window, ...budget }) => budget)
  return {
    teamId: ledger.team?.teamId ?? null,
    at: now,
    openCalls: ledger.open.size,
    outboxRows: ledger.outboxRows,
    scopes,
    budgets,
  }
}
