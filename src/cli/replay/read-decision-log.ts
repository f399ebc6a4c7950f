/** The decision log from where it is kept: an export, a local gateway's database, or a gateway's admin API. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { readDecisionRow, type DecisionLogRow } from '../../core/replay/read-decision-rows.ts'
import { UnreadableLog } from '../../core/replay/recorded-thread.ts'
import { jsonOf, readLines } from './read-lines.ts'

/** Told how much of the log was read, where its size is known. */
export type OnRead = (done: number, total: number) => void

/**
 * An export: one row a line, or one page of the admin API a line.
 *
 * @throws UnreadableLog naming the first line that is no decision
 */
export async function readDecisionExport(
  path: string,
  size: number,
  onRead: OnRead,
): Promise<readonly DecisionLogRow[]> {
  const rows: DecisionLogRow[] = []
  for await (const line of readLines(path, (bytes) => onRead(bytes, size))) {
    const value = jsonOf(line, path)
    const place = `${path}, line ${line.number},`
    for (const row of rowsOf(value)) rows.push(readDecisionRow(row, place))
  }
  return rows
}

function rowsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  const page = typeof value === 'object' && value !== null && 'decisions' in value ? value.decisions : undefined
  return Array.isArray(page) ? page : [value]
}

/** Where Miniflare keeps the databases of a state folder, by whichever tool made it. */
const DATABASE_FOLDERS = ['v3/d1', 'v3/d1/miniflare-D1DatabaseObject', 'd1/miniflare-D1DatabaseObject', '.']

/**
 * The log in the state folder of `npm start`. The gateway may be running.
 *
 * @throws UnreadableLog where the folder holds no decision log
 */
export function readLocalDecisions(folder: string, onRead: OnRead): readonly DecisionLogRow[] {
  if (!existsSync(folder)) throw new UnreadableLog(`There is no state folder at ${folder}.`)
  for (const path of databasesIn(folder)) {
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      if (!hasDecisions(database)) continue
      const total = Number(database.prepare('SELECT count(*) AS rows FROM decisions').get()?.['rows'] ?? 0)
      const rows: DecisionLogRow[] = []
      for (const row of database.prepare('SELECT * FROM decisions ORDER BY at').iterate()) {
        rows.push(readDecisionRow(row, `row ${rows.length + 1} of ${path}`))
        onRead(rows.length, total)
      }
      return rows
    } finally {
      database.close()
    }
  }
  throw new UnreadableLog(`The folder ${folder} holds no decision log: is it the --persist folder of npm start?`)
}

function databasesIn(folder: string): readonly string[] {
  return DATABASE_FOLDERS.flatMap((name) => {
    const path = join(folder, name)
    if (!existsSync(path)) return []
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.sqlite') || file.endsWith('.db'))
      .map((file) => join(path, file))
  })
}

function hasDecisions(database: DatabaseSync): boolean {
  try {
    return (
      database.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'decisions'`).get() !== undefined
    )
  } catch {
    return false
  }
}

const pageSchema = z.object({ decisions: z.array(z.unknown()), nextCursor: z.string().nullable() })

const PAGE = 200

export interface AdminLog {
  readonly url: string
  readonly token: string
  /** ms; older pages are not asked for. */
  readonly since: number | null
}

/**
 * The log of a running gateway, page by page, newest first.
 *
 * @param onPage told how many rows were read so far
 * @throws UnreadableLog where the gateway cannot be reached, refuses the token or answers something else
 */
export async function readRemoteDecisions(
  log: AdminLog,
  onPage: (rows: number) => void,
): Promise<readonly DecisionLogRow[]> {
  const rows: DecisionLogRow[] = []
  for (let cursor: string | null = null; ;) {
    const page: z.infer<typeof pageSchema> = await readPage(log, cursor)
    for (const row of page.decisions) rows.push(readDecisionRow(row, `decision ${rows.length + 1} of ${log.url}`))
    onPage(rows.length)
    cursor = page.nextCursor
    const oldest = rows.at(-1)?.at ?? 0
    if (cursor === null || (log.since !== null && oldest < log.since)) return rows
  }
}

async function readPage({ url, token }: AdminLog, cursor: string | null): Promise<z.infer<typeof pageSchema>> {
  const address = addressOf(url)
  address.searchParams.set('limit', String(PAGE))
  if (cursor !== null) address.searchParams.set('cursor', cursor)
  let answer: Response
  try {
    answer = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
  } catch {
    throw new UnreadableLog(`No gateway answers at ${url}.`)
  }
  if (answer.status === 401 || answer.status === 403) throw new UnreadableLog(`${url} refuses the admin token.`)
  if (!answer.ok) throw new UnreadableLog(`${url} answers ${answer.status} when asked for its decisions.`)
  const page = pageSchema.safeParse(await answer.json().catch(() => null))
  if (!page.success) throw new UnreadableLog(`What ${url} answers is no page of decisions.`)
  return page.data
}

function addressOf(url: string): URL {
  try {
    return new URL('/admin/v1/decisions', url)
  } catch {
    throw new UnreadableLog(`--url takes an address such as http://127.0.0.1:8787, not "${url}".`)
  }
}
