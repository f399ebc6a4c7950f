/**
 * Teams and keys as people list them. Whether a key is valid and what it may spend, the team's ledger knows; this is
 * the index to find them by. Writes are statements, so that a change and its line in the audit log are one transaction.
 */
import { NO_RATE_LIMITS, type RateLimits } from '../core/ledger/rate-limits.ts'
import { Conditions, type Position } from './conditions.ts'

export interface TeamRow {
  readonly id: string
  readonly name: string
  readonly contact: string | null
  readonly rateLimits: RateLimits
  readonly createdAt: number
}

export interface KeyRow {
  readonly id: string
  readonly teamId: string
  readonly name: string
  readonly owner: string | null
  readonly tags: Readonly<Record<string, string>>
  readonly prefix: string
  readonly highestTier: 1 | 2 | 3
  /** null: every model. */
  readonly allowedModels: string[] | null
  readonly policyOverride: Readonly<Record<string, unknown>> | null
  readonly rateLimits: RateLimits
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

const TEAM = 'id, name, contact, rate_limits AS rateLimits, created_at AS createdAt'
const KEY = `id, team_id AS teamId, name, owner, tags, prefix, highest_tier AS highestTier,
  allowed_models AS allowedModels, policy_override AS policyOverride, rate_limits AS rateLimits,
  created_at AS createdAt, expires_at AS expiresAt, revoked_at AS revokedAt`

type Raw = Readonly<Record<string, unknown>>

export function teamInsert(db: D1Database, team: TeamRow): D1PreparedStatement {
  return db
    .prepare('INSERT INTO teams (id, name, contact, rate_limits, created_at) VALUES (?1, ?2, ?3, ?4, ?5)')
    .bind(team.id, team.name, team.contact, json(team.rateLimits), team.createdAt)
}

type TeamChange = Partial<Omit<TeamRow, 'id' | 'createdAt'>>

/** Which change of a row it is, as its ledger counts them. */
export interface Revised {
  readonly id: string
  readonly revision: number
}

/** Only what is named is written, and no field over a later change of it. */
export function teamUpdate(db: D1Database, row: Revised, change: TeamChange): D1PreparedStatement {
  return update(db, { table: 'teams', ...row }, [
    ['name', change.name],
    ['contact', change.contact],
    ['rate_limits', changedJson(change.rateLimits)],
  ])
}

export async function findTeam(db: D1Database, id: string): Promise<TeamRow | null> {
  const row = await db.prepare(`SELECT ${TEAM} FROM teams WHERE id = ?1`).bind(id).first<Raw>()
  return row === null ? null : teamOf(row)
}

/** Newest first. */
export async function listTeams(
  db: D1Database,
  page: {
    /** null: all. */
    readonly ids: readonly string[] | null
    readonly cursor: Position | null
    readonly limit: number
  },
): Promise<TeamRow[]> {
  const { where, values } = new Conditions()
    .add('id IN (SELECT value FROM json_each(?))', json(page.ids))
    .add('(created_at, id) < (?, ?)', page.cursor?.at, page.cursor?.id)
  const { results } = await db
    .prepare(`SELECT ${TEAM} FROM teams ${where} ORDER BY created_at DESC, id DESC LIMIT ?`)
    .bind(...values, page.limit)
    .all<Raw>()
  return results.map(teamOf)
}

export function keyInsert(db: D1Database, key: KeyRow): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO api_keys (id, team_id, name, owner, tags, prefix, highest_tier, allowed_models, policy_override,
         rate_limits, created_at, expires_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`,
    )
    .bind(
      key.id,
      key.teamId,
      key.name,
      key.owner,
      JSON.stringify(key.tags),
      key.prefix,
      key.highestTier,
      json(key.allowedModels),
      json(key.policyOverride),
      json(key.rateLimits),
      key.createdAt,
      key.expiresAt,
    )
}

/** All that can change of a key but its revocation. */
type KeyChange = Partial<Omit<KeyRow, 'id' | 'teamId' | 'createdAt' | 'revokedAt'>>

/** Only what is named is written, and no field over a later change of it. */
export function keyUpdate(db: D1Database, row: Revised, change: KeyChange): D1PreparedStatement {
  return update(db, { table: 'api_keys', ...row }, [
    ['name', change.name],
    ['owner', change.owner],
    ['tags', changedJson(change.tags)],
    ['prefix', change.prefix],
    ['highest_tier', change.highestTier],
    ['allowed_models', changedJson(change.allowedModels)],
    ['policy_override', changedJson(change.policyOverride)],
    ['rate_limits', changedJson(change.rateLimits)],
    ['expires_at', change.expiresAt],
  ])
}

export function keyRevoke(db: D1Database, id: string, at: number): D1PreparedStatement {
  return db.prepare('UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL').bind(id, at)
}

/** @param owner an e-mail address: only that person's keys; null: all */
export async function findKey(
  db: D1Database,
  { teamId, id, owner = null }: { readonly teamId: string; readonly id: string; readonly owner?: string | null },
): Promise<KeyRow | null> {
  const { where, values } = new Conditions().add('team_id = ?', teamId).add('id = ?', id).add('owner = ?', owner)
  const row = await db
    .prepare(`SELECT ${KEY} FROM api_keys ${where}`)
    .bind(...values)
    .first<Raw>()
  return row === null ? null : keyOf(row)
}

/** Those of the ids that keys of the team have, revoked ones too. */
export async function knownKeyIds(db: D1Database, teamId: string, ids: readonly string[]): Promise<Set<unknown>> {
  const { results } = await db
    .prepare('SELECT id FROM api_keys WHERE team_id = ?1 AND id IN (SELECT value FROM json_each(?2))')
    .bind(teamId, JSON.stringify(ids))
    .all<Raw>()
  return new Set(results.map((row) => row['id']))
}

export interface KeyFilter {
  readonly teamId: string
  readonly owner: string | null
  /** A tag that the key has, with this value. */
  readonly tag: { readonly name: string; readonly value: string } | null
  readonly cursor: Position | null
  readonly limit: number
}

/** Newest first. */
export async function listKeys(db: D1Database, filter: KeyFilter): Promise<KeyRow[]> {
  const { where, values } = new Conditions()
    .add('team_id = ?', filter.teamId)
    .add('owner = ?', filter.owner)
    .add(
      'EXISTS (SELECT 1 FROM json_each(api_keys.tags) WHERE key = ? AND value = ?)',
      filter.tag?.name,
      filter.tag?.value,
    )
    .add('(created_at, id) < (?, ?)', filter.cursor?.at, filter.cursor?.id)
  const { results } = await db
    .prepare(`SELECT ${KEY} FROM api_keys ${where} ORDER BY created_at DESC, id DESC LIMIT ?`)
    .bind(...values, filter.limit)
    .all<Raw>()
  return results.map(keyOf)
}

/** Every key of a person in a team. */
export async function keyIdsOf(db: D1Database, teamId: string, owner: string): Promise<string[]> {
  const { results } = await db
    .prepare('SELECT id FROM api_keys WHERE team_id = ?1 AND owner = ?2')
    .bind(teamId, owner)
    .all<{ id: string }>()
  return results.map(({ id }) => id)
}

function teamOf(row: Raw): TeamRow {
  return { ...row, rateLimits: parsed(row['rateLimits']) ?? NO_RATE_LIMITS } as unknown as TeamRow
}

function keyOf(row: Raw): KeyRow {
  return {
    ...row,
    tags: parsed(row['tags']),
    allowedModels: parsed(row['allowedModels']),
    policyOverride: parsed(row['policyOverride']),
    rateLimits: parsed(row['rateLimits']) ?? NO_RATE_LIMITS,
  } as unknown as KeyRow
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}

/** Columns whose value is undefined stay as they are, and those that a later change has written already. */
function update(
  db: D1Database,
  { table, id, revision }: { readonly table: 'teams' | 'api_keys' } & Revised,
  columns: readonly (readonly [string, string | number | null | undefined])[],
): D1PreparedStatement {
  const changed = columns.filter(([, value]) => value !== undefined)
  const known = (column: string): string => `coalesce(revisions ->> '$.${column}', -1)`
  const values = changed.map(
    ([column], index) => `${column} = CASE WHEN ${known(column)} < ?2 THEN ?${index + 3} ELSE ${column} END`,
  )
  const revisions = changed.map(([column]) => `, '$.${column}', max(${known(column)}, ?2)`)
  const settings = [...values, `revisions = json_set(revisions${revisions.join('')})`]
  // Where nothing is named the revision has no other place.
  return db
    .prepare(`UPDATE ${table} SET ${settings.join(', ')} WHERE id = ?1 AND ?2 >= 0`)
    .bind(id, revision, ...changed.map(([, value]) => value))
}

/** undefined stays: it is not changed. */
function changedJson(value: unknown): string | null | undefined {
  return value === undefined ? undefined : json(value)
}

function parsed(text: unknown): unknown {
  return typeof text === 'string' ? (JSON.parse(text) as unknown) : null
}
