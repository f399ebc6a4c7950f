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

type Envelope = 'anthropic' | 'openai'

interface Route {
  readonly path: string
  readonly envelope: Envelope
  /** The fields that hold what is asked and how long the answer may be, in its API. */
  readonly asked: 'messages' | 'input' | 'prompt'
  readonly limit: 'max_tokens' | 'max_output_tokens'
}

const MESSAGES: Route = { path: '/v1/messages', envelope: 'anthropic', asked: 'messages', limit: 'max_tokens' }
const CHAT: Route = { path: '/v1/chat/completions', envelope: 'openai', asked: 'messages', limit: 'max_tokens' }

const ROUTES: readonly Route[] = [
  MESSAGES,
  { ...MESSAGES, path: '/v1/messages/count_tokens' },
  CHAT,
  { ...CHAT, path: '/v1/responses', asked: 'input', limit: 'max_output_tokens' },
  { ...CHAT, path: '/v1/completions', asked: 'prompt' },
  { ...CHAT, path: '/v1/route' },
  { ...MESSAGES, path: '/v1/route?dialect=anthropic-messages' },
]

const QUESTION = [{ role: 'user', content: 'hello' }]

function validBody({ asked, limit }: Route): Record<string, unknown> {
  return { model: 'auto', [limit]: 1000, [asked]: asked === 'prompt' ? 'hello' : QUESTION }
}

interface BadRequest {
  readonly what: string
  readonly status: number
  /** Anthropic's error type, then OpenAI's error code. */
  readonly anthropic: string
  readonly openai: string | null
  readonly method?: string
  readonly path?: string
  readonly key?: 'none' | 'wrong' | 'revoked' | 'mistyped'
  readonly body?: (route: Route) => unknown
  readonly raw?: (route: Route) => BodyInit
  readonly headers?: Readonly<Record<string, string>>
}

const MEGABYTE = 1024 * 1024
const hugeBody = (route: Route): string => JSON.stringify({ ...validBody(route), user: 'x'.repeat(40 * MEGABYTE) })

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
    raw: (route) => `${JSON.stringify(validBody(route))} x`,
  },
  {
    what: 'a list instead of an object',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: (route) => [validBody(route)],
  },
  {
    what: 'no model',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: (route) => ({ ...validBody(route), model: undefined }),
  },
  {
    what: 'a number as the model',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: (route) => ({ ...validBody(route), model: 5 }),
  },
  {
    what: 'nothing asked',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: (route) => ({ ...validBody(route), [route.asked]: undefined }),
  },
  {
    what: 'a number as what is asked',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: (route) => ({ ...validBody(route), [route.asked]: 7 }),
  },
  {
    what: 'a text as stream',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: (route) => ({ ...validBody(route), stream: 'yes' }),
  },
  {
    what: 'a text as the limit',
    status: 400,
    anthropic: 'invalid_request_error',
    openai: null,
    body: (route) => ({ ...validBody(route), [route.limit]: 'many' }),
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
    body: (route) => ({ ...validBody(route), model: 'no-such-model' }),
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

async function send(route: Route, bad: BadRequest): Promise<Response> {
  const { envelope } = route
  const key = keyFor(bad.key)
  const method = bad.method ?? 'POST'
  return fetch(gateway.url + (bad.path ?? route.path), {
    method,
    headers: {
      'content-type': 'application/json',
      ...(envelope === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}),
      ...(key === null ? {} : envelope === 'anthropic' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }),
      ...bad.headers,
    },
    ...(method === 'GET'
      ? {}
      : { body: bad.raw?.(route) ?? JSON.stringify(bad.body?.(route) ?? validBody(route)), duplex: 'half' }),
  } as RequestInit)
}

describe.each(ROUTES)('$path ($envelope)', (route) => {
  const { envelope } = route
  it.each(BAD)('$what is refused with $status in its own envelope', async (bad) => {
    const answer = await send(route, bad)
    const text = await answer.text()
    expect([answer.status, text]).toEqual([bad.status, expect.stringMatching(/^\{.*\}\n?$/s)])
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    const told: unknown = JSON.parse(text)
    const message: unknown = expect.stringMatching(/\w{3}/)
    if (envelope === 'anthropic') {
      expect(told).toEqual({
        type: 'error',
        error: { type: bad.anthropic, message },
        request_id: answer.headers.get('request-id'),
      })
    } else {
      expect(told).toEqual({
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

describe('a base URL that is amiss', () => {
  it.each(['/v1/v1/messages', '/messages', '/chat/completions', '/v1/v1/responses', '/models'])('%s', async (path) => {
    const answer = await send(CHAT, { what: '', status: 404, anthropic: '', openai: '', path })
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('for OpenAI clients with it')])
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
    const refused = await send(MESSAGES, { what: '', status: 402, anthropic: '', openai: null })
    expect(refused.status).toBe(402)
    expect(await refused.text()).toContain('$0.00 of $0.00 spent')
  })

  it('the gateway still answers', async () => {
    await gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd: 10, mode: 'hard' })
    await script(gateway.upstream, { reply: { text: 'alive' } })
    const answer = await send(CHAT, { what: '', status: 200, anthropic: '', openai: null })
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
