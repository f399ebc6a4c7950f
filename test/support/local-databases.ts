/** The databases of a local gateway, as files: what no route tells. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Files of the databases in a folder of the state. */
function filesIn(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sqlite') && file !== 'metadata.sqlite')
  return files.map((file) => join(folder, file))
}

function opened(file: string): DatabaseSync {
  return new DatabaseSync(file, { readOnly: true })
}

function logOf(state: string): DatabaseSync {
  const [file] = filesIn(join(state, 'v3/d1/miniflare-D1DatabaseObject'))
  return opened(file ?? fail('no log'))
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
  return Number(ledgerMeta(ledgerFile(state, teamId)).get('epoch'))
}

/** Changes with every byte that is written to the database of a team's ledger, in its file or its write-ahead log. */
export function ledgerFingerprint(state: string, teamId: string): string {
  const file = ledgerFile(state, teamId)
  const hash = createHash('sha256')
  for (const part of [file, `${file}-wal`]) hash.update(existsSync(part) ? readFileSync(part) : 'none')
  return hash.digest('hex')
}

function ledgerFile(state: string, teamId: string): string {
  const files = filesIn(join(state, 'v3/do/-LedgerObject'))
  return files.find((file) => ledgerMeta(file).get('team')?.includes(teamId) === true) ?? fail('no ledger of the team')
}

function ledgerMeta(file: string): ReadonlyMap<string, string> {
  const rows = opened(file).prepare('SELECT name, value FROM meta').all() as { name: string; value: string }[]
  return new Map(rows.map(({ name, value }) => [name, value]))
}

function fail(what: string): never {
  throw new Error(what)
}
