/**
 * Decision records in D1: written by the queue's consumer, read by reports. Columns and values are listed once, so that
 * write and read cannot drift apart.
 */
import type { DecisionRecord } from '../core/decisions/decision-record.ts'
import { Conditions, type Position } from './conditions.ts'

/** Column -> path of the value in the record's JSON. Booleans become 0 and 1, lists become JSON text. */
const COLUMNS = {
  id: '$.id',
  at: '$.at',
  team_id: '$.teamId',
  key_id: '$.keyId',
  tags: '$.tags',
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

/** A record that waited in a queue while a new version was deployed lacks the newest columns, and must not be lost for it. */
function valueOf(name: Column): string {
  const value = `value ->> '${COLUMNS[name]}'`
  if (name === 'tags') return `coalesce(${value}, '{}')`
  return LISTS.has(name) ? `coalesce(${value}, '[]')` : value
}

/** Writes records; idempotent by id, since a queue delivers at least once. */
export async function insertDecisions(db: D1Database, records: readonly DecisionRecord[]): Promise<void> {
  if (records.length === 0) return
  await db.prepare(INSERT).bind(JSON.stringify(records)).run()
}

/** What is asked for; what is left out, or null, may be anything. */
export interface DecisionFilter {
  readonly teamId?: string | null | undefined
  readonly keyId?: string | null | undefined
  /** Only calls of keys of this person. */
  readonly owner?: string | null | undefined
  /** Only calls whose key had this tag then. */
  readonly tag?: { readonly name: string; readonly value: string } | null | undefined
  readonly sessionId?: string | null | undefined
  readonly taskType?: string | null | undefined
  readonly tier?: number | null | undefined
  /** Milliseconds since the epoch: from this moment on, and before that one. */
  readonly from?: number | null | undefined
  readonly to?: number | null | undefined
  /** Only decisions before this position, as `nextCursor` of the page before gave it. */
  readonly cursor?: Position | null | undefined
  readonly limit: number
}

export type DecisionRow = Readonly<Record<Column, unknown>>

/** Where the rows lie that a filter is about. Each of them is found by an index; what is left is tried row by row. */
function rangeOf({ teamId, keyId, owner, from, to, cursor }: Partial<DecisionFilter>): Conditions {
  const ofKeys = isGiven(keyId) || isGiven(owner)
  return (
    new Conditions()
      .add('key_id = ?', keyId)
      .add('key_id IN (SELECT id FROM api_keys WHERE owner = ?)', owner)
      // With the sign the index of keys is taken: one person's calls are fewer than a team's.
      .add(ofKeys ? '+team_id = ?' : 'team_id = ?', teamId)
      // Without a bound, a list over all teams would be sorted rather than read by the index of times.
      .add('at >= ?', from ?? 0)
      .add('at < ?', to)
      .add('(at, id) < (?, ?)', cursor?.at, cursor?.id)
  )
}

/** What may hold of few rows among many. */
function rareConditions({ tag, sessionId, taskType, tier }: Partial<DecisionFilter>): Conditions {
  return new Conditions()
    .add('session_id = ?', sessionId)
    .add('task_type = ?', taskType)
    .add('tier = ?', tier)
    .add('EXISTS (SELECT 1 FROM json_each(tags) WHERE key = ? AND value = ?)', tag?.name, tag?.value)
}

function isGiven(value: string | null | undefined): boolean {
  return value !== null && value !== undefined
}

/** Rows that one page looks through at most: what a filter hardly ever meets is sought a part at a time. */
const MOST_EXAMINED = 20_000

export interface DecisionPage {
  /** Newest first. */
  readonly rows: DecisionRow[]
  /** Where the next page begins; null: this is the last one. */
  readonly next: Position | null
}

/**
 * A page may hold fewer rows than the limit, even none, and yet not be the last one: then it has looked through as many
 * as a page may.
 *
 * @param examined rows that are looked through at most
 */
export async function listDecisions(
  db: D1DatabaseSession | D1Database,
  filter: DecisionFilter,
  examined = MOST_EXAMINED,
): Promise<DecisionPage> {
  const range = rangeOf(filter)
  const rare = rareConditions(filter)
  const all = NAMES.join(', ')
  const { results } = await db
    .prepare(
      `SELECT ${all} FROM (SELECT ${all} FROM decisions ${range.where} ORDER BY at DESC, id DESC LIMIT ?)
       ${rare.where} ORDER BY at DESC, id DESC LIMIT ?`,
    )
    .bind(...range.values, rare.where === '' ? filter.limit : examined, ...rare.values, filter.limit)
    .all<DecisionRow>()
  const last = results.at(-1)
  if (last !== undefined && results.length === filter.limit) {
    return { rows: results.map(readable), next: { at: Number(last['at']), id: String(last['id']) } }
  }
  const next = rare.where === '' ? null : await lastExamined(db, range, examined)
  return { rows: results.map(readable), next }
}

/** null: there were not so many. */
function lastExamined(
  db: D1DatabaseSession | D1Database,
  { where, values }: Conditions,
  examined: number,
): Promise<Position | null> {
  return db
    .prepare(`SELECT at, id FROM decisions ${where} ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?`)
    .bind(...values, examined - 1)
    .first<Position>()
}

/** null: there is none, or not one that meets the conditions. */
export async function findDecision(
  db: D1DatabaseSession | D1Database,
  { id, ...asked }: { readonly id: string; readonly teamId: string | null; readonly owner: string | null },
): Promise<DecisionRow | null> {
  const { where, values } = new Conditions()
    .add('id = ?', id)
    .add('team_id = ?', asked.teamId)
    .add('key_id IN (SELECT id FROM api_keys WHERE owner = ?)', asked.owner)
  const row = await db
    .prepare(`SELECT ${NAMES.join(', ')} FROM decisions ${where}`)
    .bind(...values)
    .first<DecisionRow>()
  return row === null ? null : readable(row)
}

/** The columns that a replay reads, as `core/replay/read-decision-rows.ts` takes them. */
const REPLAYED = `id, at, key_id, dialect, agent, session_id, thread_id, subagent, turn, iteration, task_type, task_source, task_confidence,
  task_rule, target, requested_model, reasons, input_tokens, cache_read_tokens, cache_write_short_tokens,
  cache_write_long_tokens, output_tokens, reasoning_tokens, first_byte_ms, cost_nano, baseline_nano, baseline_middle_nano,
  baseline_requested_nano, own_marks_nano, overhead_nano`

/** A team's calls of a time, the oldest first, as rows of the database. */
export async function decisionsToReplay(
  db: D1DatabaseSession | D1Database,
  of: { readonly teamId: string; readonly from: number; readonly to: number; readonly limit: number },
): Promise<unknown[]> {
  const { results } = await db
    .prepare(`SELECT ${REPLAYED} FROM decisions WHERE team_id = ?1 AND at >= ?2 AND at < ?3 ORDER BY at LIMIT ?4`)
    .bind(of.teamId, of.from, of.to, of.limit)
    .all()
  return results
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
  for (const name of [...LISTS, 'tags' as const]) copy[name] = JSON.parse(String(row[name]))
  return copy as DecisionRow
}
