/** Whom a refusal speaks to, and by which names. */
import type { Telling } from './budget.ts'
import type { Ledger, LedgerKey } from './ledger-state.ts'
import { scopeName } from './ledger-state.ts'

/** What a refusal of a key's call tells beside the budget. */
export function tellingTo(ledger: Ledger, { keyId }: Pick<LedgerKey, 'keyId'>, now: number): Telling {
  return {
    now,
    typicalCallMs: ledger.typicalCallMs,
    scopeName: (scope) => scopeName(ledger, scope),
    askWhom: ledger.team?.contact ?? ledger.keysById.get(keyId)?.owner ?? null,
  }
}
