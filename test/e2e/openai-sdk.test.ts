/** The official OpenAI SDK against a started gateway. */
import OpenAI, { APIError, AuthenticationError, NotFoundError, RateLimitError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { costOf } from '../support/list-prices.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway
let team: Awaited<ReturnType<TestGateway['admin']['newTeam']>>
let client: OpenAI

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
})
beforeEach(async () => {
  await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
  team = await gateway.admin.newTeam('SDK')
  client = new OpenAI({ apiKey: team.key, baseURL: `${gateway.url}/v1`, maxRetries: 0 })
})

const QUESTION = { role: 'user', content: 'Write a docstring for this function: def add(a, b): return a + b' } as const
const WEATHER: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

const upstreamCalls = () => gateway.upstream.state.recording.since(0)

async function rejection(promise: PromiseLike<unknown>): Promise<InstanceType<typeof APIError>> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(APIError)
  return error as InstanceType<typeof APIError>
}

describe('chat completions', () => {
  it('answer a text, say in headers where it went, and log it with its exact cost', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'auto', messages: [QUESTION] })
      .withResponse()
    expect(data.choices[0]?.message.content).toContain('scripted provider')
    expect(response.headers.get('x-headgate-tier')).toBe('1')
    expect(response.headers.get('x-headgate-task')).toBe('docstring')

    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision).toMatchObject({
      id: response.headers.get('x-headgate-decision'),
      dialect: 'openai-chat-completions',
      task_type: 'docstring',
      tier: 1,
      model: response.headers.get('x-headgate-model'),
      output_tokens: data.usage!.completion_tokens,
      status: 200,
      ending: 'complete',
      estimated: false,
    })
    expect(decision!.cost_nano).toBe(costOf(decision!))
  })

  it('stream without usage when the client asked for none, and are metered all the same', async () => {
    const stream = await client.chat.completions.create({ model: 'auto', stream: true, messages: [QUESTION] })
    let text = ''
    let usages = 0
    let withoutChoice = 0
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      if ('usage' in chunk) usages += 1
      if (chunk.choices.length === 0) withoutChoice += 1
    }
    expect(text).toContain('scripted provider')
    expect([usages, withoutChoice]).toEqual([0, 0])

    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision).toMatchObject({ ending: 'complete', estimated: false })
    expect(decision!.output_tokens).toBe(upstreamCalls()[0]!.billed!.output)
    expect(decision!.cost_nano).toBe(costOf(decision!))
  })

  it('stream with usage when the client asked for it', async () => {
    const stream = await client.chat.completions.create({
      model: 'auto',
      stream: true,
      stream_options: { include_usage: true },
      messages: [QUESTION],
    })
    const usages: OpenAI.CompletionUsage[] = []
    for await (const chunk of stream) if (chunk.usage !== undefined && chunk.usage !== null) usages.push(chunk.usage)
    expect(usages).toHaveLength(1)
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision!.output_tokens).toBe(usages[0]!.completion_tokens)
  })

  it('carry a tool call and its result through one turn of one thread', async () => {
    await script(gateway.upstream, {
      reply: { toolCalls: [{ name: 'weather', input: { city: 'Oslo' } }], stop: 'tool' },
    })
    const asked = { role: 'user', content: 'What is the weather in Oslo?' } as const
    const first = await client.chat.completions.create({ model: 'auto', tools: [WEATHER], messages: [asked] })
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    const answer = first.choices[0]!.message
    const call = answer.tool_calls![0]!
    expect(call).toMatchObject({ function: { name: 'weather', arguments: JSON.stringify({ city: 'Oslo' }) } })

    await script(gateway.upstream, { reply: { text: 'It rains.' } })
    const second = await client.chat.completions.create({
      model: 'auto',
      tools: [WEATHER],
      messages: [asked, answer, { role: 'tool', tool_call_id: call.id, content: 'rain' }],
    })
    expect(second.choices[0]?.message.content).toBe('It rains.')
    const [later, earlier] = await gateway.admin.waitForDecisions(team.teamId, 2)
    expect(later).toMatchObject({
      session_id: earlier!.session_id,
      thread_id: earlier!.thread_id,
      model: earlier!.model,
    })
    expect([earlier!.iteration, later!.iteration]).toEqual([1, 2])
  })
})

describe('errors', () => {
  it('a wrong key is an AuthenticationError', async () => {
    const stranger = new OpenAI({ apiKey: 'hg_nobody', baseURL: `${gateway.url}/v1`, maxRetries: 0 })
    const error = await rejection(stranger.chat.completions.create({ model: 'auto', messages: [QUESTION] }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.code).toBe('invalid_api_key')
  })

  it('an unknown model is a NotFoundError', async () => {
    const error = await rejection(client.chat.completions.create({ model: 'gpt-imaginary', messages: [QUESTION] }))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error.code).toBe('model_not_found')
  })

  it("a provider's refusal passes with its own words and its retry-after", async () => {
    await script(gateway.upstream, { times: null, status: 429, errorMessage: 'Slow down, please.', retryAfter: 7 })
    const error = await rejection(client.chat.completions.create({ model: 'tier-2', messages: [QUESTION] }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error.message).toContain('Slow down, please.')
    expect(error.headers?.get('retry-after')).toBe('7')
  })

  it('a budget that is used up is refused once, without a retry', async () => {
    await gateway.admin.putBudget(team.teamId, {
      scope: 'key',
      keyId: team.keyId,
      period: 'month',
      limitUsd: 0.000001,
      mode: 'hard',
    })
    const patient = new OpenAI({ apiKey: team.key, baseURL: `${gateway.url}/v1`, maxRetries: 2 })
    const error = await rejection(patient.chat.completions.create({ model: 'auto', messages: [QUESTION] }))
    expect(error.status).toBe(402)
    expect(error.message).toMatch(/month budget/)
    expect(upstreamCalls()).toEqual([])
  })
})

describe('beside completions', () => {
  it('models lists what may be asked for', async () => {
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toEqual(expect.arrayContaining(['auto', 'tier-1', 'gpt-6-luna']))
    expect((await client.models.retrieve('auto')).id).toBe('auto')
  })

  it('route tells the decision and its arithmetic, and sends and logs nothing', async () => {
    const answer = await fetch(`${gateway.url}/v1/route`, {
      method: 'POST',
      headers: { authorization: `Bearer ${team.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'auto', messages: [QUESTION] }),
    })
    expect(answer.status).toBe(200)
    const route = (await answer.json()) as Record<string, unknown>
    expect(route).toMatchObject({ tier: 1, task: { taskType: 'docstring' } })
    expect(route['considered']).toEqual(expect.arrayContaining([expect.objectContaining({ verdict: 'chosen' })]))
    expect(upstreamCalls()).toEqual([])
    expect(await gateway.admin.decisions(team.teamId)).toEqual([])
  })
})
