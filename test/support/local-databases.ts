/** The databases of a local gateway, as files: what no route tells. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

function databasesIn(folder: string): DatabaseSync[] {
  return sqliteFiles(folder).map((file) => new DatabaseSync(file, { readOnly: true }))
}

function sqliteFiles(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sqlite') && file !== 'metadata.sqlite')
  return files.map((file) => join(folder, file))
}

function logOf(state: string): DatabaseSync {
  return databasesIn(join(state, 'v3/d1/miniflare-D1DatabaseObject'))[0] ?? fail('no log')
}

/** Ids of a team's decisions in the order they were written, which is the order they were settled in. */
export function loggedOrder(state: string, teamId: string): string[] {
  const rows = logOf(state).prepare('SELECT id FROM decisions WHERE team_id = ? ORDER BY rowid').all(teamId)
  return rows.map(({ id }) => String(id))
}

/** Kinds of a team's notices among some kinds. */
export function loggedNotices(state: string, teamId: string, kinds: readonly string[]): string[] {
  const query = 'SELECT kind FROM ledger_notices WHERE team_id = ? AND kind IN (SELECT value FROM json_each(?))'
  const rows = logOf(state).prepare(query).all(teamId, JSON.stringify(kinds))
  return rows.map(({ kind }) => String(kind))
}

/** How many runs a team's ledger has had. */
export function ledgerEpoch(state: string, teamId: string): number {
  return Number(ledgerMeta(databaseOfLedger(state, teamId)).get('epoch'))
}

/** The database of a team's ledger. */
function databaseOfLedger(state: string, teamId: string): DatabaseSync {
  const ledgers = databasesIn(join(state, 'v3/do/-LedgerObject'))
  return (
    ledgers.find((ledger) => ledgerMeta(ledger).get('team')?.includes(teamId) === true) ?? fail('no ledger of the team')
  )
}

function ledgerMeta(ledger: DatabaseSync): ReadonlyMap<string, string> {
  const rows = ledger.prepare('SELECT name, value FROM meta').all() as { name: string; value: string }[]
  return new Map(rows.map(({ name, value }) => [name, value]))
}

function fail(what: string): never {
  throw new Error(what)
}
