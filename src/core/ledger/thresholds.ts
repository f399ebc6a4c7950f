/**
 * Which thresholds of its budgets a scope's spending has just passed. Each is told once per window; what was told is
 * written together with the charge that crossed it.
 */
import type { WatchedBudget } from './budget.ts'
import { budgetsOn } from './calls.ts'
import type { Ledger } from './ledger-state.ts'
import { scopeName } from './ledger-state.ts'
import type { LedgerNotice } from './outbox-message.ts'
import type { Scope } from './scope.ts'
import { currentWindow } from './scope.ts'

/**
 * The highest newly crossed threshold of each budget, with the budget as it is to be written; null: what was told is
 * kept with the session, whose row is written anyway.
 */
export function crossedThresholds(
  ledger: Ledger,
  scope: Scope,
  now: number,
): { budget: WatchedBudget | null; message: LedgerNotice }[] {
  const crossed: { budget: WatchedBudget | null; message: LedgerNotice }[] = []
  for (const budget of budgetsOn(ledger, scope)) {
    const window = currentWindow(scope, budget.period, now)
    const told = toldOf(budget, scope, window.startsAt)
    const reached = budget.thresholds.findLast((share) => window.nano >= share * budget.limitNano)
    if (reached === undefined || reached <= told) continue
    const message = notice(ledger, { budget, scope, window, reached }, now)
    if (scope.session !== null) {
      scope.session = { ...scope.session, told: { ...scope.session.told, [budget.id]: reached } }
      crossed.push({ budget: null, message })
      continue
    }
    budget.toldThreshold = reached
    budget.toldWindow = window.startsAt
    crossed.push({ budget: { ...budget }, message })
  }
  return crossed
}

function toldOf(budget: WatchedBudget, { session }: Scope, window: number): number {
  if (session !== null) return session.told[budget.id] ?? 0
  return budget.toldWindow === window ? budget.toldThreshold : 0
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
    id: `${teamId}:${budget.id}:${scope.session === null ? window.startsAt : scope.id}:${budget.limitNano}:${reached}`,
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
