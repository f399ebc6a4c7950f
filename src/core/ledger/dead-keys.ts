/**
 * Keys that are long dead: hashes that were rotated away, and revoked keys with all that is kept for them. They are
 * remembered while somebody may still call with them and want to know why not, or a call or a window of theirs may still
 * be open; then they are forgotten, a few at a time. The directory and the log keep them.
 */
import type { Budget } from './budget.ts'
import { indexBudgets, LEDGER_LIMITS, type Ledger, type LedgerKey, type LedgerWrite } from './ledger-state.ts'
import { keyScope, outstanding } from './scope.ts'

/** When a row of a key may be forgotten; null: it is accepted still, or only expired, and that can be changed. */
function deadAt({ retiresAt, revokedAt }: LedgerKey): number | null {
  const ends = [retiresAt, revokedAt].filter((at) => at !== null)
  return ends.length === 0 ? null : Math.min(...ends) + LEDGER_LIMITS.deadKeyMs
}

/** A row of a key was written: when it may be forgotten, there is something to do. */
export function expectDeath(ledger: Pick<Ledger, 'nextDeadKey'>, key: LedgerKey): void {
  const at = deadAt(key)
  if (at !== null) ledger.nextDeadKey = Math.min(ledger.nextDeadKey ?? Infinity, at)
}

/** Forgets what is dead at `now`, so many rows at most. */
export function forgetDeadKeys(ledger: Ledger, now: number): LedgerWrite[] {
  if (ledger.nextDeadKey === null || ledger.nextDeadKey > now) return []
  const busy = keysAtWork(ledger)
  const writes: LedgerWrite[] = []
  let rows = 0
  ledger.nextDeadKey = null
  for (const key of ledger.keys.values()) {
    const at = deadAt(key)
    if (at === null) continue
    if (at > now) expectDeath(ledger, key)
    else if (rows >= LEDGER_LIMITS.deadKeysAtOnce || busy.has(key.keyId))
      ledger.nextDeadKey = now + LEDGER_LIMITS.graceMs
    else {
      rows += 1
      writes.push(...forgetKey(ledger, key))
    }
  }
  return writes
}

/** Keys of which a call is open, or may still be corrected. */
function keysAtWork(ledger: Ledger): ReadonlySet<string> {
  return new Set([...ledger.open.values(), ...ledger.expired.values()].map(({ keyId }) => keyId))
}

function forgetKey(ledger: Ledger, key: LedgerKey): LedgerWrite[] {
  ledger.keys.delete(key.keyHash)
  const writes: LedgerWrite[] = [{ table: 'keys', removed: key.keyHash }]
  // The row of an old hash is no key of its own.
  if (ledger.keysById.get(key.keyId) !== key) return writes
  ledger.keysById.delete(key.keyId)
  const id = keyScope(key.keyId)
  const scope = ledger.scopes.get(id)
  if (scope !== undefined && outstanding(scope) === 0) {
    ledger.scopes.delete(id)
    writes.push({ table: 'scopes', removed: id })
  }
  return [...writes, ...forgetBudgets(ledger, [id, `sessions:${key.keyId}`])]
}

function forgetBudgets(ledger: Ledger, over: readonly Budget['scope'][]): LedgerWrite[] {
  const gone = over.flatMap((scope) => ledger.budgetsByScope.get(scope) ?? [])
  for (const { id } of gone) ledger.budgets.delete(id)
  if (gone.length > 0) indexBudgets(ledger)
  return gone.map(({ id }) => ({ table: 'budgets', removed: id }))
}
