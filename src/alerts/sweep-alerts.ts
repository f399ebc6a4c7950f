/** The hourly look at alerts that did not get through: whatever a crash or a queue has lost on the way comes back here. */
import { deadChannelAlert } from '../core/alerts/delivery.ts'
import type { ChannelSecrets } from '../security/channel-secrets.ts'
import { listDeadChannels, resealChannel, sealedAddresses } from '../store/alert-channels.ts'
import { takeOverdue } from '../store/alert-deliveries.ts'
import { raiseAlerts, sendOff, type AlertBindings } from './raise-alerts.ts'

/** Of one run; what is left waits for the next hour. */
const MOST_DELIVERIES = 1000

export async function sweepAlerts(
  bindings: AlertBindings & { readonly secrets: ChannelSecrets },
  now: number,
): Promise<void> {
  const { db, queue, secrets } = bindings
  const dead = await listDeadChannels(db)
  await raiseAlerts(
    bindings,
    dead.map((channel) => deadChannelAlert(channel, channel.lastError)),
  )
  await sendOff(queue, await takeOverdue(db, { now, atMost: MOST_DELIVERIES }))
  if (secrets.rotating) await sealAnew(db, secrets)
}

/** Addresses sealed under the pepper before are sealed under the new one, before the old one is taken away. */
async function sealAnew(db: D1Database, secrets: ChannelSecrets): Promise<void> {
  for (const { id, sealedUrl } of await sealedAddresses(db)) {
    const opened = await secrets.open(id, sealedUrl)
    if (opened?.stale === true) await resealChannel(db, { id, sealedUrl }, await secrets.seal(id, opened.text))
  }
}
