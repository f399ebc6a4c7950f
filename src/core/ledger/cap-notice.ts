/**
 * A hard budget stopped a call: told once per window and limit. Waiting for calls in flight is no such stop. A call that
 * was too large for a budget of which much is left is told apart, so that the budget's end is told all the same.
 */
import type { Room } from './budget.ts'
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { LEDGER_LIMITS, scopeName } from './ledger-state.ts'
import { periodEnd } from './periods.ts'
import { currentWindow } from './scope.ts'
import { tellOnce } from './tell-once.ts'

/** What is remembered without end, because its window has none. */
const ALWAYS = Number.MAX_SAFE_INTEGER

/** With less than a tenth of it left a budget is at its end, whatever the call is that shows it. */
const NEARLY_ALL = 0.9

/**
 * @param stopped the budget that had no room for a call, and what of it is used up: spent, or used by the call itself
 */
export function capNotice(
  ledger: Ledger,
  { room, usedNano }: { readonly room: Room; readonly usedNano: number },
  now: number,
): LedgerWrite[] {
  const { budget, scope, spentNano } = room
  const { period, limitNano } = budget
  const tooLarge = usedNano < NEARLY_ALL * limitNano
  const { startsAt } = currentWindow(scope, period, now)
  const teamId = ledger.team?.teamId ?? ''
  const resetsAt = periodEnd(period, startsAt)
  // One budget may be over many sessions.
  const over = budget.scope === scope.id ? '' : `:${scope.id}`
  return tellOnce(
    ledger,
    {
      kind: 'cap_hit',
      id: `${teamId}:${budget.id}${over}:${startsAt}:${limitNano}${tooLarge ? ':too_large' : ''}`,
      teamId,
      budgetId: budget.id,
      scope: scope.id,
      scopeName: scopeName(ledger, scope.id),
      period,
      periodStartsAt: startsAt,
      spentNano,
      limitNano,
      tooLarge,
      resetsAt,
      at: now,
    },
    resetsAt ?? (scope.session === null ? ALWAYS : now + LEDGER_LIMITS.sessionIdleMs),
  )
}
