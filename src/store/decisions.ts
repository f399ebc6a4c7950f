/**
 * Decision records in D1: written by the queue's consumer, read by reports. Columns and values are listed once, so that
 * write and read cannot drift apart.
 */
import type { DecisionRecord } from '../core/decisions/decision-record.ts'

/** Column -> path of the value in the record's JSON. Booleans become 0 and 1, lists become JSON text. */
const COLUMNS = {
  id: '$.id',
  at: '$.at',
  team_id: '$.teamId',
  key_id: '$.keyId',
  dialect: '$.dialect',
  agent: '$.agent',
  session_id: '$.sessionId',
  thread_id: '$.threadId',
  subagent: '$.subagent',
  turn: '$.turn',
  iteration: '$.iteration',
  task_type: '$.task.taskType',
  task_source: '$.task.source',
  task_confidence: '$.task.confidence',
  task_rule: '$.task.rule',
  floor: '$.floor',
  ceiling: '$.ceiling',
  tier: '$.tier',
  target: '$.target',
  provider: '$.provider',
  model: '$.model',
  requested_model: '$.requestedModel',
  policy_version: '$.policyVersion',
  reasons: '$.reasons',
  considered: '$.considered',
  attempts: '$.attempts',
  context_tokens: '$.contextTokens',
  turn_growth_tokens: '$.turnGrowthTokens',
  session_growth_tokens: '$.sessionGrowthTokens',
  input_tokens: '$.usage.inputTokens',
  cache_read_tokens: '$.usage.cacheReadTokens',
  cache_write_short_tokens: '$.usage.cacheWriteShortTokens',
  cache_write_long_tokens: '$.usage.cacheWriteLongTokens',
  output_tokens: '$.usage.outputTokens',
  reasoning_tokens: '$.usage.reasoningTokens',
  cost_nano: '$.costNano',
  baseline_nano: '$.baselineNano',
  baseline_middle_nano: '$.baselineMiddleNano',
  baseline_requested_nano: '$.baselineRequestedNano',
  own_marks_nano: '$.ownMarksNano',
  overhead_nano: '$.overheadNano',
  estimated: '$.estimated',
  status: '$.status',
  ending: '$.ending',
  stop_reason: '$.stopReason',
  first_byte_ms: '$.firstByteMs',
  total_ms: '$.totalMs',
  admit_ms: '$.admitMs',
  adaptations: '$.adaptations',
  warnings: '$.warnings',
} as const

type Column = keyof typeof COLUMNS

const FLAGS: ReadonlySet<Column> = new Set<Column>(['subagent', 'estimated'])
const LISTS: ReadonlySet<Column> = new Set<Column>(['reasons', 'considered', 'attempts', 'adaptations', 'warnings'])
const NAMES = Object.keys(COLUMNS) as Column[]

/** One statement takes any number of rows as one parameter, and a record that is there already stays as it is. */
const INSERT = `INSERT OR IGNORE INTO decisions (${NAMES.join(', ')})
SELECT ${NAMES.map(valueOf).join(', ')} FROM json_each(?1)`

/** A record that waited in a queue while a new version was deployed lacks the newest lists, and must not be lost for it. */
function valueOf(name: Column): string {
  const value = `value ->> '${COLUMNS[name]}'`
  return LISTS.has(name) ? `coalesce(${value}, '[]')` : value
}

/** Writes records; idempotent by id, since a queue delivers at least once. */
export async function insertDecisions(db: D1Database, records: readonly DecisionRecord[]): Promise<void> {
  if (records.length === 0) return
  await db.prepare(INSERT).bind(JSON.stringify(records)).run()
}

export interface DecisionFilter {
  readonly teamId?: string | undefined
  /** Only decisions before this position, as `nextCursor` of the page before gave it. */
  readonly cursor?: { readonly at: number; readonly id: string } | undefined
  readonly limit: number
}

export type DecisionRow = Readonly<Record<Column, unknown>>

/** Newest first. */
export async function listDecisions(
  db: D1DatabaseSession | D1Database,
  filter: DecisionFilter,
): Promise<DecisionRow[]> {
  const { results } = await db
    .prepare(
      `SELECT ${NAMES.join(', ')} FROM decisions
       WHERE (?1 IS NULL OR team_id = ?1) AND (?2 IS NULL OR (at, id) < (?2, ?3))
       ORDER BY at DESC, id DESC LIMIT ?4`,
    )
    .bind(filter.teamId ?? null, filter.cursor?.at ?? null, filter.cursor?.id ?? null, filter.limit)
    .all<DecisionRow>()
  return results.map(readable)
}

/**
 * Deletes what is older than the retention, a bounded part at a time so that no statement holds the database for long.
 * @returns rows deleted; call again while it is `atMost`
 */
export async function deleteDecisionsBefore(db: D1Database, before: number, atMost: number): Promise<number> {
  const { meta } = await db
    .prepare('DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE at < ?1 ORDER BY at LIMIT ?2)')
    .bind(before, atMost)
    .run()
  return meta.changes
}

function readable(row: DecisionRow): DecisionRow {
  const copy: Record<string, unknown> = { ...row }
  for (const name of FLAGS) copy[name] = row[name] === 1
  for (const name of LISTS) copy[name] = JSON.parse(String(row[name]))
  return copy as DecisionRow
}
