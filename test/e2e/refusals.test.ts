/**
 * Refusals as the official SDKs show them: reached budgets that block, downgrade or are surfaced, budgets of sessions,
 * money held by calls in flight, rate limits. What a person reads, whether the SDK asks again, and when.
 */
import Anthropic, { RateLimitError as AnthropicRateLimit } from '@anthropic-ai/sdk'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI, { RateLimitError as OpenAiRateLimit } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { refusedStanding } from '../support/budget-header.ts'
import { ledgerFingerprint } from '../support/local-databases.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway
let team: Awaited<ReturnType<TestGateway['admin']['newTeam']>>
const persist = mkdtempSync(join(tmpdir(), 'headgate-refusals-'))

beforeAll(async () => {
  gateway = await startGateway({ persist })
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
  rmSync(persist, { recursive: true, force: true })
})
beforeEach(async () => {
  await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
  team = await gateway.admin.newTeam('Refused')
  await gateway.admin.send('PATCH', `/teams/${team.teamId}`, { contact: '#ai-platform' })
  sent = 0
})

const EASY = 'Add a docstring to parse()'
const HARD = 'Audit the security of the login module and find every vulnerability in it'

/** Requests that the SDKs sent in this test. */
let sent = 0
const counted: typeof fetch = (input, init) => {
  sent += 1
  return fetch(input, init)
}

interface Answered {
  readonly text: string
  readonly end: string | null | undefined
  readonly headers: Headers
}

interface Asking {
  readonly session?: string
  readonly retries?: number
}

/** A call of an SDK, streamed, as a developer's tool makes it. */
interface Client {
  readonly name: string
  readonly rateLimitError: typeof AnthropicRateLimit | typeof OpenAiRateLimit
  readonly rateHeader: (what: 'limit' | 'remaining' | 'reset') => string
  /** Dollars that pay for one such call at a time, and for a few of them one after the other. */
  readonly littleUsd: number
  /** Of a refusal that is final. */
  readonly refused: number
  /** Of an answer that came to its end by itself. */
  readonly ended: string
  ask(content: string, asking?: Asking): Promise<Answered>
}

const sessionHeaders = (session: string) => ({ 'x-claude-code-session-id': session })

const CLIENTS: readonly Client[] = [
  {
    name: '@anthropic-ai/sdk, messages',
    rateLimitError: AnthropicRateLimit,
    rateHeader: (what) => `anthropic-ratelimit-requests-${what}`,
    littleUsd: 0.00055,
    refused: 402,
    ended: 'end_turn',
    async ask(content, { session = crypto.randomUUID(), retries = 2 } = {}) {
      const client = new Anthropic({ apiKey: team.key, baseURL: gateway.url, maxRetries: retries, fetch: counted })
      const body = { model: 'auto', max_tokens: 100, messages: [{ role: 'user' as const, content }] }
      const stream = client.messages.stream(body, { headers: sessionHeaders(session) })
      const { data, response } = await stream.withResponse()
      const message = await data.finalMessage()
      const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
      return { text, end: message.stop_reason, headers: response.headers }
    },
  },
  {
    name: 'openai, chat completions',
    rateLimitError: OpenAiRateLimit,
    rateHeader: (what) => `x-ratelimit-${what}-requests`,
    littleUsd: 0.0001,
    refused: 402,
    ended: 'stop',
    async ask(content, { session = crypto.randomUUID(), retries = 2 } = {}) {
      const client = new OpenAI({ apiKey: team.key, baseURL: `${gateway.url}/v1`, maxRetries: retries, fetch: counted })
      const body = {
        model: 'auto',
        max_completion_tokens: 100,
        messages: [{ role: 'user' as const, content }],
        prompt_cache_key: session,
        stream: true as const,
      }
      const { data, response } = await client.chat.completions.create(body).withResponse()
      let text = ''
      let end: string | null = null
      for await (const { choices } of data) {
        text += choices[0]?.delta.content ?? ''
        end = choices[0]?.finish_reason ?? end
      }
      return { text, end, headers: response.headers }
    },
  },
  {
    name: 'openai, responses',
    rateLimitError: OpenAiRateLimit,
    rateHeader: (what) => `x-ratelimit-${what}-requests`,
    littleUsd: 0.0001,
    // Clients of this API try a 402 again.
    refused: 400,
    ended: 'completed',
    async ask(content, { session = crypto.randomUUID(), retries = 2 } = {}) {
      const client = new OpenAI({ apiKey: team.key, baseURL: `${gateway.url}/v1`, maxRetries: retries, fetch: counted })
      const body = { model: 'auto', max_output_tokens: 100, input: content, prompt_cache_key: session }
      const { data, response } = await client.responses.create({ ...body, stream: true }).withResponse()
      let text = ''
      let end: string | null = null
      for await (const event of data) {
        if (event.type === 'response.output_text.delta') text += event.delta
        if (event.type === 'response.completed') end = event.response.status ?? null
      }
      return { text, end, headers: response.headers }
    },
  },
]

interface SdkError {
  readonly status: number
  readonly message: string
  readonly headers: Headers
}

async function rejection(call: Promise<unknown>): Promise<SdkError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ status: expect.any(Number) as number })
  return error as SdkError
}

const put = (budget: object): Promise<void> =>
  gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', mode: 'hard', ...budget })

/** What reached the provider in this test. */
const reached = () => gateway.upstream.state.recording.since(0).filter(({ path }) => path.startsWith('/v1/'))

async function refusals(): Promise<number | undefined> {
  const answer = await gateway.admin.send('GET', `/teams/${team.teamId}/budgets`)
  return ((await answer.json()) as { budgets: { refusals: number }[] }).budgets[0]?.refusals
}

describe.each(CLIENTS)('$name', ({ ask, ended, littleUsd, refused, rateLimitError, rateHeader }) => {
  it('a reached budget that blocks: one request, no retry, and words that say what to do', async () => {
    await put({ limitUsd: 0.000001 })
    const error = await rejection(ask(EASY))
    expect(error.status).toBe(refused)
    expect(error.message).toMatch(
      /the month budget of team .{0,2}Refused.{0,2} has no room for this call \(\$0\.00 of less than \$0\.0001 spent\)\. It resets on \d{4}-\d\d-01 00:00 UTC\. #ai-platform can raise it\./,
    )
    expect(error.headers.get('x-should-retry')).toBe('false')
    expect(error.headers.get('retry-after')).toBeNull()
    expect(refusedStanding(error.headers)).toMatchObject({
      id: 'team:month',
      spent: 0,
      held: 0,
      limit: 1_000,
      calls: 0,
    })
    expect(sent).toBe(1)
    expect(reached()).toEqual([])
    // A refusal at admission is counted, and no row of the log.
    expect(await refusals()).toBe(1)
    expect(await gateway.admin.decisions(team.teamId)).toEqual([])
  })

  it('a budget that is surfaced: an answer that ends the turn, and no model was asked', async () => {
    await put({ limitUsd: 0.000001, onExceed: 'surface' })
    const { text, end, headers } = await ask(EASY)
    expect(end).toBe(ended)
    expect(text).toContain('the month budget of team "Refused" has no room for this call')
    expect(text).toContain('#ai-platform can raise it.')
    expect(text).toContain('no model was asked')
    expect(refusedStanding(headers)).toMatchObject({ id: 'team:month', limit: 1_000 })
    expect(headers.get('x-headgate-decision')).toBeNull()
    expect([sent, reached()]).toEqual([1, []])
  })

  it('work that a budget affords a lower tier for: it goes there, is refused, or is surfaced, and each is logged', async () => {
    await put({ limitUsd: 0.0009, onExceed: 'downgrade' })
    const { headers } = await ask(HARD)
    expect(headers.get('x-headgate-tier')).toBe('1')
    expect(headers.get('x-headgate-reasons')).toContain('ceiling_budget')
    await gateway.admin.waitForDecisions(team.teamId, 1)
    sent = 0

    await put({ id: 'day', period: 'day', limitUsd: 0.0009, onExceed: 'block' })
    const error = await rejection(ask(HARD))
    expect(error.status).toBe(refused)
    expect(error.message).toMatch(/the day budget of team .{0,2}Refused.{0,2} has no room for this call/)
    expect([sent, reached().length]).toEqual([1, 1])
    await put({ id: 'day', period: 'day', limitUsd: 0.0009, onExceed: 'surface' })
    const surfaced = await ask(HARD)
    expect([surfaced.end, reached().length]).toEqual([ended, 1])
    expect(surfaced.text).toContain('the day budget of team "Refused"')

    const logged = await gateway.admin.waitForDecisions(team.teamId, 3)
    expect(logged.map((one) => [one.ending, one.status, one.cost_nano === 0, one.attempts.length])).toEqual([
      ['surfaced', 200, true, 0],
      ['blocked', refused, true, 0],
      ['complete', 200, false, 1],
    ])
    expect(logged[0]?.id).toBe(surfaced.headers.get('x-headgate-decision'))
    expect(logged.slice(0, 2).every(({ tier, reasons }) => tier === 3 && reasons.includes('no_budget'))).toBe(true)
  })

  it('a budget for each session: one ends, another begins', async () => {
    await script(gateway.upstream, { times: null, reply: { outputTokens: 40 } })
    const budget = { scope: 'session', period: 'session', limitUsd: littleUsd }
    await put(budget)
    const spent = async () => {
      for (let call = 0; call < 40; call += 1) {
        const error = await ask(EASY, { session: 'one' }).then(
          () => null,
          (reason: unknown) => reason as SdkError,
        )
        if (error !== null) return error
      }
      return expect.unreachable('40 calls were let through')
    }
    const error = await spent()
    expect(error.status).toBe(refused)
    expect(error.message).toMatch(
      /the budget of this session (is reached|has no room for this call) .* A new session has a new one\./,
    )
    expect((await ask(EASY, { session: 'two' })).end).toBe(ended)
    await put({ ...budget, onExceed: 'surface' })
    const surfaced = await ask(EASY, { session: 'one' })
    expect(surfaced.text).toContain('the budget of this session')
  })

  it('money held by a call in flight: the SDK is told to wait, does, and is answered', async () => {
    await script(gateway.upstream, { times: 1, headersDelayMs: 1_200, reply: { outputTokens: 20 } })
    await put({ limitUsd: littleUsd })
    const slow = ask(EASY)
    await expect.poll(() => reached().length).toBe(1)
    sent = 0
    const error = await rejection(ask(EASY, { retries: 0 }))
    expect(error).toBeInstanceOf(rateLimitError)
    expect(error.message).toMatch(/has no room just now .* held by calls in flight\)\. Try again in \d+ s\./)
    const seconds = Number(error.headers.get('retry-after'))
    expect(seconds).toBeGreaterThanOrEqual(1)
    expect(seconds).toBeLessThanOrEqual(60)
    expect(error.headers.get('x-should-retry')).not.toBe('false')
    const standing = refusedStanding(error.headers) ?? expect.unreachable('no arithmetic')
    expect(standing).toMatchObject({ calls: 1, spent: 0, limit: littleUsd * 1e9 })
    expect(standing.held + standing.needed).toBeGreaterThan(standing.limit)
    expect([sent, (await slow).end]).toEqual([1, ended])
  })

  it('a rate limit: its headers, its error, and a retry when it says', async () => {
    const limits = { requestsPerMinute: 20, tokensPerMinute: null, concurrentStreams: null }
    await gateway.admin.send('PATCH', `/teams/${team.teamId}/keys/${team.keyId}`, { rateLimits: limits })
    const { headers } = await ask(EASY)
    expect(headers.get(rateHeader('limit'))).toBe('20')
    expect(headers.get(rateHeader('remaining'))).toBe('19')
    expect(headers.get(rateHeader('reset'))).toMatch(/^(\d+(\.\d+)?m?s|20\d\d-.*Z)$/)
    await Promise.all(Array.from({ length: 19 }, () => ask(EASY)))
    sent = 0
    const before = reached().length
    const error = await rejection(ask(EASY, { retries: 0 }))
    expect(error).toBeInstanceOf(rateLimitError)
    expect(error.message).toMatch(/key .{0,2}a key.{0,2} may make 20 requests a minute\. Try again in [1-3] s\./)
    expect(['1', '2', '3']).toContain(error.headers.get('retry-after'))
    expect(error.headers.get(rateHeader('remaining'))).toBe('0')
    expect([sent, reached().length]).toEqual([1, before])
    expect((await ask(EASY, { retries: 1 })).end).toBe(ended)
    expect(sent).toBe(3)
  })
})

it('a client that asks again after every refusal is answered each time, and the ledger’s storage is not touched', async () => {
  await put({ limitUsd: 0.000001 })
  const ask = () =>
    fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${team.key}`, 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'auto', max_tokens: 100, messages: [{ role: 'user', content: EASY }] }),
    })
  // That the cap is reached is told once: a moment later that is written, and sent.
  expect((await ask()).status).toBe(402)
  await sleep(2_000)
  const before = ledgerFingerprint(persist, team.teamId)
  let answered = 0
  const again = async (): Promise<void> => {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const answer = await ask()
      expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([402, 'false'])
      expect(await answer.text()).toContain('month budget of team \\"Refused\\" has no room for this call')
      answered += 1
    }
  }
  await Promise.all(Array.from({ length: 8 }, again))
  expect(ledgerFingerprint(persist, team.teamId)).toBe(before)
  expect(answered).toBe(400)
  expect(reached()).toEqual([])
  expect(await refusals()).toBe(401)
  // A call that is admitted does touch it.
  await put({ limitUsd: 1 })
  expect((await ask()).status).toBe(200)
  expect(ledgerFingerprint(persist, team.teamId)).not.toBe(before)
})
