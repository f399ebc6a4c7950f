/** A provider of the operator's own kind: any compatible base URL with extra headers, and a team's own model with a price. */
import OpenAI from 'openai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startUpstream, type Upstream } from '../../src/cli/upstream.ts'
import { AdminClient } from '../support/admin-client.ts'
import { launchGateway, type Launched } from '../support/launched-gateway.ts'

let folder: string
let upstream: Upstream
let gateway: Launched
let admin: AdminClient

/** As an AI Gateway in the cloud wants it: its own token beside the provider's key. */
function providersOf(url: string): string {
  return JSON.stringify([
    {
      name: 'ai-gateway',
      baseUrl: `${url}/v1/`,
      apiKeySecret: 'AI_GATEWAY_PROVIDER_KEY',
      headers: { 'cf-aig-authorization': 'Bearer gateway-token' },
    },
    {
      name: 'router',
      baseUrl: `${url}/v1`,
      apiKeySecret: 'ROUTER_KEY',
      headers: { 'http-referer': 'https://team.example' },
    },
  ])
}

const CAPABILITIES = { windowTokens: 128_000, maxOutputTokens: 16_384, dialects: ['openai-chat-completions'] }

/** Names as the scripted provider knows them, and prices nobody else has. */
const POLICY = {
  schema: 1,
  catalog: {
    preset: 'none',
    tiers: { '1': ['ai-gateway/gpt-4.1-mini'], '2': ['router/gpt-4.1'], '3': [] },
    models: [
      { id: 'gpt-4.1-mini', provider: 'ai-gateway', tier: 1, displayName: 'House mini', capabilities: CAPABILITIES },
      { id: 'gpt-4.1', provider: 'router', tier: 2, capabilities: CAPABILITIES },
    ],
  },
  prices: { 'ai-gateway/gpt-4.1-mini': { input: 0.123, output: 4.567 }, 'router/gpt-4.1': { input: 3, output: 9 } },
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-provider-'))
  upstream = await startUpstream()
  gateway = await launchGateway({
    persist: folder,
    environment: {
      PROVIDERS: providersOf(upstream.url),
      AI_GATEWAY_PROVIDER_KEY: 'secret-one',
      ROUTER_KEY: 'secret-two',
    },
  })
  admin = new AdminClient(gateway)
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

async function ask(model: string) {
  const { teamId, key } = await admin.newTeam('Own provider')
  await admin.putPolicy(teamId, POLICY)
  const client = new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 })
  const before = upstream.state.recording.lastSeq
  const answer = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Rename x to y' }] })
  const [sent] = upstream.state.recording.since(before)
  const [decision] = await admin.waitForDecisions(teamId, 1)
  return { client, key, answer, sent: sent!, decision: decision! }
}

describe('a configured provider', () => {
  it('is enough to start with: no scripted provider takes its place', () => {
    expect(gateway.upstreamUrl).toBeNull()
  })

  it('gets its own key and headers, and never the key of the client', async () => {
    const { sent, key } = await ask('tier-1')
    expect(sent.headers).toMatchObject({
      authorization: 'Bearer secret-one',
      'cf-aig-authorization': 'Bearer gateway-token',
    })
    expect(JSON.stringify(sent.headers)).not.toContain(key)
    const other = await ask('tier-2')
    expect(other.sent.headers).toMatchObject({
      authorization: 'Bearer secret-two',
      'http-referer': 'https://team.example',
    })
    expect(other.sent.headers).not.toHaveProperty('cf-aig-authorization')
  })

  it("answers as the team's own model, at the team's own price", async () => {
    const { answer, decision } = await ask('auto')
    expect(decision).toMatchObject({
      model: 'gpt-4.1-mini',
      tier: 1,
      status: 200,
      ending: 'complete',
      estimated: false,
    })
    expect(decision.cost_nano).toBe(answer.usage!.prompt_tokens * 123 + answer.usage!.completion_tokens * 4567)
  })

  it('shows its model in the list, with its name and limits', async () => {
    const { key } = await ask('tier-1')
    const answer = await fetch(`${gateway.url}/v1/models?limit=1000`, {
      headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
    })
    const { data } = (await answer.json()) as { data: Record<string, unknown>[] }
    expect(data).toContainEqual(
      expect.objectContaining({ id: 'gpt-4.1-mini', display_name: 'House mini', max_input_tokens: 128_000 }),
    )
  })
})

describe('a model without a price', () => {
  const { prices: _, ...UNPRICED } = POLICY

  it('answers and is marked, is refused under a hard budget, and goes again once the policy prices it', async () => {
    const { teamId, key } = await admin.newTeam('No price')
    await admin.putPolicy(teamId, UNPRICED)
    const client = new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 })
    const chat = () =>
      client.chat.completions.create({ model: 'tier-2', messages: [{ role: 'user', content: 'Rename x to y' }] })
    await chat()
    expect(await admin.waitForDecisions(teamId, 1)).toMatchObject([{ cost_nano: null, status: 200 }])
    expect((await admin.decisions(teamId))[0]?.reasons).toContain('unpriced')
    await admin.putBudget(teamId, { scope: 'team', period: 'month', limitUsd: 5, mode: 'hard' })
    const before = upstream.state.recording.lastSeq
    await expect(chat()).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('unpriced under hard budget: ai-gateway/gpt-4.1-mini, router/gpt-4.1'),
    })
    expect(upstream.state.recording.since(before)).toEqual([])
    await admin.putPolicy(teamId, POLICY)
    const answer = await chat()
    const [newest] = await admin.waitForDecisions(teamId, 2)
    expect(newest?.cost_nano).toBe(answer.usage!.prompt_tokens * 3000 + answer.usage!.completion_tokens * 9000)
  })
})
