/** Hard caps against what the provider really bills: never passed, used to their end, and no call is refused too early. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoggedDecision } from '../support/admin-client.ts'
import { costOf } from '../support/list-prices.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway
let team: Awaited<ReturnType<TestGateway['admin']['newTeam']>>

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
})
beforeEach(async () => {
  await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
  team = await gateway.admin.newTeam('Caps')
})

function cap(limitUsd: number): Promise<void> {
  return gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd, mode: 'hard' })
}

interface BillRow {
  readonly model: string
  readonly tokens: Readonly<Record<'input' | 'output' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite30m', number>>
}

/** The model asked for answers: one that does not think by itself shows all that it produces. */
function pinModels(): Promise<void> {
  return gateway.admin.putPolicy(team.teamId, { schema: 1, requestedModel: 'pin' })
}

/** What the provider billed, in dollars at list prices. */
async function billedUsd(): Promise<number> {
  const { rows } = (await (await fetch(`${gateway.upstream.url}/__bill`)).json()) as { rows: BillRow[] }
  const nano = rows.map(({ model, tokens }) =>
    costOf({
      model,
      input_tokens: tokens.input,
      output_tokens: tokens.output,
      cache_read_tokens: tokens.cacheRead,
      cache_write_short_tokens: tokens.cacheWrite5m + tokens.cacheWrite30m,
      cache_write_long_tokens: 0,
    }),
  )
  return nano.reduce((sum, one) => sum + one, 0) / 1e9
}

/** Waits until the provider has noticed every call's end. */
async function providerIdle(): Promise<void> {
  while (gateway.upstream.state.recording.since(0).some(({ endedAt }) => endedAt === null)) await sleep(50)
}

const TOOL = {
  name: 'run_command',
  description: 'Runs a command',
  schema: { type: 'object' as const, properties: { command: { type: 'string' } }, required: ['command'] },
}

function messages(body: object): Promise<Response> {
  return fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: {
      'x-api-key': team.key,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      'x-claude-code-session-id': crypto.randomUUID(),
    },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Fix the failing test in parse.ts' }], ...body }),
  })
}

describe('calls that ask for much and use little', () => {
  it('40 in parallel, 128,000 output tokens each, on $5: none is refused', async () => {
    await cap(5)
    await script(gateway.upstream, { times: null, eventDelayMs: 5, reply: { outputTokens: 400 } })
    const asked = { model: 'tier-2', max_tokens: 128_000, stream: true }
    const answers = await Promise.all(Array.from({ length: 40 }, () => messages(asked)))
    const texts = await Promise.all(answers.map((answer) => answer.text()))
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200))
    expect(texts.every((text) => text.includes('end_turn'))).toBe(true)
  })
})

describe('a request for more than the cap pays for', () => {
  it('is asked for less, so that the provider itself stops', async () => {
    await cap(0.05)
    await pinModels()
    await script(gateway.upstream, { reply: { outputTokens: 20_000 } })
    const answer = await messages({ model: 'claude-sonnet-4-6', max_tokens: 64_000, stream: true })
    expect(await answer.text()).toContain('"stop_reason":"max_tokens"')
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision!.adaptations.join()).toMatch(/max_tokens:64000->\d{4}\b/)
    expect(decision).toMatchObject({ ending: 'complete', estimated: false })
    expect(await billedUsd()).toBeLessThanOrEqual(0.05)
  })

  it('is refused for good where a thinking budget leaves no answer', async () => {
    await cap(0.05)
    await pinModels()
    const thinking = { type: 'enabled', budget_tokens: 32_000 }
    const answer = await messages({ model: 'claude-haiku-4-5', max_tokens: 64_000, stream: true, thinking })
    expect(answer.status).not.toBe(200)
    expect(await answer.text()).toMatch(/does not pay for an answer|has no room for this call/)
    expect(gateway.upstream.state.recording.since(0).filter(({ path }) => path.startsWith('/v1/'))).toEqual([])
  })
})

describe('streams that together pass the cap', () => {
  /** Larger where the model that answers is dearer: the guards of three streams are to stay a small part of a cap. */
  const CAPS_USD = { messages: 0.105, openai: 0.07 } as const
  let capUsd = 0
  const capFor = (usd: number) => beforeEach(() => void (capUsd = usd))
  const LONG = { outputTokens: 4_000 }
  const HALF_CALL = { toolCalls: [{ name: TOOL.name, input: { command: 'rm -rf build '.repeat(900) } }] }
  const QUESTION = { role: 'user' as const, content: 'Fix the failing test in parse.ts' }

  /** Three at once: each could be paid for alone. */
  async function three<T>(reply: object, ask: () => Promise<T>): Promise<T[]> {
    await cap(capUsd)
    await pinModels()
    await script(gateway.upstream, { times: 3, eventDelayMs: 30, reply })
    const answers = await Promise.all([ask(), ask(), ask()])
    await providerIdle()
    return answers
  }

  async function expectStopped(): Promise<readonly LoggedDecision[]> {
    const decisions = await gateway.admin.waitForDecisions(team.teamId, 3)
    const stopped = decisions.filter(({ ending }) => ending === 'budget_stopped')
    expect(stopped.length).toBeGreaterThan(0)
    expect(stopped.every(({ estimated }) => estimated)).toBe(true)
    const billed = await billedUsd()
    console.info({ billed, stopped: stopped.length, endings: decisions.map(({ ending }) => ending) })
    expect(billed).toBeLessThanOrEqual(capUsd)
    // Nor by what was charged: of a guard no more than is still held for it.
    const charged = decisions.reduce((sum, { cost_nano }) => sum + (cost_nano ?? 0), 0)
    expect(charged).toBeLessThanOrEqual(capUsd * 1e9)
    // Guards of three streams, and estimates that lean high.
    expect(billed).toBeGreaterThanOrEqual(0.7 * capUsd)
    await gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd: 10, mode: 'hard' })
    return stopped
  }

  describe('Messages', () => {
    capFor(CAPS_USD.messages)
    const client = () => new Anthropic({ baseURL: gateway.url, apiKey: team.key, maxRetries: 0 })
    const tools = [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }]
    const asked = { model: 'claude-sonnet-4-6', max_tokens: 5_000, tools }

    it('text: the answer ends at its limit and the conversation goes on', async () => {
      const answers = await three(LONG, () =>
        client()
          .messages.stream({ ...asked, messages: [QUESTION] })
          .finalMessage(),
      )
      await expectStopped()
      expect(answers.map(({ stop_reason }) => stop_reason)).toContain('max_tokens')
      for (const { content } of answers) {
        const history = [
          QUESTION,
          { role: 'assistant' as const, content },
          { role: 'user' as const, content: 'Go on.' },
        ]
        expect((await client().messages.create({ ...asked, messages: history })).type).toBe('message')
      }
    })

    it('half a tool call: its input cannot be run, and its result can be told', async () => {
      const answers = await three(HALF_CALL, () =>
        client()
          .messages.stream({ ...asked, messages: [QUESTION] })
          .finalMessage(),
      )
      await expectStopped()
      const half = answers.filter(({ stop_reason }) => stop_reason === 'max_tokens')
      expect(half.length).toBeGreaterThan(0)
      for (const { content } of half) {
        const use = content.find((block) => block.type === 'tool_use') ?? expect.unreachable('no call')
        expect(use.input).toEqual({ command: null })
        const result = { type: 'tool_result' as const, tool_use_id: use.id, content: 'cut off', is_error: true }
        const history = [
          QUESTION,
          { role: 'assistant' as const, content },
          { role: 'user' as const, content: [result] },
        ]
        expect((await client().messages.create({ ...asked, messages: history })).type).toBe('message')
      }
    })
  })

  describe('Chat Completions', () => {
    capFor(CAPS_USD.openai)
    const client = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: team.key, maxRetries: 0 })
    const tools = [
      {
        type: 'function' as const,
        function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema },
      },
    ]
    const asked = { model: 'gpt-6.1-terra', max_completion_tokens: 9_000, reasoning_effort: 'none' as const, tools }
    const ask = async () => {
      const chunks: OpenAI.ChatCompletionChunk[] = []
      const stream = await client().chat.completions.create({
        ...asked,
        messages: [QUESTION],
        stream: true,
        stream_options: { include_usage: true },
      })
      for await (const chunk of stream) chunks.push(chunk)
      const deltas = chunks.flatMap(({ choices }) => choices)
      const calls = deltas.flatMap(({ delta }) => delta.tool_calls ?? [])
      return {
        finish: deltas.findLast(({ finish_reason }) => finish_reason !== null)?.finish_reason,
        content: deltas.map(({ delta }) => delta.content ?? '').join(''),
        callId: calls.find(({ id }) => id !== undefined)?.id,
        args: calls.map((call) => call.function?.arguments ?? '').join(''),
        usage: chunks.at(-1)?.usage,
      }
    }

    it('text: the answer ends at its limit, with usage, and the conversation goes on', async () => {
      const answers = await three({ outputTokens: 8_000 }, ask)
      await expectStopped()
      const cut = answers.filter(({ finish }) => finish === 'length')
      expect(cut.length).toBeGreaterThan(0)
      for (const { content, usage } of cut) {
        expect(usage!.completion_tokens).toBeGreaterThan(100)
        const history = [
          QUESTION,
          { role: 'assistant' as const, content },
          { role: 'user' as const, content: 'Go on.' },
        ]
        expect((await client().chat.completions.create({ ...asked, messages: history })).choices).toHaveLength(1)
      }
    })

    it('half a tool call: its arguments cannot be run, and its result can be told', async () => {
      const command = 'rm -rf build '.repeat(2_400)
      const answers = await three({ toolCalls: [{ name: TOOL.name, input: { command } }] }, ask)
      await expectStopped()
      const cut = answers.filter(({ finish }) => finish === 'length')
      expect(cut.length).toBeGreaterThan(0)
      for (const { callId, args } of cut) {
        expect(JSON.parse(args)).toEqual({ command: null })
        const call = { id: callId!, type: 'function' as const, function: { name: TOOL.name, arguments: args } }
        const history = [
          QUESTION,
          { role: 'assistant' as const, content: null, tool_calls: [call] },
          { role: 'tool' as const, tool_call_id: callId!, content: 'cut off' },
        ]
        expect((await client().chat.completions.create({ ...asked, messages: history })).choices).toHaveLength(1)
      }
    })
  })

  describe('Responses', () => {
    capFor(CAPS_USD.openai)
    const client = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: team.key, maxRetries: 0 })
    const tools = [
      {
        type: 'function' as const,
        name: TOOL.name,
        description: TOOL.description,
        parameters: TOOL.schema,
        strict: false,
      },
    ]
    const asked = {
      model: 'gpt-6.1-terra',
      max_output_tokens: 9_000,
      reasoning: { effort: 'none' as const },
      tools,
      store: false,
    }
    const ask = () =>
      client()
        .responses.stream({ ...asked, input: [QUESTION] })
        .finalResponse()

    it.each([
      ['text', { outputTokens: 8_000 }, 'message'],
      [
        'half a tool call',
        { toolCalls: [{ name: TOOL.name, input: { command: 'rm -rf build '.repeat(2_400) } }] },
        'message',
      ],
    ])('%s: the answer is incomplete, holds no half call, and the conversation goes on', async (_, reply, type) => {
      const answers = await three(reply, ask)
      await expectStopped()
      const cut = answers.filter(({ status }) => status === 'incomplete')
      expect(cut.length).toBeGreaterThan(0)
      for (const { output, incomplete_details } of cut) {
        expect(incomplete_details?.reason).toBe('max_output_tokens')
        expect(output.at(-1)?.type).toBe(type)
        expect(output.some((item) => item.type === 'function_call')).toBe(false)
        const input = [
          QUESTION,
          ...(output as OpenAI.Responses.ResponseInputItem[]),
          { role: 'user' as const, content: 'Go on.' },
        ]
        expect((await client().responses.create({ ...asked, input })).status).toBe('completed')
      }
    })
  })
})
