/**
 * Notices that a call could bring up again and again: each crossing is told once. What was told is kept in memory and,
 * the newest of it, written with the notice itself, so neither a storm of calls nor a restart repeats it. Should a
 * crossing be forgotten after all, its notice has the same id, and the log has it already.
 */
import type { Ledger, LedgerWrite } from './ledger-state.ts'
import { LEDGER_LIMITS } from './ledger-state.ts'
import { outbox } from './outbox.ts'
import type { LedgerNotice } from './outbox-message.ts'

/** The notice, unless it was told. `until`: when the crossing may be forgotten, ms since epoch. */
export function tellOnce(ledger: Ledger, notice: LedgerNotice, until: number): LedgerWrite[] {
  const crossing = `${notice.kind} ${notice.id}`
  if (ledger.told.has(crossing)) return []
  return [rememberTold(ledger, crossing, { until, now: notice.at }), tell(ledger, notice)]
}

/** A notice that cannot come twice, since what brings it up happens once. */
export function tell(ledger: Ledger, notice: LedgerNotice): LedgerWrite {
  return outbox(ledger, { requestId: null, rememberUntil: notice.at, message: notice })
}

/** Remembers a crossing under a name of its own. The oldest goes when there are too many. */
export function rememberTold(
  ledger: Ledger,
  crossing: string,
  { until, now }: { readonly until: number; readonly now: number },
): LedgerWrite {
  for (const [known, forgetAt] of ledger.told) if (forgetAt <= now) ledger.told.delete(known)
  ledger.told.set(crossing, until)
  const oldest = ledger.told.keys().next().value
  if (ledger.told.size > LEDGER_LIMITS.told && oldest !== undefined) ledger.told.delete(oldest)
  return toldRow(ledger)
}

/** It may be told again. */
export function forgetTold(ledger: Ledger, crossing: string): LedgerWrite {
  ledger.told.delete(crossing)
  return toldRow(ledger)
}

function toldRow(ledger: Ledger): LedgerWrite {
  return { table: 'told', told: [...ledger.told].slice(-LEDGER_LIMITS.toldStored) }
}
