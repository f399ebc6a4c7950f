/**
 * Which thresholds of its budgets a scope's spending has just passed. Each is told once per window; what was told is
 * written together with the charge that crossed it.
 */
import type { WatchedBudget } from './budget.ts'
import type { Ledger } from './ledger-state.ts'
import { scopeName } from './ledger-state.ts'
import type { LedgerNotice } from './outbox-message.ts'
import type { Scope } from './scope.ts'
import { currentWindow } from './scope.ts'

/** The highest newly crossed threshold of each budget, with the budget as it is to be written. */
export function crossedThresholds(
  ledger: Ledger,
  scope: Scope,
  now: number,
): { budget: WatchedBudget; message: LedgerNotice }[] {
  const crossed: { budget: WatchedBudget; message: LedgerNotice }[] = []
  for (const budget of ledger.budgets.values()) {
    if (budget.scope !== scope.id) continue
    const window = currentWindow(scope, budget.period, now)
    const told = budget.toldWindow === window.startsAt ? budget.toldThreshold : 0
    const reached = budget.thresholds.findLast((share) => window.nano >= share * budget.limitNano)
    if (reached === undefined || reached <= told) continue
    budget.toldThreshold = reached
    budget.toldWindow = window.startsAt
    crossed.push({ budget: { ...budget }, message: notice(ledger, { budget, scope, window, reached }, now) })
  }
  return crossed
}

function notice(
  ledger: Ledger,
  of: { budget: WatchedBudget; scope: Scope; window: { startsAt: number; nano: number }; reached: number },
  now: number,
): LedgerNotice {
  const { budget, scope, window, reached } = of
  const teamId = ledger.team?.teamId ?? ''
  return {
    kind: 'threshold',
    id: `${teamId}:${budget.id}:${window.startsAt}:${budget.limitNano}:${reached}`,
    teamId,
    budgetId: budget.id,
    scope: scope.id,
    scopeName: scopeName(ledger, scope.id),
    period: budget.period,
    periodStartsAt: window.startsAt,
    threshold: reached,
    spentNano: window.nano,
    limitNano: budget.limitNano,
    at: now,
  }
}
