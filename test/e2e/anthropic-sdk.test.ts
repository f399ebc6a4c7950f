/** The official Anthropic SDK against a started gateway. */
import Anthropic, { APIError, AuthenticationError, NotFoundError, RateLimitError } from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { costOf } from '../support/list-prices.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway
let team: Awaited<ReturnType<TestGateway['admin']['newTeam']>>
let client: Anthropic

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
})
beforeEach(async () => {
  await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
  team = await gateway.admin.newTeam('SDK')
  client = new Anthropic({ apiKey: team.key, baseURL: gateway.url, maxRetries: 0 })
})

const QUESTION = { role: 'user', content: 'Write a docstring for this function: def add(a, b): return a + b' } as const
const WEATHER: Anthropic.Tool = {
  name: 'weather',
  description: 'The weather in a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

/** What a model says, whatever it thought before. */
function textOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

/** The calls that reached the provider in this test. */
const upstreamCalls = () => gateway.upstream.state.recording.since(0)

async function rejection(promise: Promise<unknown>): Promise<InstanceType<typeof APIError>> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(APIError)
  return error as InstanceType<typeof APIError>
}

describe('messages', () => {
  it('answer a text, say in headers where it went, and log it with its exact cost', async () => {
    const { data, response } = await client.messages
      .create({ model: 'auto', max_tokens: 500, messages: [QUESTION] })
      .withResponse()

    expect(data.type).toBe('message')
    expect(textOf(data)).toContain('scripted provider')
    expect(response.headers.get('x-headgate-tier')).toBe('1')
    expect(response.headers.get('x-headgate-task')).toBe('docstring')
    expect(response.headers.get('x-headgate-model')).toBe(data.model)
    expect(response.headers.get('x-headgate-reasons')).toContain('task')
    expect(response.headers.get('x-headgate-session')).not.toBe('')

    const [decision, ...others] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(others).toEqual([])
    expect(decision).toMatchObject({
      id: response.headers.get('x-headgate-decision'),
      team_id: team.teamId,
      key_id: team.keyId,
      dialect: 'anthropic-messages',
      task_type: 'docstring',
      tier: 1,
      model: data.model,
      requested_model: 'auto',
      input_tokens: data.usage.input_tokens,
      output_tokens: data.usage.output_tokens,
      status: 200,
      ending: 'complete',
      estimated: false,
    })
    expect(decision!.reasons).toContain('task')
    expect(decision!.cost_nano).toBe(costOf(decision!))
    expect(decision!.baseline_nano).toBeGreaterThan(decision!.cost_nano!)
    // Billed by the provider exactly as logged here.
    expect(upstreamCalls()[0]?.billed).toMatchObject({ input: decision!.input_tokens, output: decision!.output_tokens })
  })

  it('stream, event by event, to the same message', async () => {
    const stream = client.messages.stream({ model: 'auto', max_tokens: 500, messages: [QUESTION] })
    const events: string[] = []
    let streamed = ''
    stream.on('streamEvent', (event) => events.push(event.type))
    stream.on('text', (text) => (streamed += text))
    const message = await stream.finalMessage()

    expect(events[0]).toBe('message_start')
    expect(events.at(-1)).toBe('message_stop')
    expect(streamed).toContain('scripted provider')
    expect(textOf(message)).toBe(streamed)
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision).toMatchObject({ output_tokens: message.usage.output_tokens, ending: 'complete' })
    expect(decision!.cost_nano).toBe(costOf(decision!))
  })

  it('carry a tool call and its result through one turn of one thread', async () => {
    await script(gateway.upstream, {
      reply: { toolCalls: [{ name: 'weather', input: { city: 'Oslo' } }], stop: 'tool' },
    })
    const asked: Anthropic.MessageParam = { role: 'user', content: 'What is the weather in Oslo?' }
    const first = await client.messages.create({ model: 'auto', max_tokens: 500, tools: [WEATHER], messages: [asked] })
    expect(first.stop_reason).toBe('tool_use')
    const call = first.content.find((block) => block.type === 'tool_use')
    expect(call).toMatchObject({ name: 'weather', input: { city: 'Oslo' } })

    await script(gateway.upstream, { reply: { text: 'It rains.' } })
    const second = await client.messages.create({
      model: 'auto',
      max_tokens: 500,
      tools: [WEATHER],
      messages: [
        asked,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call!.id, content: 'rain' }] },
      ],
    })
    expect(textOf(second)).toBe('It rains.')

    const [later, earlier] = await gateway.admin.waitForDecisions(team.teamId, 2)
    expect(later).toMatchObject({
      session_id: earlier!.session_id,
      thread_id: earlier!.thread_id,
      model: earlier!.model,
    })
    expect([earlier!.turn, earlier!.iteration, later!.turn, later!.iteration]).toEqual([1, 1, 1, 2])
    expect(later!.reasons).toContain('turn_kept')
  })

  it('pass unknown fields and betas on, and change no byte but the model', async () => {
    const body = `{"max_tokens":100,  "future_field":{"a":[1,2.50]},"messages":[{"role":"user","content":"h\\u00e9llo"}],"model":"tier-1"}`
    await script(gateway.upstream, { settings: { strict: false } })
    const answer = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: {
        'x-api-key': team.key,
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'effort-2025-11-24',
        'content-type': 'application/json',
      },
      body,
    })
    await script(gateway.upstream, { settings: { strict: true } })
    expect(answer.status).toBe(200)
    const [sent] = upstreamCalls()
    expect(sent!.bodyText).toBe(body.replace('tier-1', answer.headers.get('x-headgate-model')!))
    expect(sent!.headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'anthropic-beta': 'effort-2025-11-24' })
    expect(JSON.stringify(sent!.headers)).not.toContain(team.key)
  })
})

describe('errors', () => {
  it('a wrong key is an AuthenticationError', async () => {
    const stranger = new Anthropic({ apiKey: 'hg_nobody', baseURL: gateway.url, maxRetries: 0 })
    const error = await rejection(stranger.messages.create({ model: 'auto', max_tokens: 10, messages: [QUESTION] }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.type).toBe('authentication_error')
  })

  it('an unknown model is a NotFoundError', async () => {
    const error = await rejection(
      client.messages.create({ model: 'claude-imaginary', max_tokens: 10, messages: [QUESTION] }),
    )
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error.message).toContain('claude-imaginary')
  })

  it("a provider's refusal passes with its own words and its retry-after", async () => {
    await script(gateway.upstream, {
      times: null,
      status: 429,
      errorType: 'rate_limit_error',
      errorMessage: 'Slow down, please.',
      retryAfter: 7,
    })
    const error = await rejection(client.messages.create({ model: 'tier-3', max_tokens: 10, messages: [QUESTION] }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error.message).toContain('Slow down, please.')
    expect(error.headers?.get('retry-after')).toBe('7')
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision).toMatchObject({ status: 429, cost_nano: 0, output_tokens: 0 })
  })

  it('an error in the middle of a stream reaches the client and is logged with what was billed', async () => {
    await script(gateway.upstream, { errorAfterEvents: 4, reply: { outputTokens: 200 } })
    const stream = client.messages.stream({ model: 'tier-2', max_tokens: 500, messages: [QUESTION] })
    await rejection(stream.finalMessage())
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision!.ending).not.toBe('complete')
    expect(decision!.input_tokens + decision!.cache_write_short_tokens).toBeGreaterThan(0)
    expect(decision!.cost_nano).toBeGreaterThan(0)
  })

  it('a budget that is used up is refused once, without a retry, and the provider hears nothing of it', async () => {
    await gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd: 0.000001, mode: 'hard' })
    const patient = new Anthropic({ apiKey: team.key, baseURL: gateway.url, maxRetries: 2 })
    const error = await rejection(patient.messages.create({ model: 'auto', max_tokens: 100, messages: [QUESTION] }))
    expect(error.status).toBe(402)
    expect(error.type).toBe('billing_error')
    expect(error.message).toMatch(/month budget of team .{0,2}SDK/)
    expect(upstreamCalls()).toEqual([])
  })
})

describe('beside messages', () => {
  it('count_tokens answers what the provider counts', async () => {
    const counted = await client.messages.countTokens({ model: 'claude-sonnet-5-5', messages: [QUESTION] })
    expect(counted.input_tokens).toBeGreaterThan(10)
    const direct = new Anthropic({ apiKey: 'any', baseURL: gateway.upstream.url })
    const model = upstreamCalls()[0]!.model!
    expect(counted).toEqual(await direct.messages.countTokens({ model, messages: [QUESTION] }))
    expect(await gateway.admin.decisions(team.teamId)).toEqual([])
  })

  it("count_tokens estimates what no provider counts: another API's model, or a catalogue of them", async () => {
    const count = (model: string) => client.messages.countTokens({ model, messages: [QUESTION] }).withResponse()
    const asked = await count('gpt-5.5')
    await gateway.admin.putPolicy(team.teamId, {
      schema: 1,
      catalog: { preset: 'none', tiers: { '2': ['openai/gpt-6.1-terra'] } },
    })
    for (const { data, response } of [asked, await count('auto'), await count('tier-3')]) {
      expect(data.input_tokens).toBeGreaterThan(10)
      expect(response.headers.get('x-headgate-count')).toBe('estimated')
    }
    expect(upstreamCalls()).toEqual([])
  })

  it('models lists what may be asked for', async () => {
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toEqual(expect.arrayContaining(['auto', 'tier-1', 'claude-opus-5-5']))
    expect((await client.models.retrieve('claude-opus-5-5')).display_name).toBe('Claude Opus 5.5')
  })
})
