/** Months' budgets of a scope that will be passed at its pace: told once per month and limit, after a charge. */
import { spendPace } from '../alerts/spend-pace.ts'
import { budgetsOn } from './calls.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { scopeName } from './ledger-state.ts'
import { periodEnd } from './periods.ts'
import type { Scope } from './scope.ts'
import { currentWindow } from './scope.ts'
import { tellOnce } from './tell-once.ts'

export function paceNotices(ledger: Ledger, scope: Scope, now: number): LedgerWrite[] {
  if (scope.days.length === 0) return []
  const writes: LedgerWrite[] = []
  for (const budget of budgetsOn(ledger, scope)) {
    if (budget.period !== 'month') continue
    const month = currentWindow(scope, 'month', now)
    const endsAt = periodEnd('month', month.startsAt) ?? now
    const { limitNano } = budget
    const today = currentWindow(scope, 'day', now)
    const warning = spendPace({ limitNano, spentNano: month.nano, endsAt, today, earlier: scope.days }, now)
    if (warning === null) continue
    const teamId = ledger.team?.teamId ?? ''
    const notice = {
      kind: 'pace',
      id: `${teamId}:${budget.id}:${month.startsAt}:${limitNano}`,
      teamId,
      budgetId: budget.id,
      scope: scope.id,
      scopeName: scopeName(ledger, scope.id),
      periodStartsAt: month.startsAt,
      spentNano: month.nano,
      limitNano,
      ...warning,
      at: now,
    } as const
    writes.push(...tellOnce(ledger, notice, endsAt))
  }
  return writes
}
