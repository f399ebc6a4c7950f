/**
 * A budget that affords only a lower tier than the work asks for: whether the call goes there, as `downgrade` says, or is
 * refused (`block`) or told to its person (`surface`). The decision itself is made elsewhere, with and without the budget.
 */
import type { BudgetRefusal } from '../core/ledger/admission.ts'
import type { RouteDecision } from '../core/routing/decide-route.ts'
import type { AdmittedCall } from './admit-call.ts'

/** What stands between a call and the tier its work asks for. */
export interface BudgetInTheWay {
  readonly refusal: BudgetRefusal
  /** Where the call would go without it. */
  readonly wished: RouteDecision
}

/**
 * The refusal of a call that its budgets do not afford the tier for; null: it may go where it was decided.
 *
 * @param unlimited decides the same call as if every tier were affordable; asked only where a tier is not
 */
export function budgetInTheWay(
  { admission }: Pick<AdmittedCall, 'admission'>,
  decision: RouteDecision,
  unlimited: () => RouteDecision,
): BudgetInTheWay | null {
  const { unaffordable } = admission
  if (Object.keys(unaffordable).length === 0) return null
  const wished = unlimited()
  if (decision.target === null) {
    const refusal = wished.target === null ? undefined : unaffordable[wished.tier]
    return refusal === undefined ? null : { refusal, wished }
  }
  // What the work asks for, not what would be cheapest: a lower tier that suffices is no downgrade.
  const refusal = unaffordable[wished.floor < wished.ceiling ? wished.floor : wished.ceiling] ?? null
  return refusal === null || refusal.onExceed === 'downgrade' ? null : { refusal, wished }
}
