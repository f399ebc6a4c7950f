/** A hard budget stopped a call: told once per window and limit. Waiting for calls in flight is no such stop. */
import type { Room } from './budget.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { LEDGER_LIMITS, scopeName } from './ledger-state.ts'
import { periodEnd } from './periods.ts'
import { currentWindow } from './scope.ts'
import { tellOnce } from './tell-once.ts'

/** What is remembered without end, because its window has none. */
const ALWAYS = Number.MAX_SAFE_INTEGER

/** `stopped`: the budget that had no room for a call. */
export function capNotice(ledger: Ledger, stopped: Room, now: number): LedgerWrite[] {
  const { budget, scope, spentNano } = stopped
  const { period, limitNano } = budget
  const { startsAt } = currentWindow(scope, period, now)
  const teamId = ledger.team?.teamId ?? ''
  const resetsAt = periodEnd(period, startsAt)
  // One budget may be over many sessions.
  const over = budget.scope === scope.id ? '' : `:${scope.id}`
  return tellOnce(
    ledger,
    {
      kind: 'cap_hit',
      id: `${teamId}:${budget.id}${over}:${startsAt}:${limitNano}`,
      teamId,
      budgetId: budget.id,
      scope: scope.id,
      scopeName: scopeName(ledger, scope.id),
      period,
      periodStartsAt: startsAt,
      spentNano,
      limitNano,
      resetsAt,
      at: now,
    },
    resetsAt ?? (scope.session === null ? ALWAYS : now + LEDGER_LIMITS.sessionIdleMs),
  )
}
