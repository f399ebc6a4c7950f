/**
 * What an administrator changes of a key: made, changed, rotated, revoked. A key is one row per hash; all rows of a key
 * say the same but for the hash and until when it is accepted. Every change holds from the next call on.
 */
import type { CheckedKeyPatch } from './ledger-commands.ts'
import type { Command } from './configure.ts'
import { done, failed, nextRevision } from './configure.ts'
import { expectDeath } from './dead-keys.ts'
import type { Ledger, LedgerKey, LedgerWrite } from './ledger-state.ts'
import { keepKey, LEDGER_LIMITS } from './ledger-state.ts'

/** Adds a key, or replaces the one of the same hash. */
export function putKey(ledger: Ledger, key: LedgerKey): Command {
  const known = ledger.keys.get(key.keyHash)
  if (known === undefined && ledger.keys.size >= LEDGER_LIMITS.keys) return tooManyKeys()
  if (known !== undefined && known.keyId !== key.keyId) return failed('conflict', 'This hash belongs to another key.')
  const overrideVersion = known === undefined ? key.overrideVersion : known.overrideVersion + 1
  return store(ledger, [{ ...key, overrideVersion }])
}

/** Changes what the patch names. A policy override that changes gets a new version, so that gateways ask for it. */
export function updateKey(ledger: Ledger, keyId: string, patch: CheckedKeyPatch): Command {
  const rows = rowsOf(ledger, keyId)
  if (rows.length === 0) return failed('not_found', 'There is no such key.')
  return change(
    ledger,
    rows.map((row) => patched(row, patch)),
  )
}

function patched(row: LedgerKey, patch: CheckedKeyPatch): LedgerKey {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined)
  const next: LedgerKey = Object.assign({ ...row }, Object.fromEntries(given))
  const overridden = next.policyOverride !== row.policyOverride
  return overridden ? { ...next, overrideVersion: row.overrideVersion + 1 } : next
}

/**
 * Gives a key a new hash. The hashes before it are accepted for `overlapMs` more, then refused. The latest few stay known,
 * so that whoever still uses one is told that it was replaced.
 */
export function rotateKey(
  ledger: Ledger,
  rotation: { readonly keyId: string; readonly newHash: string; readonly overlapMs: number },
  now: number,
): Command {
  const rows = rowsOf(ledger, rotation.keyId)
  const newest = rows.find((row) => row.retiresAt === null)
  if (newest === undefined) return failed('not_found', 'There is no such key.')
  if (newest.revokedAt !== null) return failed('conflict', 'This key was revoked.')
  if (ledger.keys.has(rotation.newHash)) return failed('conflict', 'This hash was used before.')
  if (ledger.keys.size >= LEDGER_LIMITS.keys) return tooManyKeys()
  const retiresAt = now + rotation.overlapMs
  const older = rows
    .map((row) => ({ ...row, retiresAt: Math.min(row.retiresAt ?? Infinity, retiresAt) }))
    // The one that was the newest until now comes first, whatever ends with it.
    .sort(
      (a, b) =>
        Number(b.keyHash === newest.keyHash) - Number(a.keyHash === newest.keyHash) || b.retiresAt - a.retiresAt,
    )
  const kept = older.slice(0, LEDGER_LIMITS.oldHashes)
  const dropped = older.slice(LEDGER_LIMITS.oldHashes)
  for (const row of dropped) ledger.keys.delete(row.keyHash)
  const { answer, writes } = change(ledger, [...kept, { ...newest, keyHash: rotation.newHash }])
  return { answer, writes: [...writes, ...dropped.map((row) => ({ table: 'keys' as const, removed: row.keyHash }))] }
}

/** The key, with all its hashes, is refused from now on. Calls in flight settle as they would have. */
export function revokeKey(ledger: Ledger, keyId: string, now: number): Command {
  const rows = rowsOf(ledger, keyId)
  if (rows.length === 0) return failed('not_found', 'There is no such key.')
  return change(
    ledger,
    rows.map((row) => ({ ...row, revokedAt: row.revokedAt ?? now })),
  )
}

/** All rows of a key as changed once more. */
function change(ledger: Ledger, rows: readonly LedgerKey[]): Command {
  const revision = Math.max(...rows.map(nextRevision))
  const stored = store(
    ledger,
    rows.map((row) => ({ ...row, revision })),
  )
  return done(stored.writes, revision)
}

function store(ledger: Ledger, rows: readonly LedgerKey[]): Command {
  const writes: LedgerWrite[] = []
  for (const key of rows) {
    keepKey(ledger, key)
    expectDeath(ledger, key)
    writes.push({ table: 'keys', key })
  }
  return done(writes)
}

function rowsOf(ledger: Ledger, keyId: string): LedgerKey[] {
  return [...ledger.keys.values()].filter((key) => key.keyId === keyId)
}

function tooManyKeys(): Command {
  return failed('too_many', `A team may have ${LEDGER_LIMITS.keys} keys at most.`)
}
