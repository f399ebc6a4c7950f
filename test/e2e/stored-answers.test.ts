/**
 * Answers that a provider of the Responses API has stored, and clients that go on from them by id: two providers, neither
 * of which holds what the other stored, and a gateway that is restarted between two calls.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startUpstream, type Upstream } from '../../src/cli/upstream.ts'
import { AdminClient, type LoggedDecision } from '../support/admin-client.ts'
import { launchGateway, type Launched } from '../support/launched-gateway.ts'
import { script } from '../support/start-gateway.ts'

const persist = mkdtempSync(join(tmpdir(), 'headgate-stored-'))
let upstreams: Record<'openai' | 'second', Upstream>
let gateway: Launched
let admin: AdminClient
let team: Awaited<ReturnType<AdminClient['newTeam']>>

async function launch(): Promise<void> {
  const provider = {
    name: 'second',
    baseUrl: `${upstreams.second.url}/v1`,
    dialects: ['openai-responses'],
    apiKeySecret: 'SECOND',
  }
  gateway = await launchGateway({
    persist,
    environment: {
      ANTHROPIC_API_KEY: 'scripted-anthropic',
      ANTHROPIC_BASE_URL: upstreams.openai.url,
      OPENAI_API_KEY: 'scripted-openai',
      OPENAI_BASE_URL: `${upstreams.openai.url}/v1`,
      PROVIDERS: JSON.stringify([provider]),
      SECOND: 'scripted-second',
    },
  })
  admin = new AdminClient(gateway)
}

beforeAll(async () => {
  upstreams = { openai: await startUpstream(), second: await startUpstream() }
  await launch()
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
  await upstreams.openai.close()
  await upstreams.second.close()
  rmSync(persist, { recursive: true, force: true })
})
beforeEach(async () => {
  for (const { url } of Object.values(upstreams)) await fetch(`${url}/__script?all=1`, { method: 'DELETE' })
  team = await admin.newTeam('Stored')
})

const client = (headers = {}) =>
  new OpenAI({ apiKey: team.key, baseURL: `${gateway.url}/v1`, maxRetries: 0, defaultHeaders: headers })

/** Models that each call reached, in order. */
const reached = (provider: keyof typeof upstreams) =>
  upstreams[provider].state.recording
    .since(0)
    .filter(({ path }) => path === '/v1/responses')
    .map(({ bodyText }) => (JSON.parse(bodyText) as { model?: string }).model)

const capabilities = { windowTokens: 400_000, maxOutputTokens: 64_000, dialects: ['openai-responses'] }

/** Two tiers, each with a target of both providers; those of one are by far the cheapest. */
function cheapest(provider: keyof typeof upstreams, more: object = {}): Promise<void> {
  const price = { input: 0.01, output: 0.01 }
  return admin.putPolicy(team.teamId, {
    schema: 1,
    requestedModel: 'ignore',
    catalog: {
      preset: 'none',
      tiers: {
        '1': ['openai/gpt-6-luna', 'second/gpt-6-luna'],
        '2': ['openai/gpt-5.5', 'second/gpt-5.5'],
        '3': [],
      },
      models: [
        { id: 'gpt-6-luna', provider: 'second', tier: 1, capabilities },
        { id: 'gpt-5.5', provider: 'second', tier: 2, capabilities },
      ],
    },
    prices: { [`${provider}/gpt-6-luna`]: price, [`${provider}/gpt-5.5`]: price },
    ...more,
  })
}

/** The newest of so many decisions. */
async function logged(count: number): Promise<LoggedDecision> {
  const [newest] = await admin.waitForDecisions(team.teamId, count)
  return newest ?? expect.unreachable('no decision')
}

const verdicts = ({ considered }: LoggedDecision) =>
  Object.fromEntries(considered.map(({ target, verdict }) => [target, verdict]))

async function streamed(params: object, openai = client()): Promise<OpenAI.Responses.Response> {
  const stream = openai.responses.stream({ model: 'tier-2', input: 'Go on.', ...params })
  return stream.finalResponse()
}

describe('a client that goes on by previous_response_id alone', () => {
  it('stays with the provider that holds the answer, whichever is the cheapest by now, also after a restart', async () => {
    await cheapest('second')
    const first = await client().responses.create({ model: 'tier-1', input: 'Remember the number 7.' })
    await cheapest('openai')
    const params = { model: 'tier-2', input: 'Which number?', previous_response_id: first.id }
    const { data, response } = await client().responses.create(params).withResponse()
    expect(data.previous_response_id).toBe(first.id)
    expect(response.headers.get('x-headgate-reasons')).toContain('provider_state')
    const second = await logged(2)
    expect(second.attempts.map(({ target, outcome }) => [target, outcome])).toEqual([['second/gpt-5.5', 'answered']])
    expect(verdicts(second)).toMatchObject({
      'openai/gpt-6-luna': 'provider_state',
      'openai/gpt-5.5': 'provider_state',
      'second/gpt-5.5': 'chosen',
    })

    expect(await gateway.stop()).toBe(0)
    await launch()
    const third = await streamed({ previous_response_id: data.id })
    const last = await streamed({ model: 'tier-1', previous_response_id: third.id })
    expect(last.previous_response_id).toBe(third.id)
    // The tier is free to change within the provider.
    expect(reached('second')).toEqual(['gpt-6-luna', 'gpt-5.5', 'gpt-5.5', 'gpt-6-luna'])
    expect(reached('openai')).toEqual([])
    const rows = await admin.waitForDecisions(team.teamId, 4)
    expect(new Set(rows.map(({ session_id, thread_id }) => `${session_id} ${thread_id}`)).size).toBe(1)
  })

  it('has its loop counted and ended', async () => {
    await cheapest('second', { iterations: { perTurn: 3 } })
    const tools = [{ type: 'function' as const, name: 'look', parameters: {}, strict: false }]
    let previous: string | undefined
    const call = async () => {
      await script(upstreams.second, { reply: { toolCalls: [{ name: 'look', input: {} }], stop: 'tool' } })
      const output = upstreams.second.state.responses.get(previous ?? '')?.items.at(-1)?.['call_id']
      const input = [{ type: 'function_call_output' as const, call_id: String(output), output: 'nothing' }]
      const answer = await client().responses.create({
        model: 'tier-1',
        tools,
        ...(previous === undefined ? { input: 'Look around.' } : { input, previous_response_id: previous }),
      })
      previous = answer.id
    }
    for (let iteration = 1; iteration <= 3; iteration++) await call()
    expect(await logged(3)).toMatchObject({ turn: 1, iteration: 3 })
    await expect(call()).rejects.toMatchObject({ code: 'iteration_cap_reached' })
    expect(reached('second')).toHaveLength(3)
  })

  it('is not sent elsewhere while that provider fails or cools down, and is told when to come back', async () => {
    await cheapest('second')
    const first = await client().responses.create({ model: 'tier-2', input: 'Remember the number 7.' })
    await script(upstreams.second, { times: null, status: 429, retryAfter: 20 })
    const ask = () => client().responses.create({ model: 'tier-2', input: 'Which?', previous_response_id: first.id })
    // The tier's target, then the lower tier's, then none.
    for (const status of [429, 429]) await expect(ask()).rejects.toMatchObject({ status })
    const failed: unknown = await ask().catch((error: unknown) => error)
    expect(failed).toMatchObject({ status: 503, code: 'no_eligible_target' })
    expect(String(failed)).toContain(
      'stored at the provider "second", and none of its models can serve it now (cooling down: second/gpt-6-luna, second/gpt-5.5)',
    )
    const seconds = Number((failed as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after'))
    expect(seconds).toBeGreaterThan(10)
    expect(seconds).toBeLessThanOrEqual(20)
    expect(reached('second')).toEqual(['gpt-5.5', 'gpt-5.5', 'gpt-6-luna'])
    expect(reached('openai')).toEqual([])
  })

  it('is refused for good where the team may not use that provider any more', async () => {
    await cheapest('second')
    const first = await client().responses.create({ model: 'auto', input: 'Remember the number 7.' })
    await admin.putPolicy(team.teamId, { schema: 1, catalog: { preset: 'none', tiers: { '1': ['openai/gpt-5.5'] } } })
    const asked = client().responses.create({ model: 'auto', input: 'Which?', previous_response_id: first.id })
    const failed: unknown = await asked.catch((error: unknown) => error)
    expect(failed).toMatchObject({ status: 400, code: 'no_eligible_target' })
    expect(String(failed)).toContain(
      '(the catalogue has none). To go on elsewhere, send the whole conversation instead.',
    )
    expect((failed as InstanceType<typeof OpenAI.APIError>).headers?.get('x-should-retry')).toBe('false')
    expect(reached('openai')).toEqual([])
  })

  it('finds an answer that was made past the gateway by asking', async () => {
    const past = new OpenAI({ apiKey: 'scripted-second', baseURL: `${upstreams.second.url}/v1`, maxRetries: 0 })
    const first = await past.responses.create({ model: 'gpt-5.5', input: 'Remember the number 7.' })
    await cheapest('openai')
    const params = { model: 'tier-2', input: 'Which number?', previous_response_id: first.id }
    const { data, response } = await client().responses.create(params).withResponse()
    expect(response.headers.get('x-headgate-reasons')).toContain('fallback_unknown_state')
    expect(response.headers.get('x-headgate-reasons')).toContain('held_context_unknown')
    expect((await logged(1)).attempts.map(({ target, outcome }) => [target, outcome])).toEqual([
      ['openai/gpt-5.5', 'unknown_state'],
      ['second/gpt-5.5', 'answered'],
    ])
    // From then on it is known.
    await client().responses.create({ ...params, previous_response_id: data.id })
    const known = await logged(2)
    expect(known.attempts.map(({ target }) => target)).toEqual(['second/gpt-5.5'])
    expect(known.reasons).not.toContain('held_context_unknown')
  })

  it("is refused in the provider's own words where nobody holds the answer", async () => {
    await cheapest('openai')
    const gone = client().responses.create({ model: 'auto', input: 'Which?', previous_response_id: 'resp_nobodys' })
    await expect(gone).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
    const unstored = await client().responses.create({ model: 'auto', input: 'Remember 7.', store: false })
    const asked = client().responses.create({ model: 'auto', input: 'Which?', previous_response_id: unstored.id })
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
  })
})

describe('other ways to go on from what a provider holds', () => {
  it('a session of its own: the same', async () => {
    const openai = client({ 'session-id': 'mine' })
    await cheapest('second')
    const first = await streamed({}, openai)
    await cheapest('openai')
    const second = await streamed({ previous_response_id: first.id }, openai)
    await streamed({ previous_response_id: second.id }, openai)
    // What holds its whole conversation is free to go where it is cheapest.
    await streamed({}, openai)
    expect([reached('second').length, reached('openai').length]).toEqual([3, 1])
    const [free, ...chained] = await admin.waitForDecisions(team.teamId, 4)
    expect(new Set(chained.map(({ thread_id }) => thread_id)).size).toBe(1)
    expect(free!.thread_id).not.toBe(chained[0]!.thread_id)
  })

  it('a conversation: with the provider that answered in it first', async () => {
    await cheapest('second')
    await streamed({ conversation: { id: 'conv_1' } })
    await cheapest('openai')
    await streamed({ conversation: { id: 'conv_1' } })
    await streamed({ conversation: { id: 'conv_2' } })
    expect([reached('second').length, reached('openai').length]).toEqual([2, 1])
  })

  it('items by reference: with the provider of the conversation they belong to', async () => {
    await cheapest('second')
    const question = { role: 'user' as const, content: 'Remember the number 7.' }
    const first = await streamed({ input: [question] })
    await cheapest('openai')
    const references = first.output.map(({ id }) => ({ type: 'item_reference' as const, id }))
    const next = [question, ...references, { role: 'user' as const, content: 'Which number?' }]
    await streamed({ input: next })
    expect([reached('second').length, reached('openai').length]).toEqual([2, 0])
    const decision = await logged(2)
    expect([decision.turn, decision.attempts.length]).toEqual([2, 1])
    // Nobody knows whose these are: they are found by asking.
    await streamed({ input: [{ role: 'user', content: 'Another beginning.' }, ...references] })
    expect((await logged(3)).attempts.map(({ outcome }) => outcome)).toEqual(['unknown_state', 'answered'])
  })
})

it('a hard cap bounds what a chain of stored answers costs: what their provider holds is counted before a call is sent', async () => {
  const limitUsd = 0.1
  await admin.putPolicy(team.teamId, { schema: 1, requestedModel: 'pin' })
  await admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd, mode: 'hard' })
  const before = reached('openai').length
  const openai = client()
  const input = 'Lorem ipsum. '.repeat(500)
  let previous: string | undefined
  let refusal: unknown = null
  let answered = 0
  while (answered < 20) {
    const params = { model: 'gpt-5.5', max_output_tokens: 100, input }
    const chained = previous === undefined ? params : { ...params, previous_response_id: previous }
    const answer = await openai.responses.create(chained).catch((error: unknown) => {
      refusal = error
      return null
    })
    if (answer === null) break
    answered += 1
    previous = answer.id
    // The next call finds the conversation once this one is recorded.
    await admin.waitForDecisions(team.teamId, answered)
  }
  expect(refusal).toMatchObject({ status: 400, message: expect.stringContaining('has no room for this call') })
  expect(answered).toBeGreaterThan(2)
  expect(reached('openai')).toHaveLength(before + answered)
  const decisions = await admin.waitForDecisions(team.teamId, answered + 1)
  expect(decisions.map(({ ending }) => ending)).toEqual(['blocked', ...Array<string>(answered).fill('complete')])
  const spentUsd = decisions.reduce((sum, { cost_nano }) => sum + (cost_nano ?? 0), 0) / 1e9
  expect(spentUsd).toBeLessThan(limitUsd)
})

describe("a session's budget, of a client that names no session", () => {
  const limitUsd = 0.06
  const long = 'Lorem ipsum. '.repeat(500)
  const most = { model: 'gpt-5.5', max_output_tokens: 100 } as const

  beforeEach(async () => {
    await admin.putPolicy(team.teamId, { schema: 1, requestedModel: 'pin' })
    await admin.putBudget(team.teamId, { scope: 'session', period: 'session', limitUsd, mode: 'hard' })
  })

  /** Streamed and not, one at once after the other. */
  async function ask(call: number, params: object): Promise<OpenAI.Responses.Response> {
    const asked = { ...most, input: `${call}. ${long}`, ...params }
    return call % 2 === 0 ? streamed(asked) : client().responses.create(asked)
  }

  type Answers = readonly OpenAI.Responses.Response[]

  /** At most twelve calls. */
  async function untilRefused(next: (answers: Answers) => Promise<OpenAI.Responses.Response>) {
    const answers: OpenAI.Responses.Response[] = []
    while (answers.length < 12) {
      try {
        answers.push(await next(answers))
      } catch (refused) {
        return { answers, refused }
      }
    }
    return { answers, refused: null }
  }

  const refusal = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => expect.unreachable('was answered'),
      (error: unknown) => error,
    )

  /** Of so many answered calls; one that was refused once its length was known is logged, too. */
  async function spentUsd(answered: number): Promise<number> {
    const complete = async () => (await admin.decisions(team.teamId)).filter(({ ending }) => ending === 'complete')
    await expect.poll(async () => (await complete()).length, { timeout: 15_000 }).toBe(answered)
    return (await complete()).reduce((sum, { cost_nano }) => sum + (cost_nano ?? 0), 0) / 1e9
  }

  it('is over the whole chain of its stored answers, its forks too, also after a restart', async () => {
    const { answers, refused } = await untilRefused((answered) => {
      const previous = answered.at(-1)?.id
      return ask(answered.length, previous === undefined ? {} : { previous_response_id: previous })
    })
    const noRoom = expect.stringContaining('the budget of this session has no room')
    expect(refused).toMatchObject({ status: 400, message: noRoom })
    expect(answers.length).toBeGreaterThan(2)
    // What goes on from an earlier answer is the same session.
    const fork = { previous_response_id: answers[0]!.id, input: long.repeat(5) }
    expect(await refusal(ask(0, fork))).toMatchObject({ status: 400, message: noRoom })
    expect(await gateway.stop()).toBe(0)
    await launch()
    // A gateway that ended in the midst of its work holds for a while what may be running still: one may be told to wait.
    for (const next of [fork, { previous_response_id: answers.at(-1)!.id }]) {
      expect(await refusal(ask(1, next))).toMatchObject({ message: noRoom })
    }
    const spent = await spentUsd(answers.length)
    expect(spent).toBeLessThanOrEqual(limitUsd)
    expect(spent).toBeGreaterThan(limitUsd / 2)
    // Another conversation has its own, though it begins alike: as far as this one went it may go.
    const again = await ask(0, {})
    await ask(1, { previous_response_id: again.id })
  })

  it('is over a conversation that is kept at its provider', async () => {
    const conversation = { id: 'conv_of_one' }
    const { answers, refused } = await untilRefused(({ length }) => ask(length, { conversation }))
    expect(refused).toMatchObject({ status: 400, message: expect.stringContaining('the budget of this session') })
    expect(answers.length).toBeGreaterThan(2)
    expect(await spentUsd(answers.length)).toBeLessThanOrEqual(limitUsd)
  })
})
