/** Every target of a tier fails and goes on failing: what a client is told, how often anyone tries, and that it ends. */
import Anthropic from '@anthropic-ai/sdk'
import { setTimeout as sleep } from 'node:timers/promises'
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
  team = await gateway.admin.newTeam('Failing')
})

const MESSAGES = ['anthropic/claude-sonnet-5-5', 'anthropic/claude-sonnet-4-6']
const OPENAI = ['openai/gpt-6.1-terra', 'openai/gpt-4o']

/** Two targets in all, and both fail whenever they are asked. */
async function failing(targets: readonly string[], fault: object, failures: object = {}): Promise<void> {
  const catalog = { preset: 'none', tiers: { '2': targets } }
  await gateway.admin.putPolicy(team.teamId, { schema: 1, translation: 'never', catalog, failures })
  await script(gateway.upstream, { times: null, errorMessage: 'Marmalade shortage.', ...fault })
}

const reached = () => gateway.upstream.state.recording.since(0).filter(({ path }) => path.startsWith('/v1/')).length

const content = 'Fix the failing test in parse.ts'
const input = [{ role: 'user' as const, content }]

/** Calls by the official SDKs as they come, with the two retries they make by themselves. */
const SDK_CALLS = {
  'Messages, streamed': () =>
    new Anthropic({ apiKey: team.key, baseURL: gateway.url }).messages
      .stream({ model: 'tier-2', max_tokens: 500, messages: input })
      .finalMessage(),
  'Chat Completions': () =>
    new OpenAI({ apiKey: team.key, baseURL: `${gateway.url}/v1` }).chat.completions.create({
      model: 'tier-2',
      messages: input,
    }),
  'Responses, streamed': () =>
    new OpenAI({ apiKey: team.key, baseURL: `${gateway.url}/v1` }).responses
      .stream({ model: 'tier-2', input })
      .finalResponse(),
} as const

interface SdkError {
  readonly status: number
  readonly error: object
  readonly headers: Headers
}

/** @throws where the call did not fail */
async function failureOf(call: Promise<unknown>): Promise<SdkError> {
  return call.then(
    () => expect.unreachable('the call was answered'),
    (error: unknown) => error as SdkError,
  )
}

const OVERLOADED = {
  'Messages, streamed': { status: 529, error: { type: 'error', error: { type: 'overloaded_error' } } },
  'Chat Completions': { status: 503, error: { code: 'no_eligible_target' } },
  'Responses, streamed': { status: 503, error: { code: 'no_eligible_target' } },
} as const

describe.each([
  ['Messages, streamed', MESSAGES],
  ['Chat Completions', OPENAI],
  ['Responses, streamed', OPENAI],
] as const)('%s', (dialect, targets) => {
  it.each([
    // Two calls ask each target three times; then the team leaves both alone, and the SDK's last try reaches nobody.
    ['an error of the server', { status: 500 }, 12],
    // An overloaded target is not asked twice by one call.
    ['an overload', { status: 529 }, 4],
  ])(
    '%s, for good: the SDK gives up, is told when to come back, and the provider is left alone',
    async (_, fault, calls) => {
      await failing(targets, fault)
      const began = performance.now()
      const failed = await failureOf(SDK_CALLS[dialect]())
      expect(performance.now() - began).toBeLessThan(20_000)
      expect(failed).toMatchObject(OVERLOADED[dialect])
      const seconds = Number(failed.headers.get('retry-after'))
      expect(seconds).toBeGreaterThanOrEqual(1)
      expect(seconds).toBeLessThanOrEqual(5)
      expect(failed.headers.get('x-should-retry')).toBeNull()
      expect(reached()).toBe(calls)
      const decisions = await gateway.admin.waitForDecisions(team.teamId, 2)
      expect(decisions.map(({ status, ending, cost_nano }) => [status, ending, cost_nano])).toEqual(
        Array.from({ length: 2 }, () => [fault.status, 'upstream_error', 0]),
      )
      expect(decisions[0]!.attempts).toHaveLength(calls / 2)
    },
  )

  it("the provider's own last error passes byte for byte, with its advice", async () => {
    const rawBody = ' {"error":{"type":"api_error","message":"Marmalade."} , "x": 1.0}'
    await failing(targets, { status: 500, retryAfter: 7, shouldRetry: true, rawBody }, { retries: 0 })
    const path = { 'Messages, streamed': 'messages', 'Chat Completions': 'chat/completions' }[dialect as string]
    const answer = await fetch(`${gateway.url}/v1/${path ?? 'responses'}`, {
      method: 'POST',
      headers: { 'x-api-key': team.key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'tier-2', max_tokens: 500, [path === undefined ? 'input' : 'messages']: input }),
    })
    expect([answer.status, await answer.text()]).toEqual([500, rawBody])
    expect([answer.headers.get('retry-after'), answer.headers.get('x-should-retry')]).toEqual(['7', 'true'])
    expect(reached()).toBe(2)
  })
})

describe('how long anyone tries', () => {
  const ask = () => new Anthropic({ apiKey: team.key, baseURL: gateway.url, maxRetries: 0 }).messages.create(PARAMS)
  const PARAMS = { model: 'tier-2', max_tokens: 500, messages: input }

  it('no attempt begins after the deadline, however many are allowed', async () => {
    await failing(MESSAGES, { status: 500, headersDelayMs: 700 }, { deadlineSeconds: 1, retries: 5, fallbacks: 5 })
    const began = performance.now()
    expect(await failureOf(ask())).toMatchObject({ status: 500 })
    expect(performance.now() - began).toBeLessThan(4000)
    expect(reached()).toBeLessThanOrEqual(2)
  })

  it('once the cooldown is over one call finds out, and the rest wait longer', async () => {
    await failing(MESSAGES, { status: 529 })
    for (const status of [529, 529]) expect(await failureOf(ask())).toMatchObject({ status })
    expect(await failureOf(ask())).toMatchObject(OVERLOADED['Messages, streamed'])
    expect(reached()).toBe(4)
    await sleep(5200)
    const probes = await Promise.all(Array.from({ length: 6 }, () => failureOf(ask())))
    expect(probes.every(({ status }) => status === 529)).toBe(true)
    // One of each target.
    expect(reached()).toBeLessThanOrEqual(6)
    expect(reached()).toBeGreaterThan(4)
    // The ledger hears of a failed probe beside the answer, so the very next call may still be sent.
    await expect.poll(async () => Number((await failureOf(ask())).headers.get('retry-after'))).toBeGreaterThan(5)
  })
})
