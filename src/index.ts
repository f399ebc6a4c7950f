/** The Worker: what Cloudflare calls. */
import { deliverAlerts } from './alerts/deliver-alerts.ts'
import { raiseNotices } from './alerts/raise-alerts.ts'
import { sweepAlerts } from './alerts/sweep-alerts.ts'
import { compositionOf } from './compose.ts'
import { consumeDecisions, type QueuedMessage } from './decisions/consume.ts'
import { createApp } from './http/app.ts'
import { eachInTurn, learnFromLogs, runScheduled } from './scheduled.ts'
import type { DeliveryKey } from './store/alerts.ts'

export { LedgerObject } from './objects/ledger-object.ts'
export { SessionObject } from './objects/session-object.ts'

const app = createApp()

export default {
  fetch: app.fetch,
  queue: (batch, env) =>
    isOfAlerts(batch)
      ? deliverAlerts(batch, compositionOf(env).alerts)
      : consumeDecisions(batch as MessageBatch<QueuedMessage>, env.DB, (notices) =>
          raiseNotices(compositionOf(env).alerts, notices),
        ),
  scheduled: async (event, env) => {
    const { alerts, config, ledger } = compositionOf(env)
    const now = event.scheduledTime
    await eachInTurn([
      () => sweepAlerts(alerts, now),
      () => runScheduled(env.DB, config, now),
      () => learnFromLogs(env.DB, (teamId, starting) => ledger(teamId).putStarting(starting), now),
    ])
  },
} satisfies ExportedHandler<Env, QueuedMessage | DeliveryKey>

function isOfAlerts(batch: MessageBatch<QueuedMessage | DeliveryKey>): batch is MessageBatch<DeliveryKey> {
  return batch.queue === 'headgate-alerts'
}
