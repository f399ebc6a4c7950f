/** What a provider signs or sets, and what becomes of it when calls go elsewhere: thinking, threads, Codex's turn state. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startUpstream, type Upstream } from '../../src/cli/upstream.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway
/** Another provider of the same APIs, with an account of its own. */
let second: Upstream
let team: Awaited<ReturnType<TestGateway['admin']['newTeam']>>

beforeAll(async () => {
  second = await startUpstream()
  const baseUrl = second.url
  const providers = [
    { name: 'second', baseUrl: `${baseUrl}/v1`, dialects: ['openai-responses'], apiKeySecret: 'SECOND' },
    { name: 'mirror', baseUrl, dialects: ['anthropic-messages'], apiKeySecret: 'SECOND' },
  ]
  gateway = await startGateway({ environment: { PROVIDERS: JSON.stringify(providers), SECOND: 'scripted-second' } })
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
  await second.close()
})
beforeEach(async () => {
  await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
  team = await gateway.admin.newTeam('State')
})

const READ = {
  name: 'read_file',
  description: 'Reads a file',
  input_schema: { type: 'object' as const, properties: { path: { type: 'string' } }, required: ['path'] },
}

const ELSEWHERE = [
  { id: 'claude-sonnet-5-5', provider: 'mirror', tier: 2, capabilities: { dialects: ['anthropic-messages'] } },
  { id: 'gpt-5.5', provider: 'second', tier: 2, capabilities: { dialects: ['openai-responses'] } },
].map(({ capabilities, ...model }) => ({
  ...model,
  capabilities: { windowTokens: 400_000, maxOutputTokens: 64_000, ...capabilities },
}))

/** Every tier has this one target: the next call goes there. */
function routeTo(target: string): Promise<void> {
  const tiers = { '1': [target], '2': [target], '3': [target] }
  const catalog = { preset: 'none', tiers, models: ELSEWHERE }
  return gateway.admin.putPolicy(team.teamId, { schema: 1, requestedModel: 'ignore', catalog })
}

const arrived = () =>
  gateway.upstream.state.recording
    .since(0)
    .map(({ path, status, model, bodyText }) => ({ path, status, model, bodyText }))

describe('signed thinking', () => {
  const client = () => new Anthropic({ apiKey: team.key, baseURL: gateway.url, maxRetries: 0 })
  const session = { headers: { 'x-claude-code-session-id': crypto.randomUUID() } }
  const tools = [READ]

  /** One call of a loop that goes on with everything said before. */
  async function step(messages: Anthropic.MessageParam[]): Promise<Anthropic.MessageParam[]> {
    await script(gateway.upstream, {
      match: { path: '/v1/messages' },
      reply: {
        thinking: 'Hm.',
        toolCalls: [{ name: 'read_file', input: { path: `${messages.length}.md` } }],
        stop: 'tool',
      },
    })
    const params = { model: 'auto', max_tokens: 4000, thinking: { type: 'adaptive' as const }, tools, messages }
    const answer = await client().messages.create(params, session)
    const results = answer.content.flatMap((block): Anthropic.ToolResultBlockParam[] =>
      block.type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: block.id, content: 'text' }] : [],
    )
    return [...messages, { role: 'assistant', content: answer.content }, { role: 'user', content: results }]
  }

  it('is kept through every change of model within the provider, and none of them draws an error', async () => {
    let messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Read the files one by one.' }]
    const path = [
      'claude-haiku-5-5',
      'claude-opus-5-5',
      'claude-sonnet-5-5',
      'claude-opus-4-8',
      'claude-haiku-4-5',
      'claude-opus-5-5',
    ]
    for (const model of path) {
      await routeTo(`anthropic/${model}`)
      messages = await step(messages)
    }
    const calls = arrived()
    expect(calls.map(({ model, status }) => [model, status])).toEqual(path.map((model) => [model, 200]))
    // Every signature that any model gave still stands in the last request, and system, tools and earlier messages are
    // as they were.
    const signatures = [...JSON.stringify(messages.slice(0, -2)).matchAll(/"signature":"([^"]+)"/g)].map(
      ([, one]) => one!,
    )
    expect(signatures.length).toBeGreaterThanOrEqual(3)
    const last = calls.at(-1)!.bodyText
    for (const signature of signatures) expect(last).toContain(signature)
    const sent = JSON.parse(last) as { tools: unknown; messages: unknown[] }
    expect(sent.tools).toMatchObject([{ name: 'read_file' }])
    expect(sent.messages).toHaveLength(messages.length - 2)
  })

  it('is left out for another provider, named as lost, and whole again on the way back', async () => {
    let messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Read the files one by one.' }]
    await routeTo('anthropic/claude-opus-5-5')
    messages = await step(messages)
    const signature = /"signature":"([^"]+)"/.exec(JSON.stringify(messages))?.[1] ?? expect.unreachable('no thinking')

    await routeTo('openai/gpt-6-sol')
    const params = { model: 'auto', max_tokens: 4000, thinking: { type: 'adaptive' as const }, tools, messages }
    const abroad = await client().messages.create(params, session)
    const there = arrived().at(-1)!
    expect([there.path, there.status]).toEqual([expect.stringMatching(/responses|chat/), 200])
    expect(there.bodyText).not.toContain(signature)
    expect(JSON.stringify(abroad.content)).not.toContain('"thinking"')
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 2)
    expect(decision!.warnings.join()).toMatch(/reasoning/)

    await routeTo('anthropic/claude-opus-5-5')
    const uses = abroad.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))
    const next = uses.map((id) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'text' }))
    await client().messages.create(
      {
        ...params,
        messages: [
          ...messages,
          { role: 'assistant', content: abroad.content },
          { role: 'user', content: next.length > 0 ? next : 'Go on.' },
        ],
      },
      session,
    )
    const back = arrived().at(-1)!
    expect([back.path, back.status]).toEqual(['/v1/messages', 200])
    expect(back.bodyText).toContain(signature)
  })
})

describe('reasoning and another provider of the same API', () => {
  /** What arrived of model calls at both providers, in order: where, with what status, and which seals it held. */
  function seals(seal: RegExp): readonly (readonly [string, number | null, readonly string[]])[] {
    const both = [
      ...gateway.upstream.state.recording.since(0).map((one) => ({ ...one, where: 'own' })),
      ...second.state.recording.since(0).map((one) => ({ ...one, where: 'second' })),
    ]
    return both
      .filter(({ path }) => /messages$|responses$/.test(path))
      .toSorted((one, other) => one.at - other.at)
      .map(({ where, status, bodyText }) => [where, status, [...bodyText.matchAll(seal)].map(([, value]) => value!)])
  }

  beforeEach(async () => {
    await fetch(`${second.url}/__script?all=1`, { method: 'DELETE' })
  })

  it('signed thinking goes to the provider that signed it, and to no other', async () => {
    const client = new Anthropic({ apiKey: team.key, baseURL: gateway.url, maxRetries: 0 })
    const session = { headers: { 'x-claude-code-session-id': crypto.randomUUID() } }
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Read the files one by one.' }]
    const made: string[] = []
    for (const target of ['anthropic', 'mirror', 'anthropic', 'mirror']) {
      await routeTo(`${target}/claude-sonnet-5-5`)
      const wish = {
        reply: { thinking: 'Hm.', toolCalls: [{ name: 'read_file', input: { path: 'a' } }], stop: 'tool' },
      }
      await script(target === 'mirror' ? second : gateway.upstream, wish)
      const params = {
        model: 'auto',
        max_tokens: 4000,
        thinking: { type: 'adaptive' as const },
        tools: [READ],
        messages,
      }
      const { content } = await client.messages.create(params, session)
      const results = content.flatMap((block): Anthropic.ToolResultBlockParam[] =>
        block.type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: block.id, content: 'text' }] : [],
      )
      made.push(...content.flatMap((block) => (block.type === 'thinking' ? [block.signature] : [])))
      messages.push({ role: 'assistant', content }, { role: 'user', content: results })
      await gateway.admin.waitForDecisions(team.teamId, made.length)
    }
    const [a, b, c] = made as [string, string, string]
    expect(new Set(made).size).toBe(4)
    expect(seals(/"signature":"([^"]+)"/g)).toEqual([
      ['own', 200, []],
      ['second', 200, []],
      ['own', 200, [a]],
      ['second', 200, [b]],
    ])
    expect(c).not.toBe(a)
    const [last] = await gateway.admin.waitForDecisions(team.teamId, 4)
    expect(last!.adaptations.join()).toContain('reasoning:of_another_provider_dropped(2)')
    expect(last!.warnings).toContain('lost:reasoning')
  })

  it('so does encrypted reasoning, between models of one provider as well', async () => {
    const client = new OpenAI({ apiKey: team.key, baseURL: `${gateway.url}/v1`, maxRetries: 0 })
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'Think about it.' }]
    const made: string[] = []
    for (const target of ['openai/gpt-5.5', 'openai/gpt-6-luna', 'second/gpt-5.5', 'openai/gpt-6-sol']) {
      await routeTo(target)
      const { output } = await client.responses.create({
        model: 'auto',
        input,
        store: false,
        prompt_cache_key: 'mine',
        reasoning: { effort: 'high' },
        include: ['reasoning.encrypted_content'],
      })
      made.push(...output.flatMap((item) => (item.type === 'reasoning' ? [item.encrypted_content ?? ''] : [])))
      input.push(...(output as OpenAI.Responses.ResponseInputItem[]), { role: 'user', content: 'Go on.' })
      await gateway.admin.waitForDecisions(team.teamId, made.length)
    }
    const [a, b] = made as [string, string]
    expect(new Set(made).size).toBe(4)
    expect(seals(/"encrypted_content":"([^"]+)"/g)).toEqual([
      ['own', 200, []],
      ['own', 200, [a]],
      ['second', 200, []],
      ['own', 200, [a, b]],
    ])
  })
})

describe('a message thread', () => {
  it("is declined so that the SDK's tool runner goes on without one", async () => {
    const client = new Anthropic({ apiKey: team.key, baseURL: gateway.url, maxRetries: 0 })
    const read: string[] = []
    const final = await client.beta.messages.toolRunner({
      model: 'auto',
      max_tokens: 2000,
      messages: [{ role: 'user', content: 'Read README.md and answer with its first line.' }],
      tools: [
        {
          ...READ,
          type: 'custom' as const,
          run: (input: unknown) => {
            read.push((input as { path: string }).path)
            return '# Small repository'
          },
          parse: (input: unknown) => input,
        },
      ],
    })
    expect([final.stop_reason, read]).toEqual(['end_turn', ['README.md']])
    const bodies = arrived().map(({ bodyText }) => JSON.parse(bodyText) as { thread?: object; messages: unknown[] })
    expect(bodies.map(({ thread, messages }) => [thread, messages.length])).toEqual([
      [undefined, 1],
      [undefined, 3],
    ])
    expect(await gateway.admin.waitForDecisions(team.teamId, 2)).toHaveLength(2)
  })
})

describe("Codex's turn state", () => {
  it('passes to the client and back', async () => {
    await script(gateway.upstream, { match: { path: '/v1/responses' }, headers: { 'x-codex-turn-state': 'sticky-1' } })
    const ask = (headers: Readonly<Record<string, string>>) =>
      fetch(`${gateway.url}/v1/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${team.key}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'auto', input: 'Hello', stream: true }),
      })
    const first = await ask({})
    await first.text()
    expect(first.headers.get('x-codex-turn-state')).toBe('sticky-1')
    await (await ask({ 'x-codex-turn-state': 'sticky-1' })).text()
    expect(gateway.upstream.state.recording.since(0).at(-1)?.headers['x-codex-turn-state']).toBe('sticky-1')
  })
})
