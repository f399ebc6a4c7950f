/**
 * The consumer of the alerts' queue. A message names a delivery; the row in D1 says whether it is still to be made, so a
 * message that comes twice delivers once, and a crash in the middle of an attempt leads to another one.
 */
import type { Alert } from '../core/alerts/alert.ts'
import { afterAttempt, deadChannelAlert, type SendResult } from '../core/alerts/delivery.ts'
import { logEntry } from '../core/log-events.ts'
import { claimDelivery, giveUpDelivery, markDead, noteAttempt, reviveChannel } from '../store/alert-deliveries.ts'
import { findChannel, type AlertChannel } from '../store/alert-channels.ts'
import { findAlert, type DeliveryKey } from '../store/alerts.ts'
import { findTeam } from '../store/directory.ts'
import { raiseAlerts, sendOff, type AlertBindings } from './raise-alerts.ts'
import { sendAlert, type SendSettings } from './send-alert.ts'

export interface DeliverySettings extends AlertBindings, SendSettings {
  /** Seconds between the attempts of a delivery. */
  readonly pauses: readonly number[]
}

export async function deliverAlerts(batch: MessageBatch<DeliveryKey>, settings: DeliverySettings): Promise<void> {
  await Promise.all(batch.messages.map((message) => deliverOne(message, settings)))
}

async function deliverOne(message: Message<DeliveryKey>, settings: DeliverySettings): Promise<void> {
  const { body, attempts } = message
  try {
    const again = await attempt(body, settings)
    if (again === null) message.ack()
    else message.retry({ delaySeconds: Math.max(0, Math.ceil((again - settings.now()) / 1000)) })
  } catch (error) {
    const { level, line } = logEntry('alert_not_delivered', { ...body, attempt: attempts, error: String(error) })
    console[level](line)
    message.retry({ delaySeconds: Math.min(2 ** attempts, 300) })
  }
}

/** One attempt, where one is due. @returns when to look again; null: the message has done its work */
async function attempt(key: DeliveryKey, settings: DeliverySettings): Promise<number | null> {
  const { db, now, pauses } = settings
  const claim = await claimDelivery(db, key, now())
  if (!claim.claimed) return claim.lookAgainAt
  const alert = await findAlert(db, key.alertId)
  const channel = alert === null ? null : await findChannel(db, alert.teamId, key.channelId)
  if (alert === null || channel === null) {
    await giveUpDelivery(db, key, 'channel_deleted')
    return null
  }
  const team = { id: alert.teamId, name: (await findTeam(db, alert.teamId))?.name ?? alert.teamId }
  const result = await sendAlert(settings, channel, { alert, team })
  const next = afterAttempt(result, { attempts: claim.attempts, pauses }, now())
  await noteAttempt(db, key, { result, next, now: now() })
  await followChannel(settings, { channel, alert, result, failed: next.state === 'waiting' })
  return next.nextAt
}

/** What an attempt says of the channel itself: it is back, or it is dead and the others hear of it. */
async function followChannel(
  settings: DeliverySettings,
  of: { channel: AlertChannel; alert: Alert; result: SendResult; failed: boolean },
): Promise<void> {
  const { db, queue, now } = settings
  const { channel, alert, result, failed } = of
  if (result.delivered && channel.deadSince !== null) await sendOff(queue, await reviveChannel(db, channel.id, now()))
  if (!failed) return
  const deadSince = await markDead(db, channel.id, { raisedAt: alert.at, now: now() })
  if (deadSince !== null) await raiseAlerts(settings, [deadChannelAlert({ ...channel, deadSince }, result.error)])
}
