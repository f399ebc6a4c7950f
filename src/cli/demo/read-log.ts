/** The decisions of a day, read back from the gateway's log. */
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'

const Row = z.object({
  id: z.string(),
  at: z.number(),
  thread_id: z.string(),
  task_type: z.string(),
  tier: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  target: z.string(),
  input_tokens: z.number(),
  cache_read_tokens: z.number(),
  cache_write_short_tokens: z.number(),
  cache_write_long_tokens: z.number(),
  output_tokens: z.number(),
  reasoning_tokens: z.number(),
  cost_nano: z.number().nullable(),
  baseline_nano: z.number().nullable(),
})
export type LogRow = z.infer<typeof Row>

const Page = z.object({ decisions: z.array(Row), nextCursor: z.string().nullable() })

const PATIENCE_MS = 30_000

async function readPage(url: string, adminToken: string, cursor: string | null): Promise<z.infer<typeof Page>> {
  const address = new URL('/admin/v1/decisions?limit=200', url)
  if (cursor !== null) address.searchParams.set('cursor', cursor)
  const answer = await fetch(address, { headers: { authorization: `Bearer ${adminToken}` } })
  if (!answer.ok) throw new Error(`The decision log could not be read: ${answer.status} ${await answer.text()}`)
  return Page.parse(await answer.json())
}

async function readSince(log: DecisionLog, since: number): Promise<readonly LogRow[]> {
  const rows: LogRow[] = []
  for (let cursor: string | null = null; ;) {
    const page = await readPage(log.url, log.adminToken, cursor)
    rows.push(...page.decisions)
    cursor = page.nextCursor
    if (cursor === null || (rows.at(-1)?.at ?? 0) < since) return rows
  }
}

export interface DecisionLog {
  readonly url: string
  readonly adminToken: string
}

/**
 * The rows of the given decisions, by id. The log is written after the answer, so they may take a moment.
 *
 * @param since when the first of them was made, ms since the epoch by the gateway's clock
 * @throws Error when some have not come after half a minute
 */
export async function readDecisions(
  log: DecisionLog,
  ids: ReadonlySet<string>,
  since: number,
): Promise<ReadonlyMap<string, LogRow>> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const found = new Map((await readSince(log, since)).filter((row) => ids.has(row.id)).map((row) => [row.id, row]))
    if (found.size === ids.size) return found
    if (Date.now() > until) throw new Error(`Only ${found.size} of ${ids.size} decisions came into the log.`)
    await sleep(250)
  }
}
