/** Money that was spent, in every scope it counts against, and what of it is to be told. */
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { writeScope } from './calls.ts'
import { paceNotices } from './pace-notices.ts'
import type { Scope } from './scope.ts'
import { charge } from './scope.ts'
import { keepSession } from './sessions.ts'
import { tell } from './tell-once.ts'
import { crossedThresholds } from './thresholds.ts'

export function chargeScopes(
  ledger: Ledger,
  cost: { readonly scopes: readonly Scope[]; readonly nano: number },
  now: number,
): LedgerWrite[] {
  const writes: LedgerWrite[] = []
  for (const scope of cost.scopes) {
    charge(scope, cost.nano, now)
    writes.push(...keepSession(ledger, scope, now))
    for (const { budget, message } of crossedThresholds(ledger, scope, now)) {
      if (budget !== null) writes.push({ table: 'budgets', budget })
      writes.push(tell(ledger, message))
    }
    writes.push(...paceNotices(ledger, scope, now), writeScope(ledger, scope, now))
  }
  return writes
}
