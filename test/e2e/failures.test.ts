/** Providers that fail in every way they can, as a client sees it and as the log and the bill tell it. */
import Anthropic from '@anthropic-ai/sdk'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoggedDecision } from '../support/admin-client.ts'
import { costOf } from '../support/list-prices.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

/** The two targets of tier 2 that speak Anthropic's dialect, as routing puts them. */
const FIRST = 'claude-sonnet-5-5'
const SECOND = 'claude-sonnet-4-6'
const ID = (model: string) => `anthropic/${model}`

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
  team = await gateway.admin.newTeam('Failures')
  // Anthropic's models alone: what another dialect could serve is no matter of this file.
  await setPolicy({})
})

function setPolicy(failures: object, more: object = {}): Promise<void> {
  const exclude = ['openai/gpt-6.1-terra', 'openai/gpt-4o']
  return gateway.admin.putPolicy(team.teamId, { schema: 1, catalog: { exclude }, failures, ...more })
}

/** What the provider is to do with calls of a model. */
function when(model: string, what: object, times: number | null = 1): Promise<void> {
  return script(gateway.upstream, { match: { model }, times, ...what })
}

interface Asked {
  readonly model?: string
  readonly stream?: boolean
}

function requestOf({ model = 'tier-2', stream = true }: Asked) {
  return {
    url: `${gateway.url}/v1/messages`,
    headers: {
      'x-api-key': team.key,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      'x-claude-code-session-id': crypto.randomUUID(),
    },
    body: JSON.stringify({
      model,
      max_tokens: 2000,
      stream,
      messages: [{ role: 'user', content: 'Fix the failing test in parse.ts' }],
    }),
  }
}

function ask(what: Asked = {}): Promise<Response> {
  const { url, ...call } = requestOf(what)
  return fetch(url, { method: 'POST', ...call })
}

/** The models of the requests that reached the provider, in order. */
function asked(): (string | undefined)[] {
  return gateway.upstream.state.recording
    .since(0)
    .filter(({ path }) => path.startsWith('/v1/'))
    .map(({ bodyText }) => (JSON.parse(bodyText) as { model?: string }).model)
}

async function logged(count = 1): Promise<LoggedDecision> {
  const decisions = await gateway.admin.waitForDecisions(team.teamId, count)
  expect(decisions).toHaveLength(count)
  return decisions[0] ?? expect.unreachable('no decision')
}

const outcomes = ({ attempts }: LoggedDecision) =>
  attempts.map(({ target, outcome, status }) => `${target.replace('anthropic/', '')} ${outcome} ${status}`)

/** A budget of just that much is reached, and says that just that much was spent. */
async function expectSettledOnce(spentNano: number): Promise<void> {
  await gateway.admin.putBudget(team.teamId, {
    scope: 'team',
    period: 'month',
    limitUsd: spentNano / 1e9,
    mode: 'hard',
  })
  const refused = await ask()
  expect([refused.status, await refused.text()]).toEqual([
    402,
    expect.stringMatching(/is reached \((\$[\d.]+) of \1 spent\)/),
  ])
}

async function answeredBy(answer: Response, model: string): Promise<void> {
  expect([answer.status, answer.headers.get('x-headgate-model')]).toEqual([200, model])
  expect(await answer.text()).toContain('message_stop')
}

describe('a fault that passes', () => {
  it.each([
    ['an error of the server', { status: 500 }, 'server_error 500'],
    ['a bad gateway with a page of its own', { status: 502, rawBody: '<html>' }, 'server_error 502'],
    ['a connection cut before the headers', { cutBeforeHeaders: true }, 'unreachable null'],
  ])('%s: the same target is asked again', async (_, fault, outcome) => {
    await when(FIRST, fault)
    const answer = await ask()
    await answeredBy(answer, FIRST)
    expect(answer.headers.get('x-headgate-reasons')).toMatch(/,retry$/)
    const decision = await logged()
    expect(outcomes(decision)).toEqual([`${FIRST} ${outcome}`, `${FIRST} answered 200`])
    expect(decision).toMatchObject({ status: 200, ending: 'complete', estimated: false, cost_nano: costOf(decision) })
    expect(asked()).toEqual([FIRST, FIRST])
    const [first, second] = gateway.upstream.state.recording.since(0)
    expect(second!.bodyText).toBe(first!.bodyText)
    await expectSettledOnce(decision.cost_nano!)
  })

  it('a stream cut between its headers and its first byte: the prompt that may have been billed is charged', async () => {
    await when(FIRST, { cutAfterEvents: 0 })
    await answeredBy(await ask(), FIRST)
    const decision = await logged()
    expect(outcomes(decision)).toEqual([`${FIRST} unreachable 200`, `${FIRST} answered 200`])
    expect(decision.estimated).toBe(true)
    expect(decision.cost_nano).toBeGreaterThan(costOf(decision))
    await expectSettledOnce(decision.cost_nano!)
  })

  it('goes on: the next target of the tier answers', async () => {
    await when(FIRST, { status: 500 }, null)
    const answer = await ask()
    await answeredBy(answer, SECOND)
    expect(answer.headers.get('x-headgate-reasons')).toMatch(/,retry,fallback_server_error$/)
    const decision = await logged()
    expect(outcomes(decision)).toEqual([...Array(3).fill(`${FIRST} server_error 500`), `${SECOND} answered 200`])
    expect(decision).toMatchObject({ model: SECOND, tier: 2, cost_nano: costOf(decision) })
    expect(costOf(decision)).not.toBe(costOf(decision, FIRST))
  })

  it('a provider that forbids to try again is not asked again', async () => {
    await when(FIRST, { status: 500, shouldRetry: false })
    await answeredBy(await ask(), SECOND)
    expect(asked()).toEqual([FIRST, SECOND])
  })
})

describe('a provider that cannot serve now', () => {
  it.each([
    ['429', { status: 429 }, 'rate_limited'],
    ['429 with a time to come back', { status: 429, retryAfter: 30 }, 'rate_limited'],
    ['529', { status: 529 }, 'overloaded'],
    ['504', { status: 504 }, 'timeout'],
  ])('%s: the next target of the tier is asked at once', async (_, fault, outcome) => {
    await when(FIRST, fault)
    const answer = await ask()
    await answeredBy(answer, SECOND)
    expect(answer.headers.get('x-headgate-reasons')).toMatch(new RegExp(`,fallback_${outcome}$`))
    const decision = await logged()
    expect(outcomes(decision)).toEqual([`${FIRST} ${outcome} ${fault.status}`, `${SECOND} answered 200`])
    expect(decision).toMatchObject({ model: SECOND, target: ID(SECOND), cost_nano: costOf(decision) })
    expect(decision.considered.find(({ verdict }) => verdict === 'chosen')?.target).toBe(ID(FIRST))
    await expectSettledOnce(decision.cost_nano!)
  })

  it('silent before the headers: the next target after the limit', async () => {
    await setPolicy({ streamTimeoutSeconds: 1 })
    await when(FIRST, { hang: 'headers' })
    await answeredBy(await ask(), SECOND)
    const decision = await logged()
    expect(outcomes(decision)).toEqual([`${FIRST} timeout null`, `${SECOND} answered 200`])
    expect(decision.attempts[0]!.ms).toBeGreaterThanOrEqual(950)
    expect(decision.attempts[0]!.ms).toBeLessThan(3000)
    expect(decision).toMatchObject({ estimated: false, cost_nano: costOf(decision) })
    const [hung] = gateway.upstream.state.recording.since(0)
    expect(hung!.ending).toBe('hung')
  })

  it('silent between the headers and the first byte: the same', async () => {
    await setPolicy({ streamTimeoutSeconds: 1 })
    await when(FIRST, { hang: 0 })
    await answeredBy(await ask(), SECOND)
    expect(outcomes(await logged())).toEqual([`${FIRST} timeout 200`, `${SECOND} answered 200`])
  })

  it('a whole answer has a limit of its own', async () => {
    await setPolicy({ streamTimeoutSeconds: 1, answerTimeoutSeconds: 3, fallbacks: 0 })
    await when(FIRST, { headersDelayMs: 1500 })
    expect((await ask({ stream: false })).status).toBe(200)
    await when(FIRST, { headersDelayMs: 10_000 })
    const late = await ask({ stream: false })
    expect(late.status).toBe(504)
    expect(await late.json()).toMatchObject({ type: 'error', error: { type: 'timeout_error' } })
    expect(await logged(2)).toMatchObject({ status: 504, ending: 'upstream_timeout', cost_nano: 0 })
  })
})

describe('what is left when nobody answers', () => {
  const WORDS = { type: 'error', error: { type: 'rate_limit_error', message: 'Slow, please.' }, request_id: 'req_own' }

  it("the provider's own last answer, byte for byte, with its advice", async () => {
    const rawBody = ` ${JSON.stringify(WORDS)}\n`
    await when(FIRST, { status: 529 })
    await when(SECOND, {
      status: 429,
      retryAfter: 17,
      shouldRetry: true,
      rawBody,
      headers: { 'request-id': 'req_own' },
    })
    const answer = await ask()
    expect([answer.status, await answer.text()]).toEqual([429, rawBody])
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'retry-after': '17',
      'x-should-retry': 'true',
      'request-id': 'req_own',
      'x-headgate-model': SECOND,
    })
    const decision = await logged()
    expect(outcomes(decision)).toEqual([`${FIRST} overloaded 529`, `${SECOND} rate_limited 429`])
    expect(decision).toMatchObject({ ending: 'upstream_error', status: 429, cost_nano: 0, estimated: false })
  })

  it('an answer counts more than silence after it', async () => {
    await setPolicy({ retries: 0 })
    await when(FIRST, { status: 529 })
    await when(SECOND, { cutBeforeHeaders: true })
    const answer = await ask()
    expect([answer.status, answer.headers.get('x-headgate-model')]).toEqual([529, FIRST])
    expect(outcomes(await logged())).toEqual([`${FIRST} overloaded 529`, `${SECOND} unreachable null`])
  })

  it('nothing but silence: an error of the gateway, in the dialect, that may be tried again', async () => {
    await setPolicy({ retries: 1, fallbacks: 0 })
    await when(FIRST, { cutBeforeHeaders: true }, null)
    const answer = await ask()
    expect(answer.status).toBe(502)
    expect(answer.headers.get('x-should-retry')).toBeNull()
    expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
    expect(asked()).toEqual([FIRST, FIRST])
    expect(await logged()).toMatchObject({ ending: 'upstream_unreachable', status: 502, cost_nano: 0 })
  })

  it('no other target where the policy keeps the model asked for', async () => {
    await setPolicy({}, { requestedModel: 'pin' })
    await when(FIRST, { status: 529 })
    expect((await ask({ model: FIRST })).status).toBe(529)
    expect(asked()).toEqual([FIRST])
  })
})

describe("what is the client's to read", () => {
  it.each([
    [400, { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' }],
    [400, { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' }],
    [404, { type: 'not_found_error', message: 'File not found: file_1' }],
    [413, { type: 'request_too_large', message: 'Request exceeds the maximum size' }],
  ])('%i %j passes byte for byte, and nobody else is asked', async (status, error) => {
    const rawBody = `{ "type" : "error",\n "error":${JSON.stringify(error)}, "x_new": 1.50 }`
    await when(FIRST, { status, rawBody })
    const answer = await ask()
    expect([answer.status, await answer.text()]).toEqual([status, rawBody])
    expect(answer.headers.get('x-should-retry')).toBeNull()
    expect(asked()).toEqual([FIRST])
    expect(outcomes(await logged())).toEqual([`${FIRST} refused ${status}`])
  })

  const SPENT = { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } }

  it.each([
    [400, 400, { type: 'invalid_request_error', message: 'You have reached your specified API usage limits.' }],
    [402, 402, { type: 'billing_error', message: 'No money.' }],
    [429, 402, { ...SPENT, message: 'The spend limit of your tier is reached.' }],
  ])("a provider's spend limit (%i) passes as a %i, and no SDK tries again", async (status, told, error) => {
    const rawBody = `{ "type" : "error",\n "error":${JSON.stringify(error)}, "x_new": 1.50 }`
    await when(FIRST, { status, rawBody, shouldRetry: true }, null)
    const sdk = new Anthropic({ baseURL: gateway.url, apiKey: team.key })
    const params = { model: 'tier-2', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Fix the test' }] }
    const failed: unknown = await sdk.messages.create(params).catch((reason: unknown) => reason)
    expect(failed).toMatchObject({ status: told, error: { error, x_new: 1.5 } })
    expect(asked()).toEqual([FIRST])
    const decision = await logged()
    expect([decision.status, ...outcomes(decision)]).toEqual([told, `${FIRST} spend_limit ${status}`])
    const answer = await ask()
    expect([answer.status, answer.headers.get('x-should-retry'), await answer.text()]).toEqual([told, 'false', rawBody])
  })
})

describe("the operator's to mend", () => {
  const ODD_KEY = { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key sk-ant-12' } }

  it.each([
    ['a wrong key of the provider', { status: 401, rawBody: JSON.stringify(ODD_KEY) }, 'not_authorized'],
    ['a key without permission', { status: 403 }, 'not_authorized'],
    ['a page of something in between', { status: 403, rawBody: '<html>' }, 'not_authorized'],
    ['a model it does not have', { status: 404, errorMessage: `model: ${FIRST}` }, 'unknown_model'],
    ['an address it does not have', { status: 404, rawBody: '404 page not found' }, 'unknown_model'],
  ])('%s: the next target answers', async (_, fault, outcome) => {
    await when(FIRST, fault)
    const answer = await ask()
    await answeredBy(answer, SECOND)
    expect(answer.headers.get('x-headgate-reasons')).toMatch(new RegExp(`,fallback_${outcome}$`))
    const decision = await logged()
    expect(outcomes(decision)).toEqual([`${FIRST} ${outcome} ${fault.status}`, `${SECOND} answered 200`])
    // It is asked again at the next call: waiting mends nothing, and a mended key shows at once.
    await answeredBy(await ask(), FIRST)
  })

  it('of every target: one error that says whose fault it is, holds no words of the provider, and is not retried', async () => {
    await script(gateway.upstream, { times: null, status: 401, rawBody: JSON.stringify(ODD_KEY) })
    const sdk = new Anthropic({ baseURL: gateway.url, apiKey: team.key })
    const params = { model: 'tier-2', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Fix the test' }] }
    const failed: unknown = await sdk.messages.create(params).catch((error: unknown) => error)
    expect(failed).toMatchObject({ status: 502, type: 'api_error' })
    expect(String(failed)).toContain('the provider \\"anthropic\\" refused this gateway\'s own key (HTTP 401)')
    expect(String(failed)).not.toContain('sk-ant')
    expect(asked()).toEqual([FIRST, SECOND])
    const decision = await logged()
    expect(decision).toMatchObject({ status: 502, ending: 'upstream_error', cost_nano: 0, estimated: false })
    expect(gateway.stderr()).toMatch(/"event":"provider_refused".*"provider":"anthropic"/)
  })

  it('does not hide an error of another target that waiting may mend', async () => {
    await when(FIRST, { status: 529, retryAfter: 9 })
    await when(SECOND, { status: 401 })
    const answer = await ask()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([529, '9'])
    expect(outcomes(await logged())).toEqual([`${FIRST} overloaded 529`, `${SECOND} not_authorized 401`])
  })

  it.each([401, 404])('count_tokens estimates where the provider counts for nobody (%i)', async (status) => {
    await script(gateway.upstream, { match: { path: '/v1/messages/count_tokens' }, status, rawBody: '<html>' })
    const sdk = new Anthropic({ baseURL: gateway.url, apiKey: team.key, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'Count the words of this sentence.' }]
    const estimated = await sdk.messages.countTokens({ model: FIRST, messages })
    const counted = await sdk.messages.countTokens({ model: FIRST, messages })
    expect(estimated.input_tokens).toBeGreaterThan(0)
    expect(counted.input_tokens).toBeGreaterThan(0)
    expect(gateway.upstream.state.recording.since(0)).toHaveLength(2)
  })

  it.each([
    ['rations', { status: 429, retryAfter: 60 }],
    ['is overloaded', { status: 529 }],
    ['fails', { status: 500 }],
    ['is gone', { cutBeforeHeaders: true }],
  ])('count_tokens estimates while the provider %s, and says so', async (_, fault) => {
    await script(gateway.upstream, { match: { path: '/v1/messages/count_tokens' }, times: null, ...fault })
    const sdk = new Anthropic({ baseURL: gateway.url, apiKey: team.key, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'Count the words of this sentence.' }]
    const { data, response } = await sdk.messages.countTokens({ model: FIRST, messages }).withResponse()
    expect(data.input_tokens).toBeGreaterThan(5)
    expect(response.headers.get('x-headgate-count')).toBe('estimated')
  })

  it('count_tokens passes what the provider says of the request itself', async () => {
    await script(gateway.upstream, {
      match: { path: '/v1/messages/count_tokens' },
      status: 400,
      errorMessage: 'prompt is too long: 210000 tokens > 200000 maximum',
    })
    const sdk = new Anthropic({ baseURL: gateway.url, apiKey: team.key, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'Count.' }]
    await expect(sdk.messages.countTokens({ model: FIRST, messages })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('prompt is too long'),
    })
  })
})

describe("in OpenAI's dialects", () => {
  function askOpenAi(path: string, body: object): Promise<Response> {
    return fetch(`${gateway.url}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${team.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tier-2', ...body }),
    })
  }
  const QUESTION = 'Fix the failing test in parse.ts'

  beforeEach(() => gateway.admin.putPolicy(team.teamId, { schema: 1 }))

  it.each([
    ['chat/completions', { messages: [{ role: 'user', content: QUESTION }] }],
    ['responses', { input: QUESTION }],
  ])('%s: the next target of the tier that speaks the dialect', async (path, body) => {
    await when('gpt-6.1-terra', { status: 503, errorCode: 'slow_down' })
    const answer = await askOpenAi(path, body)
    expect([answer.status, answer.headers.get('x-headgate-model')]).toEqual([200, 'gpt-4o'])
    await answer.text()
    expect((await logged()).reasons).toContain('fallback_overloaded')
  })

  it.each([
    ['chat/completions', { messages: [{ role: 'user', content: QUESTION }] }],
    ['responses', { input: QUESTION }],
  ])('%s: a key of the gateway that no target takes is told once', async (path, body) => {
    await script(gateway.upstream, { times: null, status: 401, errorCode: 'invalid_api_key' })
    const answer = await askOpenAi(path, body)
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([400, 'false'])
    expect(await answer.json()).toMatchObject({
      error: { message: expect.stringContaining('"openai" refused'), code: 'provider_refused' },
    })
    expect(asked()).toEqual(['gpt-6.1-terra', 'gpt-4o'])
  })

  it.each([
    ['chat/completions', 402, 'insufficient_quota'],
    ['chat/completions', 402, 'project_spend_limit_exceeded'],
    // Codex, which speaks this API alone, tries a 402 six times.
    ['responses', 400, 'insufficient_quota'],
  ])('%s: a spend limit passes as a %i and is not tried again (%s)', async (path, status, code) => {
    const rawBody = `{"error":{"message":"No money.","type":"insufficient_quota","param":null,"code":"${code}"}}`
    await when('gpt-6.1-terra', { status: 429, rawBody }, null)
    const body = path === 'responses' ? { input: QUESTION } : { messages: [{ role: 'user', content: QUESTION }] }
    const answer = await askOpenAi(path, body)
    expect([answer.status, await answer.text()]).toEqual([status, rawBody])
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(asked()).toEqual(['gpt-6.1-terra'])
  })
})

describe('after the first byte', () => {
  it('nothing is sent again: a cut ends the stream with an error event', async () => {
    await when(FIRST, { cutAfterEvents: 6, reply: { outputTokens: 200 } })
    const answer = await ask()
    const text = await answer.text()
    expect(answer.status).toBe(200)
    expect(text).toContain('event: error')
    expect(text.match(/event: message_start/g)).toHaveLength(1)
    expect(asked()).toEqual([FIRST])
    const decision = await logged()
    expect(decision).toMatchObject({ ending: 'upstream_cut', status: 200 })
    expect(outcomes(decision)).toEqual([`${FIRST} answered 200`])
  })

  const QUESTION = [{ role: 'user' as const, content: 'Fix the failing test in parse.ts' }]
  const sdk = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: team.key })
  const STREAMS = {
    'Chat Completions': async () =>
      sdk().chat.completions.create({ model: 'tier-2', messages: QUESTION, stream: true }),
    Responses: async () => sdk().responses.create({ model: 'tier-2', input: QUESTION, stream: true }),
  } as const

  it.each([
    ['Chat Completions', 'a cut', { cutAfterEvents: 6 }, 'upstream_cut', /ended the answer before it was complete/],
    ['Chat Completions', 'an error', { errorAfterEvents: 6 }, 'upstream_error_event', /Marmalade/],
    ['Responses', 'a cut', { cutAfterEvents: 6 }, 'upstream_cut', /ended the answer before it was complete/],
    ['Responses', 'an error', { errorAfterEvents: 6 }, 'upstream_error_event', /Marmalade/],
  ] as const)('%s: %s is the last thing its SDK reads, once', async (dialect, _, fault, ending, words) => {
    await gateway.admin.putPolicy(team.teamId, { schema: 1 })
    await when('gpt-6.1-terra', { errorMessage: 'Marmalade.', reply: { outputTokens: 200 }, ...fault })
    const seen: unknown[] = []
    let thrown: unknown = null
    try {
      for await (const event of await STREAMS[dialect]()) seen.push(event)
    } catch (error) {
      thrown = error
    }
    // Of Chat Completions the SDK throws the error line; a failed response is an event like others.
    const last = dialect === 'Responses' ? JSON.stringify(seen.at(-1)) : String(thrown)
    expect(last).toMatch(words)
    if (dialect === 'Responses') expect(seen.at(-1)).toMatchObject({ type: 'response.failed' })
    expect(seen.length).toBeGreaterThan(2)
    expect(asked()).toEqual(['gpt-6.1-terra'])
    expect(await logged()).toMatchObject({ ending, status: 200 })
  })
})

describe('a client that leaves between attempts', () => {
  it('stops them, and pays nothing', async () => {
    await setPolicy({ longestWaitSeconds: 10 })
    await when(FIRST, { status: 500, retryAfter: 3 })
    const { url, headers, body } = requestOf({})
    const call = request(url, { method: 'POST', headers }).on('error', () => {})
    call.end(body)
    while (asked().length === 0) await sleep(20)
    await sleep(200)
    // A connection that is only closed in order is noticed at the next write; one that is reset, at once.
    call.socket?.resetAndDestroy()
    const decision = await logged()
    expect(decision).toMatchObject({ ending: 'client_left', cost_nano: 0 })
    await sleep(3500)
    expect(asked()).toEqual([FIRST])
  })
})

describe("the SDK's own retries", () => {
  it("go by the provider's retry-after and end in an answer", async () => {
    await setPolicy({ fallbacks: 0 })
    await when(FIRST, { status: 429, retryAfter: 1 })
    const sdk = new Anthropic({ baseURL: gateway.url, apiKey: team.key })
    const params = { model: 'tier-2', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Fix the test' }] }
    const startedAt = Date.now()
    const answer = await sdk.messages.create(params)
    expect(answer.model).toBe(FIRST)
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1000)
    expect(asked()).toEqual([FIRST, FIRST])
    expect(await logged(2)).toMatchObject({ status: 200 })
  })
})

describe('a cooldown', () => {
  const verdictOn = ({ considered }: LoggedDecision, model: string) =>
    considered.find(({ target }) => target === ID(model))?.verdict

  it('is shared by calls, ended by the one that finds out, and leaves nobody without an answer', async () => {
    await when(FIRST, { status: 429, retryAfter: 2 })
    await answeredBy(await ask(), SECOND)
    await answeredBy(await ask(), SECOND)
    expect(asked()).toEqual([FIRST, SECOND, SECOND])
    expect(verdictOn(await logged(2), FIRST)).toBe('cooling_down')

    await sleep(2100)
    // One finds out, and while it is not answered yet the others do without.
    await when(FIRST, { headersDelayMs: 700 })
    const probe = ask()
    while (asked().length === 3) await sleep(20)
    await answeredBy(await ask(), SECOND)
    await answeredBy(await probe, FIRST)
    await sleep(200)
    await answeredBy(await ask(), FIRST)
    expect(asked().slice(3)).toEqual([FIRST, SECOND, FIRST])
  })

  it('comes from a streak of calls', async () => {
    await when(FIRST, { status: 529 }, 2)
    for (const model of [SECOND, SECOND, SECOND]) await answeredBy(await ask(), model)
    expect(asked()).toEqual([FIRST, SECOND, FIRST, SECOND, SECOND])
  })

  it('of everything is told as an overload with a time to come back', async () => {
    await gateway.admin.putPolicy(team.teamId, {
      schema: 1,
      catalog: { preset: 'none', tiers: { '2': [ID(FIRST)] } },
      failures: { retries: 0 },
    })
    await when(FIRST, { status: 429, retryAfter: 20 })
    const first = await ask()
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '20'])
    await first.text()
    const second = await ask()
    const seconds = Number(second.headers.get('retry-after'))
    expect([second.status, asked()]).toEqual([529, [FIRST]])
    expect(seconds).toBeGreaterThan(15)
    expect(seconds).toBeLessThanOrEqual(20)
    expect(await second.json()).toMatchObject({ error: { type: 'overloaded_error' } })
  })

  it('of a provider comes from connections that fail', async () => {
    // With translation the other provider would answer.
    await setPolicy({ retries: 0, fallbacks: 0 }, { translation: 'never' })
    await when(FIRST, { cutBeforeHeaders: true }, 2)
    expect([(await ask()).status, (await ask()).status]).toEqual([502, 502])
    expect((await ask()).status).toBe(529)
    expect(asked()).toEqual([FIRST, FIRST])
  })
})
