/** Alerts of a started gateway, at a receiver that checks each signature: every crossing once, also over kills. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startAlertServer, type AlertServer } from '../support/alert-server.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

const persist = mkdtempSync(join(tmpdir(), 'headgate-alerts-'))
/** Attempts follow each other so closely that a test can wait for them. */
const environment = { ALERT_RETRY_SECONDS: '1,1,1,1,1,1' }

let gateway: TestGateway
let receiver: AlertServer

beforeAll(async () => {
  receiver = await startAlertServer()
  gateway = await startGateway({ persist, environment })
})
afterAll(async () => {
  await gateway.stop()
  await receiver.close()
  rmSync(persist, { recursive: true, force: true })
})

/** A team with a webhook at a path of the receiver's, which knows the secret. */
async function alertedTeam(path: string): Promise<{ readonly teamId: string; readonly key: string }> {
  const team = await gateway.admin.newTeam(`Team of ${path}`)
  const channel = { kind: 'webhook', name: path, url: receiver.url + path }
  const made = await gateway.admin.send('POST', `/teams/${team.teamId}/alert-channels`, channel)
  expect(made.status).toBe(201)
  receiver.receiver.inbox(path).secret = ((await made.json()) as { secret: string }).secret
  return team
}

async function call(key: string): Promise<number> {
  const answer = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'tier-1',
      max_tokens: 3_000,
      stream: true,
      messages: [{ role: 'user', content: 'Write a docstring for parse()' }],
    }),
  })
  await answer.arrayBuffer()
  return answer.status
}

/** A hard cap that so many calls like the first one of the team use up. */
async function capAt(calls: number, { teamId, key }: { readonly teamId: string; readonly key: string }): Promise<void> {
  expect(await call(key)).toBe(200)
  const [first] = await gateway.admin.waitForDecisions(teamId, 1)
  const limitUsd = Math.round((first!.cost_nano ?? 0) * calls) / 1e9
  await gateway.admin.putBudget(teamId, { scope: 'team', period: 'month', limitUsd, mode: 'hard' })
}

async function callUntilRefused(key: string): Promise<number> {
  for (let calls = 1; calls < 80; calls++) {
    const status = await call(key)
    if (status !== 200) return status
  }
  throw new Error('80 calls were let through')
}

/** The hourly work, now. */
async function anHourPasses(): Promise<void> {
  expect((await fetch(`${gateway.url}/cdn-cgi/local/scheduled`)).status).toBe(200)
}

const got = (path: string): string[] =>
  receiver.receiver
    .taken(path)
    .map(({ body }) => `${body.kind} ${String(body.details['threshold'] ?? '')}`.trim())
    .sort()

interface Listed {
  readonly kind: string
  readonly deliveries: readonly { readonly state: string; readonly attempts: number; readonly lastStatus: number }[]
}

async function listed(teamId: string): Promise<readonly Listed[]> {
  const answer = await gateway.admin.send('GET', `/alerts?teamId=${teamId}`)
  return ((await answer.json()) as { alerts: Listed[] }).alerts
}

const ALL = ['budget_threshold 0.5', 'budget_threshold 0.8', 'budget_threshold 0.95', 'cap_hit']
let spent: Awaited<ReturnType<typeof alertedTeam>>

it('a budget that is used up is told at each threshold and at its cap, once each, signed, also in a storm', async () => {
  await script(gateway.upstream, { times: null, reply: { outputTokens: 2_000, pieceLength: 400 } })
  spent = await alertedTeam('/caps')
  // The last twentieth must have room for what a call holds, or the cap would come before its threshold.
  await capAt(40, spent)
  expect(await callUntilRefused(spent.key)).toBe(402)
  await expect.poll(() => got('/caps'), { timeout: 20_000 }).toEqual(ALL)
  expect(receiver.receiver.taken('/caps').map(({ signed }) => signed)).toEqual([true, true, true, true])
  for (let storm = 0; storm < 30; storm++) expect(await call(spent.key)).toBe(402)
  const alerts = await listed(spent.teamId)
  expect(alerts).toHaveLength(4)
  for (const { deliveries } of alerts)
    expect(deliveries).toMatchObject([{ state: 'delivered', attempts: 1, lastStatus: 200 }])
}, 90_000)

it('after a kill what was told is not told again, and a receiver that was down gets its alert once', async () => {
  const team = await alertedTeam('/down')
  receiver.receiver.inbox('/down').plan = Array.from({ length: 100 }, () => 503)
  await capAt(1.5, team)
  expect(await callUntilRefused(team.key)).toBe(402)
  const capOf = async (): Promise<object> => (await listed(team.teamId)).find(({ kind }) => kind === 'cap_hit') ?? {}
  await expect.poll(capOf, { timeout: 20_000 }).toMatchObject({ deliveries: [{ lastStatus: 503 }] })

  await gateway.kill()
  gateway = await startGateway({ persist, environment })
  expect(got('/down')).toEqual([])
  receiver.receiver.inbox('/down').plan = []
  expect([await call(spent.key), await call(team.key)]).toEqual([402, 402])
  await anHourPasses()
  await expect.poll(capOf, { timeout: 20_000 }).toMatchObject({ deliveries: [{ state: 'delivered' }] })
  await anHourPasses()
  await sleep(2_000)
  expect(got('/down').filter((kind) => kind === 'cap_hit')).toHaveLength(1)
  expect(receiver.receiver.taken('/down').every(({ signed }) => signed)).toBe(true)
  expect(got('/caps')).toEqual(ALL)
}, 90_000)
