/** Teams' alert channels in D1. */
import type { AlertFilter, AlertKind } from '../core/alerts/alert.ts'

export type ChannelKind = 'webhook' | 'slack'

export interface AlertChannel extends AlertFilter {
  readonly id: string
  readonly teamId: string
  readonly kind: ChannelKind
  readonly name: string
  /** The address, sealed. */
  readonly sealedUrl: string
  /** Of the address, for people to recognise it by. */
  readonly host: string
  readonly secretVersion: number
  readonly createdAt: number
  /** When it last took an alert. */
  readonly deliveredAt: number | null
  readonly lastStatus: number | null
  readonly lastError: string | null
  /** null: it works. */
  readonly deadSince: number | null
}

interface ChannelRow extends Omit<AlertChannel, 'kinds'> {
  readonly kinds: string | null
}

const SELECT = `SELECT id, team_id AS teamId, kind, name, sealed_url AS sealedUrl, host, kinds,
  min_severity AS minSeverity, secret_version AS secretVersion, created_at AS createdAt, delivered_at AS deliveredAt,
  last_status AS lastStatus, last_error AS lastError, dead_since AS deadSince FROM alert_channels`

export function channelInsert(db: D1Database, channel: AlertChannel): D1PreparedStatement {
  const { id, teamId, kind, name, sealedUrl, host, kinds, minSeverity, createdAt } = channel
  return db
    .prepare(
      `INSERT INTO alert_channels (id, team_id, kind, name, sealed_url, host, kinds, min_severity, created_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
    )
    .bind(id, teamId, kind, name, sealedUrl, host, kindsText(kinds), minSeverity, createdAt)
}

/** Oldest first. */
export async function listChannels(db: D1Database, teamIds: readonly string[]): Promise<AlertChannel[]> {
  const { results } = await db
    .prepare(`${SELECT} WHERE team_id IN (SELECT value FROM json_each(?1)) ORDER BY created_at, id`)
    .bind(JSON.stringify(teamIds))
    .all<ChannelRow>()
  return results.map(channelOf)
}

export async function findChannel(db: D1Database, teamId: string, id: string): Promise<AlertChannel | null> {
  const row = await db.prepare(`${SELECT} WHERE team_id = ?1 AND id = ?2`).bind(teamId, id).first<ChannelRow>()
  return row === null ? null : channelOf(row)
}

/** What a person may change. A new address is given the chance to work. */
export function channelUpdate(db: D1Database, channel: AlertChannel): D1PreparedStatement {
  const { id, name, sealedUrl, host, kinds, minSeverity, secretVersion } = channel
  return db
    .prepare(
      `UPDATE alert_channels SET name = ?2, sealed_url = ?3, host = ?4, kinds = ?5, min_severity = ?6,
         secret_version = ?7, dead_since = CASE WHEN sealed_url = ?3 THEN dead_since END WHERE id = ?1`,
    )
    .bind(id, name, sealedUrl, host, kindsText(kinds), minSeverity, secretVersion)
}

/** What was not delivered to it is given up. */
export function channelDelete(db: D1Database, id: string): D1PreparedStatement[] {
  return [
    db.prepare('DELETE FROM alert_channels WHERE id = ?1').bind(id),
    db
      .prepare(
        `UPDATE alert_deliveries SET state = 'given_up', last_error = 'channel_deleted'
         WHERE channel_id = ?1 AND state IN ('pending', 'waiting')`,
      )
      .bind(id),
  ]
}

/** Channels that take nothing. */
export async function listDeadChannels(db: D1Database): Promise<(AlertChannel & { readonly deadSince: number })[]> {
  const { results } = await db.prepare(`${SELECT} WHERE dead_since IS NOT NULL`).all<ChannelRow>()
  return results.map((row) => ({ ...channelOf(row), deadSince: row.deadSince ?? 0 }))
}

type SealedAddress = Pick<AlertChannel, 'id' | 'sealedUrl'>

export async function sealedAddresses(db: D1Database): Promise<SealedAddress[]> {
  const { results } = await db.prepare('SELECT id, sealed_url AS sealedUrl FROM alert_channels').all<SealedAddress>()
  return results
}

/** The same address under another seal, unless it was changed in the meantime. */
export async function resealChannel(db: D1Database, before: SealedAddress, sealedUrl: string): Promise<void> {
  await db
    .prepare('UPDATE alert_channels SET sealed_url = ?3 WHERE id = ?1 AND sealed_url = ?2')
    .bind(before.id, before.sealedUrl, sealedUrl)
    .run()
}

function kindsText(kinds: AlertChannel['kinds']): string | null {
  return kinds === null ? null : JSON.stringify(kinds)
}

function channelOf(row: ChannelRow): AlertChannel {
  return { ...row, kinds: row.kinds === null ? null : (JSON.parse(row.kinds) as AlertKind[]) }
}
