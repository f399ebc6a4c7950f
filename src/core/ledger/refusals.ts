/**
 * How often a budget had no room for a call that asked to be admitted. It is counted in memory, so that a storm of
 * refusals touches no row, and written with the budget once the ledger is quiet or does its alarm's work anyway; a crash
 * loses what was counted since. What is refused after its admission is in the log, call by call.
 */
import type { Room, WatchedBudget } from './budget.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { currentWindow } from './scope.ts'

/** One more refusal by the budget of that room. */
export function countRefusal(ledger: Ledger, { budget, scope }: Room, now: number): void {
  const watched = ledger.budgets.get(budget.id)
  if (watched === undefined) return
  const { startsAt } = currentWindow(scope, budget.period, now)
  watched.refusedCalls = refusalsIn(watched, startsAt) + 1
  watched.refusedWindow = startsAt
  ledger.unsavedRefusals.add(budget.id)
}

/** Refusals of a window. */
export function refusalsIn({ refusedCalls, refusedWindow }: WatchedBudget, startsAt: number): number {
  return refusedWindow === startsAt ? refusedCalls : 0
}

/** The budgets whose count is not written yet. */
export function saveRefusals(ledger: Ledger): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const id of ledger.unsavedRefusals) {
    const budget = ledger.budgets.get(id)
    if (budget !== undefined) writes.push({ table: 'budgets', budget: { ...budget } })
  }
  ledger.unsavedRefusals.clear()
  return writes
}
