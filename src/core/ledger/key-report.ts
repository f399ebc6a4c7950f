/**
 * A team's settings and its keys as the admin API shows them: everything but the hashes. It reads memory alone.
 */
import type { Ledger, LedgerKey, LedgerTeam } from './ledger-state.ts'

/** A key with all its hashes taken together. */
export interface KeyReport extends Omit<LedgerKey, 'keyHash' | 'retiresAt' | 'revision'> {
  /** Until when each hash that was rotated away is still accepted, the latest first; empty: no rotation is under way. */
  readonly oldHashesUntil: readonly number[]
}

export interface TeamReport extends Omit<LedgerTeam, 'revision'> {
  /** 0: the team has no policy of its own. */
  readonly policyVersion: number
  readonly keys: number
  readonly budgets: number
}

/** Every key, in the order they were made. */
export function keyReports(ledger: Ledger, now: number): KeyReport[] {
  const rows = new Map<string, LedgerKey[]>()
  for (const key of ledger.keys.values()) rows.set(key.keyId, [...(rows.get(key.keyId) ?? []), key])
  return [...rows.values()].map((ofKey) => keyReport(ofKey, now))
}

/** null: the team is not set up yet. */
export function teamReport(ledger: Ledger): TeamReport | null {
  if (ledger.team === null) return null
  const keyIds = new Set([...ledger.keys.values()].map((key) => key.keyId))
  const { revision: _revision, ...team } = ledger.team
  return {
    ...team,
    policyVersion: ledger.policy?.version ?? 0,
    keys: keyIds.size,
    budgets: ledger.budgets.size,
  }
}

function keyReport(rows: readonly LedgerKey[], now: number): KeyReport {
  const newest = rows.find((row) => row.retiresAt === null) ?? rows[0]!
  const { keyHash: _hash, retiresAt: _retires, revision: _revision, ...shown } = newest
  const untils = rows.map((row) => row.retiresAt).filter((until) => until !== null && until > now) as number[]
  return { ...shown, oldHashesUntil: untils.sort((a, b) => b - a) }
}
