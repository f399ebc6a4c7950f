/**
 * From a crossing to its deliveries: the alert and a row for each channel that wants it, and a message for each of those.
 * All of it may be done again after a crash: rows are there once, and a message too many finds its delivery done.
 */
import { alertOfNotice } from '../core/alerts/alert-of-notice.ts'
import { wants, type Alert } from '../core/alerts/alert.ts'
import type { LedgerNotice } from '../core/ledger/outbox-message.ts'
import { listChannels, type AlertChannel } from '../store/alert-channels.ts'
import { insertAlerts, untriedDeliveries, type DeliveryKey, type NewDelivery } from '../store/alerts.ts'

export interface AlertBindings {
  readonly db: D1Database
  readonly queue: Queue<DeliveryKey>
}

/** A batch of a queue takes so many messages. */
const BATCH = 100

/** @throws Error when an alert could not be stored or put on its way: do it again */
export async function raiseNotices(bindings: AlertBindings, notices: readonly LedgerNotice[]): Promise<void> {
  await raiseAlerts(
    bindings,
    notices.map(alertOfNotice).filter((alert) => alert !== null),
  )
}

/** @throws Error when an alert could not be stored or put on its way: do it again */
export async function raiseAlerts({ db, queue }: AlertBindings, alerts: readonly Alert[]): Promise<void> {
  if (alerts.length === 0) return
  const channels = await listChannels(db, [...new Set(alerts.map(({ teamId }) => teamId))])
  await insertAlerts(
    db,
    alerts,
    alerts.flatMap((alert) => deliveriesOf(alert, channels)),
  )
  if (channels.length === 0) return
  await sendOff(
    queue,
    await untriedDeliveries(
      db,
      alerts.map(({ id }) => id),
    ),
  )
}

/** Puts deliveries on their way. */
export async function sendOff(queue: Queue<DeliveryKey>, deliveries: readonly DeliveryKey[]): Promise<void> {
  for (let start = 0; start < deliveries.length; start += BATCH) {
    await queue.sendBatch(deliveries.slice(start, start + BATCH).map((body) => ({ body })))
  }
}

/** A channel hears of nothing that happened before it was made, and not of its own death. */
function deliveriesOf(alert: Alert, channels: readonly AlertChannel[]): NewDelivery[] {
  return channels
    .filter((channel) => channel.teamId === alert.teamId && channel.createdAt <= alert.at)
    .filter((channel) => wants(channel, alert) && alert.details['channelId'] !== channel.id)
    .map(({ id, deadSince }) => ({
      alertId: alert.id,
      channelId: id,
      at: alert.at,
      state: deadSince === null ? 'pending' : 'waiting',
    }))
}
