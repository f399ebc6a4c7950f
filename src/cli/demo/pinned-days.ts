/**
 * The same day with every call on one model, sent for real: what the log says about all-top and all-middle is arithmetic,
 * and this is what it is held against. Each goes to a team of its own, whose policy knows that model alone.
 */
import * as z from 'zod'
import { planDay } from './day-plan.ts'
import type { DemoGateway } from './demo-gateway.ts'
import { readDecisions } from './read-log.ts'
import { sendDay } from './send-day.ts'

const Made = z.object({ id: z.string(), key: z.string().optional() })

async function admin(gateway: DemoGateway, method: string, path: string, body: object): Promise<z.infer<typeof Made>> {
  const answer = await fetch(`${gateway.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${gateway.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return Made.catch({ id: '' }).parse(JSON.parse(text))
}

/**
 * Sends the day of a seed with every call on one target.
 *
 * @param target `provider/model`
 * @returns what it cost, nano-dollars
 */
export async function measurePinnedDay(gateway: DemoGateway, target: string, seed: number): Promise<number> {
  const team = await admin(gateway, 'POST', '/teams', { name: `Every call on ${target}` })
  const { key } = await admin(gateway, 'POST', `/teams/${team.id}/keys`, { name: 'demo' })
  if (key === undefined) throw new Error('The gateway issued no key.')
  const tiers = { '1': [target], '2': [target], '3': [target] }
  await admin(gateway, 'PUT', `/teams/${team.id}/policy`, { schema: 1, catalog: { preset: 'none', tiers } })
  const began = Date.now()
  const sent = await sendDay({ url: gateway.url, key, run: `${target} ${began}` }, planDay(seed), () => {})
  const rows = await readDecisions(gateway, new Set(sent.map((call) => call.decisionId)), began - 60_000)
  return [...rows.values()].reduce((sum, row) => sum + (row.cost_nano ?? 0), 0)
}
