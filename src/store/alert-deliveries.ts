/** The steps of a delivery in D1. Whoever sends has claimed the row first, so that two never send at once. */
import { CLAIM_MS, DELIVERY_EXPIRES_MS, type NextDelivery, type SendResult } from '../core/alerts/delivery.ts'
import type { DeliveryKey } from './alerts.ts'

/** How a delivery stands for one who would like to send it. */
export type Claim =
  /** It is the caller's, who makes this attempt. */
  | { readonly claimed: true; readonly attempts: number }
  /** Somebody is at it, or it is not time yet: look again then. */
  | { readonly claimed: false; readonly lookAgainAt: number | null }

/** Takes a delivery for one attempt. `lookAgainAt` null: there is nothing left to do. */
export async function claimDelivery(db: D1Database, key: DeliveryKey, now: number): Promise<Claim> {
  const taken = await db
    .prepare(
      `UPDATE alert_deliveries SET attempts = attempts + 1, claimed_until = ?4
       WHERE alert_id = ?1 AND channel_id = ?2 AND state = 'pending' AND next_at <= ?3 AND claimed_until <= ?3
       RETURNING attempts`,
    )
    .bind(key.alertId, key.channelId, now, now + CLAIM_MS)
    .first<{ attempts: number }>()
  if (taken !== null) return { claimed: true, attempts: taken.attempts }
  const found = await db
    .prepare(
      `SELECT max(next_at, claimed_until) AS lookAgainAt FROM alert_deliveries
       WHERE alert_id = ?1 AND channel_id = ?2 AND state = 'pending'`,
    )
    .bind(key.alertId, key.channelId)
    .first<{ lookAgainAt: number }>()
  return { claimed: false, lookAgainAt: found?.lookAgainAt ?? null }
}

/** Notes an attempt's end, at the delivery and at its channel. */
export async function noteAttempt(
  db: D1Database,
  key: DeliveryKey,
  ended: { readonly result: SendResult; readonly next: NextDelivery; readonly now: number },
): Promise<void> {
  const { result, next, now } = ended
  const deliveredAt = result.delivered ? now : null
  await db.batch([
    db
      .prepare(
        `UPDATE alert_deliveries SET state = ?3, next_at = ?4, claimed_until = 0, delivered_at = ?5, last_status = ?6,
           last_error = ?7 WHERE alert_id = ?1 AND channel_id = ?2`,
      )
      .bind(key.alertId, key.channelId, next.state, next.nextAt ?? now, deliveredAt, result.status, result.error),
    db
      .prepare(
        `UPDATE alert_channels SET delivered_at = coalesce(?2, delivered_at), last_status = ?3, last_error = ?4
         WHERE id = ?1`,
      )
      .bind(key.channelId, deliveredAt, result.status, result.error),
  ])
}

/** The delivery has nowhere to go. */
export async function giveUpDelivery(db: D1Database, key: DeliveryKey, error: string): Promise<void> {
  await db
    .prepare(`UPDATE alert_deliveries SET state = 'given_up', last_error = ?3 WHERE alert_id = ?1 AND channel_id = ?2`)
    .bind(key.alertId, key.channelId, error)
    .run()
}

/**
 * Marks a channel dead, and what is on its way to it as waiting: unless it has taken another alert since this one came up.
 *
 * @returns since when it is dead; null where it is not, or was already
 */
export async function markDead(
  db: D1Database,
  channelId: string,
  since: { readonly raisedAt: number; readonly now: number },
): Promise<number | null> {
  const dead = await db
    .prepare(
      `UPDATE alert_channels SET dead_since = ?3 WHERE id = ?1 AND dead_since IS NULL
         AND (delivered_at IS NULL OR delivered_at < ?2) RETURNING dead_since AS deadSince`,
    )
    .bind(channelId, since.raisedAt, since.now)
    .first<{ deadSince: number }>()
  if (dead === null) return null
  await db
    .prepare(
      `UPDATE alert_deliveries SET state = 'waiting' WHERE channel_id = ?1 AND state = 'pending' AND claimed_until <= ?2`,
    )
    .bind(channelId, since.now)
    .run()
  return dead.deadSince
}

/** A dead channel has taken an alert: the others that wait for it may follow. */
export async function reviveChannel(db: D1Database, channelId: string, now: number): Promise<DeliveryKey[]> {
  const revived = await db
    .prepare('UPDATE alert_channels SET dead_since = NULL WHERE id = ?1 AND dead_since IS NOT NULL RETURNING id')
    .bind(channelId)
    .first()
  if (revived === null) return []
  const { results } = await db
    .prepare(
      `UPDATE alert_deliveries SET state = 'pending', next_at = ?2 WHERE channel_id = ?1 AND state = 'waiting'
       RETURNING alert_id AS alertId, channel_id AS channelId`,
    )
    .bind(channelId, now)
    .all<DeliveryKey>()
  return results
}

/**
 * What the sweep puts on its way again, at most so many: what a queue has lost, what failed too often, and of each dead
 * channel the oldest alert, to find out whether it is back. Too old ones are given up.
 */
export async function takeOverdue(
  db: D1Database,
  { now, atMost }: { readonly now: number; readonly atMost: number },
): Promise<DeliveryKey[]> {
  await db
    .prepare(`UPDATE alert_deliveries SET state = 'given_up' WHERE state IN ('pending', 'waiting') AND at < ?1`)
    .bind(now - DELIVERY_EXPIRES_MS)
    .run()
  const { results } = await db
    .prepare(
      `UPDATE alert_deliveries SET state = 'pending', next_at = ?1
       WHERE (alert_id, channel_id) IN (
         SELECT d.alert_id, d.channel_id FROM alert_deliveries d JOIN alert_channels c ON c.id = d.channel_id
         WHERE d.state IN ('pending', 'waiting') AND d.claimed_until <= ?1
           AND (d.state = 'waiting' OR d.next_at <= ?1)
           AND (c.dead_since IS NULL OR d.at = (
             SELECT min(o.at) FROM alert_deliveries o WHERE o.channel_id = c.id AND o.state IN ('pending', 'waiting')))
         ORDER BY d.at LIMIT ?2)
       RETURNING alert_id AS alertId, channel_id AS channelId`,
    )
    .bind(now, atMost)
    .all<DeliveryKey>()
  return results
}
