/** The official OpenAI SDK's legacy completions, as editors' autocomplete asks them, against a started gateway. */
import OpenAI, { APIError } from 'openai'
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
  team = await gateway.admin.newTeam('Editor')
  client = new OpenAI({ apiKey: team.key, baseURL: `${gateway.url}/v1`, maxRetries: 0 })
})

const MIDDLE = { model: 'auto', prompt: 'def add(a, b):\n', suffix: '\nprint(add(1, 2))', max_tokens: 64 }
const upstreamCalls = () => gateway.upstream.state.recording.since(0)

/** A tier 1 of one target. */
const onlyTarget = (target: string) => ({
  schema: 1,
  catalog: { preset: 'none', tiers: { '1': [target], '2': [], '3': [] } },
})

/** A model that offers legacy completions, at the provider that is configured as `openai`. */
const WITH_COMPLETIONS = {
  schema: 1,
  catalog: {
    preset: 'none',
    tiers: { '1': ['openai/gpt-3.5-turbo-instruct'], '2': [], '3': [] },
    models: [
      {
        id: 'gpt-3.5-turbo-instruct',
        provider: 'openai',
        tier: 1,
        capabilities: {
          windowTokens: 4096,
          maxOutputTokens: 4096,
          dialects: ['openai-chat-completions'],
          completions: true,
        },
      },
    ],
  },
  prices: { 'openai/gpt-3.5-turbo-instruct': { input: 1.5, output: 2 } },
}

async function streamed(params: OpenAI.CompletionCreateParamsNonStreaming) {
  const chunks: OpenAI.Completion[] = []
  for await (const chunk of await client.completions.create({ ...params, stream: true })) chunks.push(chunk)
  return {
    chunks,
    text: chunks.map((chunk) => chunk.choices[0]?.text ?? '').join(''),
    finish: chunks.findLast((chunk) => chunk.choices[0]?.finish_reason)?.choices[0]?.finish_reason,
  }
}

async function rejection(promise: PromiseLike<unknown>): Promise<InstanceType<typeof APIError>> {
  const error = await Promise.resolve(promise).catch((caught: unknown) => caught)
  if (!(error instanceof APIError)) throw new Error(`expected an API error, got ${String(error)}`)
  return error
}

describe.each([
  ['a Chat Completions model', 'openai/gpt-6-luna', '/v1/chat/completions'],
  ['a model of another API', 'anthropic/claude-haiku-5-5', '/v1/messages'],
])('completions by %s', (_, target, path) => {
  beforeEach(async () => {
    await gateway.admin.putPolicy(team.teamId, onlyTarget(target))
    await script(gateway.upstream, { reply: { text: '```python\n    return a + b\n```' } })
  })

  it('come whole, metered, charged and logged', async () => {
    const answer = await client.completions.create(MIDDLE)
    expect(answer).toMatchObject({
      object: 'text_completion',
      choices: [{ text: '    return a + b', index: 0, logprobs: null, finish_reason: 'stop' }],
    })
    expect(upstreamCalls().at(-1)).toMatchObject({ path, status: 200 })
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision).toMatchObject({ task_type: 'autocomplete', tier: 1, status: 200, ending: 'complete' })
    expect(answer.usage?.completion_tokens).toBe(decision!.output_tokens)
    expect(decision!.cost_nano).toBe(costOf(decision!))
    expect(decision!.cost_nano).toBeGreaterThan(0)
  })

  it('stream', async () => {
    const { text, finish, chunks } = await streamed(MIDDLE)
    expect([text, finish]).toEqual(['    return a + b', 'stop'])
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['text_completion']))
    expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true)
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision).toMatchObject({ task_type: 'autocomplete', ending: 'complete' })
    expect(decision!.output_tokens).toBeGreaterThan(0)
  })

  it('end at a stop sequence the provider may not know', async () => {
    await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
    await script(gateway.upstream, { times: 2, reply: { text: 'one\n\ntwo' } })
    const { text, finish } = await streamed({ ...MIDDLE, stop: '\n\n' })
    expect([text, finish]).toEqual(['one', 'stop'])
    expect((await client.completions.create({ ...MIDDLE, stop: '\n\n' })).choices[0]?.text).toBe('one')
  })

  it('tell a limit that cut them', async () => {
    const answer = await client.completions.create({ ...MIDDLE, max_tokens: 2 })
    expect(answer.choices[0]?.finish_reason).toBe('length')
  })

  it('are refused where a chat answer would be wrong', async () => {
    const error = await rejection(client.completions.create({ ...MIDDLE, echo: true }))
    expect(error).toMatchObject({ status: 400, param: 'echo' })
  })
})

describe('completions by a model that offers them', () => {
  beforeEach(async () => {
    await gateway.admin.putPolicy(team.teamId, WITH_COMPLETIONS)
  })

  it("pass through with the client's own fields", async () => {
    const before = gateway.upstream.state.recording.lastSeq
    const answer = await client.completions.create({ ...MIDDLE, logprobs: 2, seed: 7 })
    expect(answer.choices[0]?.text).toContain('return a + b')
    const [sent] = gateway.upstream.state.recording.since(before)
    expect(sent).toMatchObject({ path: '/v1/completions', status: 200, model: 'gpt-3.5-turbo-instruct' })
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision).toMatchObject({ task_type: 'autocomplete', tier: 1, ending: 'complete', estimated: false })
    expect(decision!.cost_nano).toBe(answer.usage!.prompt_tokens * 1500 + answer.usage!.completion_tokens * 2000)
  })

  it('stream, metered without a chunk the client did not ask for', async () => {
    const { text, chunks, finish } = await streamed(MIDDLE)
    expect(text).toContain('return a + b')
    expect(finish).toBe('stop')
    expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true)
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision).toMatchObject({ ending: 'complete', estimated: false })
    expect(decision!.cost_nano).toBeGreaterThan(0)
  })
})

describe('errors of completions', () => {
  it("come in OpenAI's envelope", async () => {
    expect(await rejection(client.completions.create({ ...MIDDLE, model: 'nobody' }))).toMatchObject({ status: 404 })
    const two = await rejection(client.completions.create({ ...MIDDLE, prompt: ['a', 'b'] }))
    expect(two).toMatchObject({ status: 400, param: 'prompt', type: 'invalid_request_error' })
    const stranger = new OpenAI({ apiKey: 'hg_no', baseURL: `${gateway.url}/v1`, maxRetries: 0 })
    expect(await rejection(stranger.completions.create(MIDDLE))).toMatchObject({ status: 401 })
    await script(gateway.upstream, {
      times: null,
      status: 402,
      errorMessage: 'No money.',
    })
    expect((await rejection(client.completions.create(MIDDLE))).status).toBe(402)
    const notJson = await fetch(`${gateway.url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${team.key}` },
      body: '{',
    })
    expect([notJson.status, await notJson.json()]).toMatchObject([400, { error: { type: 'invalid_request_error' } }])
  })

  it('stay at tier 1 whatever else is asked for', async () => {
    await client.completions.create({ ...MIDDLE, model: 'tier-3' })
    const [decision] = await gateway.admin.waitForDecisions(team.teamId, 1)
    expect(decision).toMatchObject({ task_type: 'autocomplete', tier: 1 })
  })
})
