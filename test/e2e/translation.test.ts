/** Clients of one API on a provider of another, through the official SDKs. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

const QUESTION = 'Write a docstring for this function: def add(a, b): return a + b'
const SCHEMA = { type: 'object' as const, properties: { path: { type: 'string' } }, required: ['path'] }

interface Side {
  gateway: TestGateway
  team: Awaited<ReturnType<TestGateway['admin']['newTeam']>>
}

async function startWith(environment: Readonly<Record<string, string>>): Promise<Side> {
  const gateway = await startGateway({ environment })
  return { gateway, team: await gateway.admin.newTeam('Translated') }
}

const arrived = ({ gateway }: Side) => gateway.upstream.state.recording.since(0).at(-1)

describe('OpenAI clients on Anthropic models', () => {
  let side: Side
  let client: OpenAI
  beforeAll(async () => {
    side = await startWith({ OPENAI_API_KEY: '' })
    client = new OpenAI({ apiKey: side.team.key, baseURL: `${side.gateway.url}/v1`, maxRetries: 0 })
  })
  afterAll(async () => {
    expect(await side.gateway.stop()).toBe(0)
  })

  it('answer a Chat Completions call, and say where it went', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'auto', messages: [{ role: 'user', content: QUESTION }] })
      .withResponse()
    expect(data.object).toBe('chat.completion')
    expect(data.choices[0]?.message.content).toContain('scripted provider')
    expect(data.choices[0]?.finish_reason).toBe('stop')
    expect(data.usage?.total_tokens).toBeGreaterThan(10)
    expect(response.headers.get('x-headgate-model')).toMatch(/^claude-/)
    expect(arrived(side)).toMatchObject({ path: '/v1/messages', status: 200 })
  })

  it('stream a tool call and take its result', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'read_file', parameters: SCHEMA } }]
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: 'Read README.md then write HELLO.md' },
    ]
    const answer = await client.chat.completions.stream({ model: 'auto', messages, tools }).finalChatCompletion()
    const { message, finish_reason: finish } = answer.choices[0]!
    expect(finish).toBe('tool_calls')
    const calls = message.tool_calls ?? []
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({ type: 'function', function: { name: 'read_file' } })

    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: '# Tiny repo' }))
    const next = await client.chat.completions.create({
      model: 'auto',
      messages: [...messages, message, ...results],
      tools,
    })
    expect(['stop', 'tool_calls']).toContain(next.choices[0]?.finish_reason)
    expect(arrived(side)).toMatchObject({ path: '/v1/messages', status: 200 })
  })

  it('answer a Responses call, whole and streamed', async () => {
    const whole = await client.responses.create({ model: 'auto', input: QUESTION })
    expect(whole.status).toBe('completed')
    expect(whole.output_text).toContain('scripted provider')
    const streamed = await client.responses.stream({ model: 'auto', input: QUESTION }).finalResponse()
    expect(streamed.output_text).toContain('scripted provider')
    expect(streamed.usage?.output_tokens).toBeGreaterThan(0)
  })

  it("pass a provider's error on in the client's own envelope", async () => {
    const rule = {
      times: 1,
      status: 400,
      errorType: 'invalid_request_error',
      errorMessage: 'prompt is too long: 9 tokens > 8 maximum',
    }
    await script(side.gateway.upstream, rule)
    const failed = client.chat.completions.create({ model: 'auto', messages: [{ role: 'user', content: QUESTION }] })
    await expect(failed).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' })
  })

  it('say what cannot be carried instead of leaving it out', async () => {
    const bodies = [
      { previous_response_id: 'resp_1', input: QUESTION },
      {
        input: [
          { role: 'user' as const, content: QUESTION },
          { type: 'item_reference' as const, id: 'msg_1' },
        ],
      },
    ]
    for (const body of bodies) {
      const failed = client.responses.create({ model: 'auto', ...body })
      await expect(failed).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining(
          'It goes on from what a provider stored: send the whole conversation instead.',
        ),
      })
    }
  })

  it('log the call with its cost and the change of API', async () => {
    // Five answers and the provider's error.
    const all = await side.gateway.admin.waitForDecisions(side.team.teamId, 6)
    expect(all[0]).toMatchObject({ estimated: false })
    const answered = all.filter(({ status }) => status === 200)
    expect(answered.length).toBeGreaterThan(4)
    for (const { cost_nano: cost, dialect, model } of answered) {
      expect(cost).toBeGreaterThan(0)
      expect(dialect).toMatch(/^openai-/)
      expect(model).toMatch(/^claude-/)
    }
  })
})

describe('Anthropic clients on OpenAI models', () => {
  let side: Side
  let client: Anthropic
  beforeAll(async () => {
    side = await startWith({ ANTHROPIC_API_KEY: '' })
    client = new Anthropic({ apiKey: side.team.key, baseURL: side.gateway.url, maxRetries: 0 })
  })
  afterAll(async () => {
    expect(await side.gateway.stop()).toBe(0)
  })

  it('answer a call, whole and streamed', async () => {
    const ask = { model: 'auto', max_tokens: 500, messages: [{ role: 'user' as const, content: QUESTION }] }
    const { data, response } = await client.messages.create(ask).withResponse()
    expect(data.content).toMatchObject([{ type: 'text', text: expect.stringContaining('scripted provider') }])
    expect(data.stop_reason).toBe('end_turn')
    expect(data.usage.input_tokens).toBeGreaterThan(0)
    expect(response.headers.get('x-headgate-model')).toMatch(/^gpt-/)
    const streamed = await client.messages.stream(ask).finalMessage()
    expect(streamed.content).toEqual(data.content)
    expect(streamed.usage.output_tokens).toBe(data.usage.output_tokens)
  })

  it('stream a tool call and take its result', async () => {
    const tools = [{ name: 'read_file', input_schema: SCHEMA }]
    const first: Anthropic.MessageParam = { role: 'user', content: 'Read README.md then write HELLO.md' }
    const answer = await client.messages
      .stream({ model: 'auto', max_tokens: 500, messages: [first], tools })
      .finalMessage()
    expect(answer.stop_reason).toBe('tool_use')
    const use = answer.content.find((block) => block.type === 'tool_use')
    expect(use).toMatchObject({ name: 'read_file', input: { path: expect.any(String) } })

    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: '# Tiny repo' }
    const messages: Anthropic.MessageParam[] = [
      first,
      { role: 'assistant', content: answer.content },
      { role: 'user', content: [result] },
    ]
    const next = await client.messages.create({ model: 'auto', max_tokens: 500, messages, tools })
    expect(['end_turn', 'tool_use']).toContain(next.stop_reason)
    expect(arrived(side)?.status).toBe(200)
  })

  it('end a stream that is cut with an error event', async () => {
    await script(side.gateway.upstream, { times: 1, cutAfterEvents: 3 })
    const ask = { model: 'auto', max_tokens: 500, messages: [{ role: 'user' as const, content: QUESTION }] }
    await expect(client.messages.stream(ask).finalMessage()).rejects.toThrow(/ended the answer|overloaded|api_error/i)
  })

  it('stay with their own API where the policy says so', async () => {
    await side.gateway.admin.putPolicy(side.team.teamId, { schema: 1, translation: 'never' })
    const ask = { model: 'auto', max_tokens: 500, messages: [{ role: 'user' as const, content: QUESTION }] }
    await expect(client.messages.create(ask)).rejects.toMatchObject({ status: 400 })
  })
})
