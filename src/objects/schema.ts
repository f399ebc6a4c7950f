/**
 * The tables of the Durable Objects, and how an object's storage is brought up to date. A migration is never edited
 * once released: a change is a new entry at the end.
 */

export const SESSION_MIGRATIONS = [
  `CREATE TABLE summary (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL);
   CREATE TABLE threads (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;`,
] as const

/**
 * The ledger's rows are small JSON documents under their keys: there is one writer, and nothing is ever looked up by
 * what is inside. No secondary index, since every index is one more row written per call.
 */
export const LEDGER_MIGRATIONS = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE keys (key_hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE budgets (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE scopes (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE outbox (seq INTEGER PRIMARY KEY, request_id TEXT, remember_until INTEGER NOT NULL, body TEXT NOT NULL);
   CREATE TABLE receipts (seq INTEGER PRIMARY KEY, remember_until INTEGER NOT NULL, request_ids TEXT NOT NULL);
   CREATE TABLE journal (page INTEGER PRIMARY KEY, calls TEXT NOT NULL);
   CREATE TABLE expired (request_id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;`,
] as const

const VERSION_TABLE = 'schema_version'

/** Whether the object ever wrote: one that was only asked has no tables, and must not get any by being asked. */
export function hasTables(sql: SqlStorage): boolean {
  return sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', VERSION_TABLE).toArray().length > 0
}

/** Runs the migrations this storage has not seen, all or none. Call it before the first write. */
export function migrate(storage: DurableObjectStorage, migrations: readonly string[]): void {
  storage.transactionSync(() => {
    const { sql } = storage
    sql.exec(`CREATE TABLE IF NOT EXISTS ${VERSION_TABLE} (version INTEGER NOT NULL)`)
    const done = sql.exec<{ version: number }>(`SELECT version FROM ${VERSION_TABLE}`).toArray()[0]?.version ?? 0
    if (done >= migrations.length) return
    for (const migration of migrations.slice(done)) sql.exec(migration)
    sql.exec(`DELETE FROM ${VERSION_TABLE}`)
    sql.exec(`INSERT INTO ${VERSION_TABLE} (version) VALUES (?)`, migrations.length)
  })
}
