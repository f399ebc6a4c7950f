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
    // A getter: only a refusal looks for it.
    get askWhom() {
      return ledger.team?.contact ?? ownerOf(ledger, keyId)
    },
  }
}

function ownerOf(ledger: Ledger, keyId: string): string | null {
  for (const key of ledger.keys.values()) if (key.keyId === keyId) return key.owner
  return null
}
