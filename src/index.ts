/** The Worker: what Cloudflare calls. */
import { compositionOf } from './compose.ts'
import type { OutboxMessage } from './core/ledger/outbox-message.ts'
import { consumeDecisions } from './decisions/consume.ts'
import { createApp } from './http/app.ts'
import { learnFromLogs, runScheduled } from './scheduled.ts'

export { LedgerObject } from './objects/ledger-object.ts'
export { SessionObject } from './objects/session-object.ts'

const app = createApp()

export default {
  fetch: app.fetch,
  queue: (batch, env) => consumeDecisions(batch, env.DB),
  scheduled: async (event, env) => {
    const { config, ledger } = compositionOf(env)
    await runScheduled(env.DB, config, event.scheduledTime)
    await learnFromLogs(env.DB, (teamId, starting) => ledger(teamId).putStarting(starting), event.scheduledTime)
  },
} satisfies ExportedHandler<Env, OutboxMessage>
