/** What reaches the provider is what the client sent, byte for byte, but for the values that were edited. */
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'
import { topLevelFields } from '../support/top-level-fields.ts'

const FIXTURES = `${process.env['HEADGATE_SHARED'] ?? '../shared'}/fixtures`

let gateway: TestGateway
let team: Awaited<ReturnType<TestGateway['admin']['newTeam']>>

beforeAll(async () => {
  gateway = await startGateway({ upstream: { settings: { strict: false } } })
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
})
beforeEach(async () => {
  team = await gateway.admin.newTeam('Bytes')
})

interface Sent {
  readonly path: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

async function send({ path, body, headers = {} }: Sent): Promise<Response> {
  const answer = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', authorization: `Bearer ${team.key}` },
    body,
  })
  await answer.arrayBuffer()
  return answer
}

/**
 * Sends what must reach the provider. Whether the provider then likes it is another matter: the recorded thinking was
 * signed for other texts.
 */
async function sendOn(recorded: Sent): Promise<Response> {
  const before = gateway.upstream.state.recording.since(0).length
  const answer = await send(recorded)
  expect(answer.headers.get('x-headgate-decision')).toMatch(/^req_/)
  expect(gateway.upstream.state.recording.since(0)).toHaveLength(before + 1)
  return answer
}

function lastArrived(): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const arrived = gateway.upstream.state.recording.since(0).at(-1)
  if (arrived === undefined) throw new Error('nothing reached the provider')
  return { body: arrived.bodyText, headers: arrived.headers }
}

describe('a body in odd clothes', () => {
  const ODD =
    '{ "max_tokens" :64 ,\n\t"x_unknown":{"big":12345678901234567890,"small":1.50e-7,"z":[ ]},"model":"auto",' +
    '"messages":[{"role":"user","content":"Add a docst\\u0072ing \\ud83d\\ude00 to é()"}],  "metadata":{"user_id":"a\\/b"},"stream":false }'

  it('keeps spacing, key order, escapes, unknown fields and large numbers', async () => {
    const answer = await sendOn({ path: '/v1/messages', body: ODD, headers: { 'anthropic-version': '2023-06-01' } })

    const model = answer.headers.get('x-headgate-model')
    expect(lastArrived().body).toBe(ODD.replace('"model":"auto"', `"model":"${model}"`))
  })

  it('passes betas, client headers and unknown headers, and no key of ours', async () => {
    const headers = {
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'context-management-2025-06-27',
      'x-claude-code-session-id': 'c0ffee00-0000-4000-8000-000000000000',
      'x-claude-code-something-new': 'kept',
      'anthropic-something-new': 'kept',
      'x-forwarded-for': '10.0.0.1',
      cookie: 'a=b',
    }
    await send({ path: '/v1/messages?beta=true', body: ODD, headers })

    const arrived = lastArrived().headers
    expect(arrived).toMatchObject({
      'anthropic-beta': 'context-management-2025-06-27',
      'x-claude-code-session-id': headers['x-claude-code-session-id'],
      'x-claude-code-something-new': 'kept',
      'anthropic-something-new': 'kept',
      'x-api-key': 'scripted-anthropic',
    })
    for (const name of ['authorization', 'cookie', 'x-forwarded-for']) expect(arrived).not.toHaveProperty(name)
    expect(JSON.stringify(arrived)).not.toContain(team.key)
  })
})

/** Values that adaptation and routing may edit; everything else must arrive as it was sent. */
const EDITABLE = new Set([
  'model',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'thinking',
  'output_config',
  'context_management',
  'temperature',
  'top_p',
  'top_k',
  'reasoning',
  'reasoning_effort',
  'include',
  'text',
  'stream_options',
  'prompt_cache_key',
  'prompt_cache_options',
])

/** The one field that planning adds for a client that marks its cache but names no key for it. */
const PLANNED_KEY = /,"prompt_cache_key":"hg-[0-9a-z]+"\}$/

const CLIENTS = ['claude-code', 'claude-code-tui', 'codex', 'opencode.anthropic', 'opencode.compat', 'opencode.openai']

describe.skipIf(!existsSync(FIXTURES))('recorded requests', () => {
  it.each(CLIENTS)('of %s arrive unchanged where the model asked for is kept', async (client) => {
    await gateway.admin.putPolicy(team.teamId, { schema: 1, requestedModel: 'pin' })
    for (const recorded of chatRequests(client)) {
      await sendOn(recorded)
      expect(lastArrived().body.replace(PLANNED_KEY, '}')).toBe(recorded.body)
    }
  })

  it.each(CLIENTS)('of %s arrive with only editable values edited where they are routed', async (client) => {
    for (const recorded of chatRequests(client)) {
      await sendOn(recorded)
      const before = topLevelFields(recorded.body)
      const after = topLevelFields(lastArrived().body)
      for (const [name, value] of before) if (!EDITABLE.has(name)) expect(after.get(name)).toBe(value)
      for (const name of after.keys()) if (!EDITABLE.has(name)) expect(before.has(name)).toBe(true)
    }
  })
})

/** Their texts are filler, so each body is a conversation of its own; what counts here is the shape of its bytes. */
function chatRequests(client: string): Sent[] {
  const lines = readFileSync(`${FIXTURES}/${client}.jsonl`, 'utf8').trim().split('\n')
  return lines
    .map((line) => JSON.parse(line) as { method: string; url: string; headers: Record<string, string>; body: unknown })
    .filter(({ method, body }) => method === 'POST' && typeof body === 'object')
    .map(({ url, headers, body }) => ({ path: url, body: JSON.stringify(body), headers: withoutHop(headers) }))
}

function withoutHop(headers: Readonly<Record<string, string>>): Record<string, string> {
  const hop = new Set(['host', 'connection', 'content-length', 'accept-encoding', 'authorization', 'x-api-key'])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.has(name)))
}
