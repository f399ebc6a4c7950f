/** Requests that must be refused: in the client's own envelope, with the right status, and without a trace. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

let gateway: TestGateway
let team: Awaited<ReturnType<TestGateway['admin']['newTeam']>>
let revoked: string

beforeAll(async () => {
  gateway = await startGateway()
  team = await gateway.admin.newTeam('Bad input')
  const key = await gateway.admin.createKey(team.teamId)
  await gateway.admin.revokeKey(team.teamId, key.id)
  revoked = key.key
})
afterAll(async () => {
  await gateway.stop()
})

type Dialect = 'anthropic' | 'openai'

const PATHS: Readonly<Record<Dialect, string>> = { anthropic: '/v1/messages', openai: '/v1/chat/completions' }

const validBody = { model: 'auto', max_tokens: 1000, messages: [{ role: 'user', content: 'hello' }] }

interface BadRequest {
  readonly what: string
  readonly status: number
  /** Anthropic's error type, then OpenAI's error code. */
  readonly anthropic: string
  readonly openai: string | null
  readonly method?: string
  readonly path?: string
  readonly key?: 'none' | 'wrong' | 'revoked' | 'mistyped'
  readonly body?: unknown
  readonly raw?: () => BodyInit
  readonly headers?: Readonly<Record<string, string>>
}

const MEGABYTE = 1024 * 1024
const hugeBody = (): string =>
  JSON.stringify({ ...validBody, messages: [{ role: 'user', content: 'x'.repeat(40 * MEGABYTE) }] })

/** The same without a length told in advance. */
function hugeStream(): ReadableStream<Uint8Array> {
  const piece = new Uint8Array(MEGABYTE).fill(0x20)
  let left = 40
  return new ReadableStream({
    pull(controller) {
      if (left === 0) controller.close()
      else controller.enqueue(piece)
      left -= 1
    },
  })
}

const BAD: readonly BadRequest[] = [
  { what: 'no key', status: 401, anthropic: 'authentication_error', openai: 'missing_api_key', key: 'none' },
  { what: 'a key of nobody', status: 401, anthropic: 'authentication_error', openai: 'invalid_api_key', key: 'wrong' },
  {
    what: 'a mistyped key',
    status: 401,
    anthropic: 'authentication_error',
    openai: 'invalid_api_key',
    key: 'mistyped',
  },
  { what: 'a revoked key', status: 401, anthropic: 'authentication_error', openai: 'invalid_api_key', key: 'revoked' },
  {
    what: 'broken JSON',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    raw: () => '{"model":"auto","messages":[',
  },
  { what: 'no JSON at all', status: 400, anthropic: 'invalid_request_error', openai: null, raw: () => 'hello' },
  { what: 'an empty body', status: 400, anthropic: 'invalid_request_error', openai: null, raw: () => '' },
  {
    what: 'bytes after the JSON',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    raw: () => `${JSON.stringify(validBody)} x`,
  },
  {
    what: 'a list instead of an object',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: [validBody],
  },
  {
    what: 'no model',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: { ...validBody, model: undefined },
  },
  {
    what: 'a number as the model',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: { ...validBody, model: 5 },
  },
  {
    what: 'no messages',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: { ...validBody, messages: undefined },
  },
  {
    what: 'a text as the messages',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: { ...validBody, messages: 'hello' },
  },
  {
    what: 'a text as stream',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: { ...validBody, stream: 'yes' },
  },
  {
    what: 'a text as max_tokens',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: { ...validBody, max_tokens: 'many' },
  },
  { what: 'a body of 40 MB', status: 413, anthropic: 'request_too_large', openai: 'request_too_large', raw: hugeBody },
  {
    what: 'a stream of 40 MB',
    status: 413,
    anthropic: 'request_too_large',
    openai: 'request_too_large',
    raw: hugeStream,
  },
  {
    what: 'an unknown model',
    status: 404,
    anthropic: 'not_found_error',
    openai: 'model_not_found',
    body: { ...validBody, model: 'no-such-model' },
  },
  {
    what: 'an unknown path',
    status: 404,
    anthropic: 'not_found_error',
    openai: 'unknown_url',
    path: '/v1/nothing/here',
  },
  {
    what: 'GET instead of POST',
    status: 405,
    anthropic: 'invalid_request_error',
    openai: 'method_not_supported',
    method: 'GET',
  },
]

function keyFor(kind: BadRequest['key']): string | null {
  switch (kind) {
    case 'none':
      return null
    case 'wrong':
      return 'hg_someone-else'
    case 'mistyped':
      return team.key.slice(0, -1) + (team.key.endsWith('a') ? 'b' : 'a')
    case 'revoked':
      return revoked
    case undefined:
      return team.key
  }
}

async function send(dialect: Dialect, bad: BadRequest): Promise<Response> {
  const key = keyFor(bad.key)
  const method = bad.method ?? 'POST'
  return fetch(gateway.url + (bad.path ?? PATHS[dialect]), {
    method,
    headers: {
      'content-type': 'application/json',
      ...(dialect === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}),
      ...(key === null ? {} : dialect === 'anthropic' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }),
      ...bad.headers,
    },
    ...(method === 'GET' ? {} : { body: bad.raw?.() ?? JSON.stringify(bad.body ?? validBody), duplex: 'half' }),
  } as RequestInit)
}

describe.each(['anthropic', 'openai'] as const)('in the %s dialect', (dialect) => {
  it.each(BAD)('$what is refused with $status in its own envelope', async (bad) => {
    const answer = await send(dialect, bad)
    const text = await answer.text()
    expect([answer.status, text]).toEqual([bad.status, expect.stringMatching(/^\{.*\}\n?$/s)])
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    const envelope: unknown = JSON.parse(text)
    const message: unknown = expect.stringMatching(/\w{3}/)
    if (dialect === 'anthropic') {
      expect(envelope).toEqual({
        type: 'error',
        error: { type: bad.anthropic, message },
        request_id: answer.headers.get('request-id'),
      })
    } else {
      expect(envelope).toEqual({
        error: {
          message,
          type: expect.any(String),
          param: expect.toSatisfy((param) => param === null || typeof param === 'string'),
          code: bad.openai,
        },
      })
      expect(answer.headers.get('x-request-id')).not.toBeNull()
    }
    // No text of ours or of the request comes back by accident.
    expect(text).not.toContain('at async')
    expect(text.length).toBeLessThan(1000)
  })
})

describe('afterwards', () => {
  it('nothing reached the provider, nothing was logged, nothing was charged', async () => {
    // Longer than the outbox and the queue take for a decision that does come.
    await sleep(1500)
    expect(gateway.upstream.state.recording.since(0).map(({ method, path }) => `${method} ${path}`)).toEqual([])
    expect(gateway.upstream.state.recording.bill).toEqual([])
    const everything = await gateway.admin.send('GET', '/decisions?limit=10')
    expect(((await everything.json()) as { decisions: unknown[] }).decisions).toEqual([])

    // The ledger tells what was spent when it refuses: nothing.
    await gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd: 0, mode: 'hard' })
    const refused = await send('anthropic', { what: '', status: 402, anthropic: '', openai: null })
    expect(refused.status).toBe(402)
    expect(await refused.text()).toContain('$0.00 of $0.00 spent')
  })

  it('the gateway still answers', async () => {
    await gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd: 10, mode: 'hard' })
    await script(gateway.upstream, { reply: { text: 'alive' } })
    const answer = await send('openai', { what: '', status: 200, anthropic: '', openai: null })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('alive')])
  })
})

describe('the admin API', () => {
  it.each([
    ['no token', undefined, 401],
    ['a wrong token', 'Bearer nonsense', 401],
    ["a developer's key", 'team', 401],
  ])('refuses %s', async (_, authorization, status) => {
    const header = authorization === 'team' ? `Bearer ${team.key}` : authorization
    for (const [method, path] of [
      ['GET', '/decisions'],
      ['POST', '/teams'],
      ['GET', '/nothing'],
    ] as const) {
      const answer = await fetch(`${gateway.url}/admin/v1${path}`, {
        method,
        headers: header === undefined ? {} : { authorization: header },
      })
      expect([method, path, answer.status]).toEqual([method, path, status])
      expect(await answer.text()).not.toContain(gateway.adminToken)
    }
  })

  it.each([
    ['POST', '/teams', { name: '' }, 400],
    ['POST', '/teams', { name: 'x', surprise: true }, 400],
    ['POST', '/teams/nobody/keys', { name: 'x' }, 404],
    ['GET', '/decisions?limit=many', undefined, 400],
    ['GET', '/nothing', undefined, 404],
  ])('answers %s %s %j with %i', async (method, path, body, status) => {
    const answer = await gateway.admin.send(method, path, body)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toMatch(/json/)
  })
})
