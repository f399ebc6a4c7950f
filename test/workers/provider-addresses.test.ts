/** Where calls of configured providers go, and what they carry: base URLs and credentials as hosted gateways want them. */
import { afterEach, expect, it, vi } from 'vitest'
import { readConfig } from '../../src/config.ts'
import type { UpstreamCall } from '../../src/gateway/ports.ts'
import { createProviders } from '../../src/providers/registry.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** The request that a provider of these settings is sent. */
async function sent(provider: object, call: Partial<UpstreamCall>): Promise<{ url: string; headers: Headers }> {
  const { providers } = readConfig({
    ADMIN_TOKEN: 'x'.repeat(32),
    KEY_PEPPER: 'x'.repeat(32),
    PROVIDERS: JSON.stringify([{ name: 'mine', ...provider }]),
    MINE_KEY: 'own-key',
  })
  const fetched = vi.fn<typeof fetch>(() => Promise.resolve(new Response()))
  vi.stubGlobal('fetch', fetched)
  await createProviders(providers).send({
    provider: 'mine',
    dialect: 'openai-chat-completions',
    operation: 'chat',
    query: '',
    headers: {},
    body: new Uint8Array(),
    signal: new AbortController().signal,
    ...call,
  })
  const [url, settings] = fetched.mock.calls[0] ?? expect.unreachable('nothing was sent')
  return { url: String(url), headers: new Headers(settings?.headers) }
}

const CHAT = { dialects: ['openai-chat-completions'] } as const
const RESPONSES = { dialects: ['openai-responses'] } as const
const MESSAGES = { dialects: ['anthropic-messages'] } as const

it.each([
  ['https://openrouter.ai/api/v1', CHAT, 'https://openrouter.ai/api/v1/chat/completions'],
  ['https://openrouter.ai/api/v1/', RESPONSES, 'https://openrouter.ai/api/v1/responses'],
  ['https://openrouter.ai/api', MESSAGES, 'https://openrouter.ai/api/v1/messages'],
  [
    'https://gateway.ai.cloudflare.com/v1/acc/gate/compat/',
    CHAT,
    'https://gateway.ai.cloudflare.com/v1/acc/gate/compat/chat/completions',
  ],
  [
    'https://gateway.ai.cloudflare.com/v1/acc/gate/openai',
    RESPONSES,
    'https://gateway.ai.cloudflare.com/v1/acc/gate/openai/responses',
  ],
  [
    'https://gateway.ai.cloudflare.com/v1/acc/gate/anthropic',
    MESSAGES,
    'https://gateway.ai.cloudflare.com/v1/acc/gate/anthropic/v1/messages',
  ],
  [
    'https://api.cloudflare.com/client/v4/accounts/acc/ai/v1',
    CHAT,
    'https://api.cloudflare.com/client/v4/accounts/acc/ai/v1/chat/completions',
  ],
] as const)('%s %j is asked at %s', async (baseUrl, spoken, url) => {
  const provider = { baseUrl, ...spoken, apiKeySecret: 'MINE_KEY' }
  expect((await sent(provider, { dialect: spoken.dialects[0] })).url).toBe(url)
})

it('sends its key as each API wants it', async () => {
  const mine = {
    baseUrl: 'https://mine.example',
    dialects: [...CHAT.dialects, ...MESSAGES.dialects],
    apiKeySecret: 'MINE_KEY',
  }
  const chat = await sent(mine, {})
  expect(chat.headers.get('authorization')).toBe('Bearer own-key')
  const messages = await sent(mine, { dialect: 'anthropic-messages', operation: 'count-tokens', query: '?beta=true' })
  expect(messages.url).toBe('https://mine.example/v1/messages/count_tokens?beta=true')
  expect([messages.headers.get('x-api-key'), messages.headers.get('authorization')]).toEqual(['own-key', null])
  expect(messages.headers.get('anthropic-version')).toBe('2023-06-01')
})

it('takes extra headers beside the key or in its place, over what the client sent', async () => {
  const token = { 'cf-aig-authorization': 'Bearer gate', 'x-title': 'Team' }
  const base = { baseUrl: 'https://mine.example/v1', ...CHAT, headers: token }
  const client = { headers: { 'x-title': 'somebody', 'user-agent': 'agent' } }
  const both = await sent({ ...base, apiKeySecret: 'MINE_KEY' }, client)
  expect(Object.fromEntries(both.headers)).toEqual({ authorization: 'Bearer own-key', 'user-agent': 'agent', ...token })
  const stored = await sent(base, client)
  expect(Object.fromEntries(stored.headers)).toEqual({ 'user-agent': 'agent', ...token })
  const own = await sent({ ...base, headers: { authorization: 'Basic abc' }, apiKeySecret: 'MINE_KEY' }, {})
  expect(own.headers.get('authorization')).toBe('Basic abc')
})
