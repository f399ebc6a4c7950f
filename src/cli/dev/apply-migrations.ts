/** Brings the local database to the newest migration, in the same table wrangler keeps, so that either may go on. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Miniflare } from 'miniflare'
import { unstable_splitSqlQuery } from 'wrangler'
import { StartError } from './start-error.ts'

type Database = Awaited<ReturnType<Miniflare['getD1Database']>>

async function applied(database: Database): Promise<ReadonlySet<string>> {
  await database
    .prepare(
      `CREATE TABLE IF NOT EXISTS d1_migrations(
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         name TEXT UNIQUE,
         applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
    )
    .run()
  const { results } = await database.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  return new Set(results.map((row) => row.name))
}

/**
 * Runs the migrations the database has not seen, in the order of their names, each as one transaction.
 *
 * @param folder the folder of `.sql` files
 * @returns the names that were applied now
 * @throws StartError naming the migration that failed
 */
export async function applyMigrations(database: Database, folder: string): Promise<readonly string[]> {
  const done = await applied(database)
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql') && !done.has(name))
    .toSorted()
  for (const name of names) {
    const statements = unstable_splitSqlQuery(readFileSync(join(folder, name), 'utf8'))
    try {
      await database.batch([
        ...statements.map((statement) => database.prepare(statement)),
        database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name),
      ])
    } catch (error) {
      throw new StartError(`Migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, error)
    }
  }
  return names
}
