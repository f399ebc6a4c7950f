/** Alerts in D1, and how far each has come with each channel. */
import type { Alert } from '../core/alerts/alert.ts'
import type { DeliveryState } from '../core/alerts/delivery.ts'
import { Conditions } from './conditions.ts'

/** One alert on its way to one channel: the queue's message. */
export interface DeliveryKey {
  readonly alertId: string
  readonly channelId: string
}

export interface NewDelivery extends DeliveryKey {
  readonly at: number
  readonly state: 'pending' | 'waiting'
}

const INSERT_ALERTS = `INSERT OR IGNORE INTO alerts (id, kind, severity, team_id, at, title, details)
SELECT value ->> '$.id', value ->> '$.kind', value ->> '$.severity', value ->> '$.teamId', value ->> '$.at',
  value ->> '$.title', value -> '$.details' FROM json_each(?1)`

const INSERT_DELIVERIES = `INSERT OR IGNORE INTO alert_deliveries (alert_id, channel_id, at, state, next_at)
SELECT value ->> '$.alertId', value ->> '$.channelId', value ->> '$.at', value ->> '$.state', value ->> '$.at'
FROM json_each(?1)`

/** Writes alerts and where they are to go, both or neither; idempotent. */
export async function insertAlerts(
  db: D1Database,
  alerts: readonly Alert[],
  deliveries: readonly NewDelivery[],
): Promise<void> {
  await db.batch([
    db.prepare(INSERT_ALERTS).bind(JSON.stringify(alerts)),
    db.prepare(INSERT_DELIVERIES).bind(JSON.stringify(deliveries)),
  ])
}

/** Those of these alerts' deliveries that nobody has tried yet. */
export async function untriedDeliveries(db: D1Database, alertIds: readonly string[]): Promise<DeliveryKey[]> {
  const { results } = await db
    .prepare(
      `SELECT alert_id AS alertId, channel_id AS channelId FROM alert_deliveries
       WHERE alert_id IN (SELECT value FROM json_each(?1)) AND state = 'pending' AND attempts = 0`,
    )
    .bind(JSON.stringify(alertIds))
    .all<DeliveryKey>()
  return results
}

export async function findAlert(db: D1Database, id: string): Promise<Alert | null> {
  const row = await db.prepare(`${SELECT_ALERTS} WHERE id = ?1`).bind(id).first<AlertRow>()
  return row === null ? null : alertOf(row)
}

const SELECT_ALERTS = 'SELECT id, kind, severity, team_id AS teamId, at, title, details FROM alerts'

type AlertRow = Omit<Alert, 'details'> & { readonly details: string }

function alertOf(row: AlertRow): Alert {
  return { ...row, details: JSON.parse(row.details) as Alert['details'] }
}

export interface AlertListFilter {
  readonly teamId?: string | undefined
  readonly kind?: string | undefined
  readonly severity?: string | undefined
  /** Only alerts that some channel has not taken. */
  readonly undelivered?: boolean | undefined
  /** Only alerts before this position, as the last one of the page before gave it. */
  readonly cursor?: { readonly at: number; readonly id: string } | undefined
  readonly limit: number
}

/** How far an alert has come with a channel. */
export interface DeliveryReport {
  readonly channelId: string
  /** null: the channel is gone. */
  readonly channelName: string | null
  readonly state: DeliveryState
  readonly attempts: number
  readonly deliveredAt: number | null
  /** When it is tried again; null: it is not, or with the next sweep. */
  readonly nextAt: number | null
  readonly lastStatus: number | null
  readonly lastError: string | null
}

export interface ListedAlert extends Alert {
  readonly deliveries: readonly DeliveryReport[]
}

/** Newest first, each with its deliveries. */
export async function listAlerts(db: D1Database | D1DatabaseSession, filter: AlertListFilter): Promise<ListedAlert[]> {
  const { where, values } = new Conditions()
    .add('team_id = ?', filter.teamId)
    .add('kind = ?', filter.kind)
    .add('severity = ?', filter.severity)
    .add('(at, id) < (?, ?)', filter.cursor?.at, filter.cursor?.id)
    .add(
      `EXISTS (SELECT 1 FROM alert_deliveries d WHERE d.alert_id = alerts.id AND d.state <> 'delivered' AND ?)`,
      filter.undelivered === true ? 1 : null,
    )
  const { results } = await db
    .prepare(
      `SELECT id, kind, severity, team_id AS teamId, at, title, details,
         (SELECT json_group_array(json_object('channelId', d.channel_id, 'channelName', c.name, 'state', d.state,
            'attempts', d.attempts, 'deliveredAt', d.delivered_at,
            'nextAt', CASE d.state WHEN 'pending' THEN d.next_at END, 'lastStatus', d.last_status, 'lastError', d.last_error))
          FROM alert_deliveries d LEFT JOIN alert_channels c ON c.id = d.channel_id
          WHERE d.alert_id = alerts.id) AS deliveries
       FROM alerts ${where} ORDER BY at DESC, id DESC LIMIT ?`,
    )
    .bind(...values, filter.limit)
    .all<AlertRow & { readonly deliveries: string }>()
  return results.map((row) => ({ ...alertOf(row), deliveries: JSON.parse(row.deliveries) as DeliveryReport[] }))
}

/** Of one run; what is left waits for the next. */
const MOST_DELETED = 5_000

/** Deletes alerts older than the retention, with their deliveries, the oldest first and a bounded part at a time. */
export async function deleteAlertsBefore(db: D1Database, before: number): Promise<void> {
  // Deliveries are found by their alert: they need no index of their own, and none outlives its alert.
  const oldest = `SELECT id FROM alerts WHERE at < ?1 ORDER BY at, id LIMIT ${MOST_DELETED}`
  await db.batch([
    db.prepare(`DELETE FROM alert_deliveries WHERE alert_id IN (${oldest})`).bind(before),
    db.prepare(`DELETE FROM alerts WHERE id IN (${oldest})`).bind(before),
  ])
}
