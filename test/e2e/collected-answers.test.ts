/** Clients that want one answer, under a hard cap: the provider streams, and they get what they would have got. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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
  team = await gateway.admin.newTeam('Collected')
})

function cap(limitUsd: number): Promise<void> {
  return gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd, mode: 'hard' })
}

const anthropic = () => new Anthropic({ baseURL: gateway.url, apiKey: team.key, maxRetries: 0 })
const openai = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: team.key, maxRetries: 0 })
const QUESTION = { role: 'user' as const, content: 'Fix the failing test in parse.ts' }
const parameters = { type: 'object' as const, properties: { path: { type: 'string' } } }

/** Each client's call for one answer. */
const CLIENTS = {
  Messages: () =>
    anthropic().messages.create({
      model: 'claude-sonnet-4-6',
      max_tokens: 5_000,
      messages: [QUESTION],
      tools: [{ name: 'read', input_schema: parameters }],
    }),
  'Chat Completions': () =>
    openai().chat.completions.create({
      model: 'gpt-6.1-terra',
      max_completion_tokens: 9_000,
      reasoning_effort: 'none',
      messages: [QUESTION],
      tools: [{ type: 'function', function: { name: 'read', parameters } }],
    }),
  Responses: () =>
    openai().responses.create({
      model: 'gpt-6.1-terra',
      max_output_tokens: 9_000,
      reasoning: { effort: 'none' },
      input: [QUESTION],
      store: false,
      tools: [{ type: 'function', name: 'read', parameters, strict: false }],
    }),
} as const

/** Ids and times are drawn anew for every answer, and so is a seal. */
function comparable(answer: object): unknown {
  const drawn = ['id', 'call_id', 'created', 'created_at', 'completed_at', 'signature', '_request_id']
  return JSON.parse(JSON.stringify(answer), (name, value: unknown) => (drawn.includes(name) ? typeof value : value))
}

function seen(): readonly { readonly path: string; readonly stream: unknown }[] {
  return gateway.upstream.state.recording
    .since(0)
    .filter(({ path }) => path.startsWith('/v1/'))
    .map(({ path, bodyText }) => ({ path, stream: (JSON.parse(bodyText) as { stream?: unknown }).stream }))
}

const call = (path: string) => ({ name: 'read', input: { path } })

const REPLIES = [
  { text: 'Good day, Zürich 🏔.' },
  { text: 'Reading.', toolCalls: [call('a'), call('b')], pieceLength: 1 },
  { stop: 'refusal', refusalExplanation: 'Not that.' },
  { text: 'Wait', stop: 'pause' },
]

describe.each(Object.entries(CLIENTS))('%s', (_, ask) => {
  it('what comes of the stream is the answer', async () => {
    const own: object[] = []
    const collected: object[] = []
    for (const answers of [own, collected]) {
      for (const reply of REPLIES) {
        await script(gateway.upstream, { times: 1, reply })
        answers.push(await ask())
      }
      await cap(5)
    }
    expect(seen().map(({ stream }) => stream ?? false)).toEqual([
      ...REPLIES.map(() => false),
      ...REPLIES.map(() => true),
    ])
    expect(collected.map(comparable)).toEqual(own.map(comparable))
    const decisions = await gateway.admin.waitForDecisions(team.teamId, 2 * REPLIES.length)
    expect(decisions.every(({ estimated, ending }) => !estimated && ending === 'complete')).toBe(true)
    const [later, earlier] = [decisions.slice(0, REPLIES.length), decisions.slice(REPLIES.length)]
    expect(later.map(({ cost_nano }) => cost_nano)).toEqual(earlier.map(({ cost_nano }) => cost_nano))
    expect(later.every(({ adaptations }) => adaptations.includes('stream:collected'))).toBe(true)
    expect(earlier.some(({ adaptations }) => adaptations.includes('stream:collected'))).toBe(false)
  })

  it('an error in the middle is the answer, with its status; a stream that breaks off is an error', async () => {
    await cap(5)
    await script(gateway.upstream, {
      times: 1,
      reply: { outputTokens: 50 },
      errorAfterEvents: 4,
      errorMessage: 'it broke',
    })
    const error = await Promise.resolve(ask()).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ message: expect.stringContaining('it broke') as string })
    expect((error as { status: number }).status).toBeGreaterThanOrEqual(500)
    await script(gateway.upstream, { times: 1, reply: { outputTokens: 50 }, cutAfterEvents: 4 })
    await expect(ask()).rejects.toMatchObject({ status: 502 })
    const decisions = await gateway.admin.waitForDecisions(team.teamId, 2)
    expect(decisions.map(({ ending, estimated }) => [ending, estimated])).toEqual([
      ['upstream_cut', true],
      ['upstream_error_event', true],
    ])
  })

  it('where the money ends, so does the answer: whole, and without half a call that could be run', async () => {
    await cap(0.07)
    await gateway.admin.putPolicy(team.teamId, { schema: 1, requestedModel: 'pin' })
    const input = { path: 'rm -rf build '.repeat(2_400) }
    await script(gateway.upstream, { times: 3, eventDelayMs: 20, reply: { toolCalls: [{ name: 'read', input }] } })
    const answers = await Promise.all([ask(), ask(), ask()])
    const decisions = await gateway.admin.waitForDecisions(team.teamId, 3)
    const stopped = decisions.filter(({ ending }) => ending === 'budget_stopped')
    expect(stopped.length).toBeGreaterThan(0)
    const told = answers.map((answer) => JSON.stringify(answer))
    const cut = told.filter((text) => /"max_tokens"|"length"|"max_output_tokens"}/.test(text))
    expect(cut.length).toBeGreaterThanOrEqual(stopped.length)
    for (const text of cut) expect(text).not.toMatch(/"path\\?":\\?"rm[^}]*\\?"}/)
  })
})

describe('another API behind it', () => {
  it('is streamed too, and told whole in the client’s own', async () => {
    await cap(5)
    await gateway.admin.putPolicy(team.teamId, { schema: 1, translation: 'always', requestedModel: 'pin' })
    await script(gateway.upstream, { reply: { text: 'Good day.' } })
    const answer = await anthropic().messages.create({ model: 'gpt-6.1-terra', max_tokens: 500, messages: [QUESTION] })
    expect(answer).toMatchObject({ type: 'message', stop_reason: 'end_turn' })
    expect(answer.content.at(-1)).toMatchObject({ type: 'text', text: 'Good day.' })
    expect(seen()).toEqual([{ path: '/v1/chat/completions', stream: true }])
  })
})
