import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/cli/upstream/json.ts'
import { errorMessage, runningUpstream } from './running.ts'

const running = runningUpstream()
const hi = [{ role: 'user', content: 'hi' }]
const tool = { name: 'read', input_schema: { type: 'object', properties: {} } }
const forced = { tools: [tool], tool_choice: { type: 'any' } }
const systemLater = { messages: [...hi, { role: 'system', content: 'Be brief.' }] }
const prefill = { messages: [...hi, { role: 'assistant', content: 'Once' }] }
const budget = { thinking: { type: 'enabled', budget_tokens: 1_024 }, max_tokens: 4_000 }
const adaptive = { thinking: { type: 'adaptive' } }
const disabled = { thinking: { type: 'disabled' } }
const between = { thinking: { type: 'between_tools' } }
const effort = (level: string): JsonObject => ({ output_config: { effort: level } })

const MODELS = [
  'haiku-4-5',
  'sonnet-4-5',
  'opus-4-5',
  'sonnet-4-6',
  'opus-4-6',
  'opus-4-7',
  'opus-4-8',
  'sonnet-5',
  'opus-5',
  'haiku-5-5',
  'sonnet-5-5',
  'opus-5-5',
  'fable-5-1',
  'fable-5-2',
]
const ALWAYS = ['sonnet-5-5', 'opus-5-5', 'fable-5-1', 'fable-5-2']
const SMALL = ['haiku-4-5', 'sonnet-4-5', 'opus-4-5']
const OLD = [...SMALL, 'sonnet-4-6', 'opus-4-6']
const NEW = MODELS.filter((model) => !OLD.includes(model))

/** One row of the table: what is asked, who refuses it, and in which words. Everyone else accepts it. */
const TABLE: [name: string, body: JsonObject, refusing: string[], words: RegExp][] = [
  [
    'max_tokens 64001',
    { max_tokens: 64_001 },
    SMALL,
    /^max_tokens: 64001 > 64000, which is the maximum allowed number/,
  ],
  ['max_tokens 128000', { max_tokens: 128_000 }, SMALL, /^max_tokens: 128000 > 64000/],
  [
    'max_tokens 128001',
    { max_tokens: 128_001 },
    MODELS,
    /which is the maximum allowed number of output tokens for claude-/,
  ],
  ['adaptive thinking', adaptive, SMALL, /^adaptive thinking is not supported on this model$/],
  [
    'a thinking budget',
    budget,
    NEW,
    /^"thinking.type.enabled" is not supported for this model\. Use "thinking.type.adaptive"/,
  ],
  ['thinking disabled', disabled, ALWAYS, /^"thinking.type.disabled" is not supported for this model\./],
  [
    'thinking disabled at effort max',
    { ...disabled, ...effort('max') },
    [...SMALL, ...ALWAYS, 'opus-5', 'haiku-5-5'],
    /effort|"thinking.type.disabled"/,
  ],
  ['thinking between tools', between, MODELS.filter((model) => model !== 'sonnet-5-5'), /between_tools/],
  ['effort high', effort('high'), ['haiku-4-5', 'sonnet-4-5'], /^This model does not support the effort parameter\.$/],
  [
    'effort xhigh',
    effort('xhigh'),
    OLD,
    /effort parameter\.$|^This model does not support effort level 'xhigh'\. Supported/,
  ],
  ['effort max', effort('max'), SMALL, /effort/],
  ['an unknown effort', effort('huge'), MODELS, /^output_config\.effort: Input should be/],
  ['temperature 0.5', { temperature: 0.5 }, NEW, /^`temperature` is deprecated for this model\./],
  ['temperature 1', { temperature: 1 }, NEW.filter((model) => model !== 'haiku-5-5'), /^`temperature` is deprecated/],
  ['top_k', { top_k: 40 }, NEW, /^`top_k` is deprecated for this model\./],
  ['a system message', systemLater, [...OLD, 'opus-4-7', 'sonnet-5'], /^role 'system' is not supported on this model$/],
  ['forced tool choice', forced, ALWAYS, /^Thinking may not be enabled when tool_choice forces tool use\.$/],
  [
    'prefill',
    prefill,
    MODELS.filter((model) => !SMALL.includes(model)),
    /^This model does not support assistant message prefill\./,
  ],
]

describe('what each Claude model refuses', () => {
  for (const [name, body, refusing, words] of TABLE) {
    it.each(MODELS)(`${name}: %s`, async (model) => {
      const answered = await running.claude({ model: `claude-${model}`, ...body })
      if (!refusing.includes(model)) {
        expect(answered.status, answered.text).toBe(200)
        return
      }
      expect(answered.status).toBe(400)
      expect(answered.json).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
      expect(errorMessage(answered)).toMatch(words)
    })
  }

  it('refuses a fallback list only on haiku-5-5', async () => {
    const body = { fallbacks: [{ model: 'claude-sonnet-5' }] }
    const headers = { 'anthropic-beta': 'server-side-fallback-2026-07-01' }
    expect((await running.claude({ model: 'claude-haiku-5-5', ...body }, headers)).status).toBe(400)
    expect((await running.claude({ model: 'claude-opus-5-5', ...body }, headers)).status).toBe(200)
  })

  it('refuses nothing of the table when lax', async () => {
    await running.script({ settings: { strict: false } })
    for (const [, body] of TABLE) expect((await running.claude({ model: 'claude-opus-5-5', ...body })).status).toBe(200)
  })

  it('answers 404 for an unknown model', async () => {
    const answered = await running.claude({ model: 'claude-nothing-9' })
    expect(answered.status).toBe(404)
    expect(answered.json.error).toEqual({ type: 'not_found_error', message: 'model: claude-nothing-9' })
  })
})

describe('what the newest API version refuses', () => {
  const version = { 'anthropic-version': '2026-10-21' }
  it.each(['claude-haiku-4-5', 'claude-sonnet-4-6', 'claude-haiku-5-5'])('sampling parameters on %s', async (model) => {
    expect((await running.claude({ model, temperature: 1 }, version)).status).toBe(400)
    expect((await running.claude({ model, temperature: 1 })).status).toBe(200)
  })

  it('documents in assistant messages and citations on user text', async () => {
    const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } }
    const messages = [...hi, { role: 'assistant', content: [document] }, ...hi]
    const cited = [{ role: 'user', content: [{ type: 'text', text: 'x', citations: [] }] }]
    const model = 'claude-sonnet-4-6'
    expect((await running.claude({ model, messages }, version)).status).toBe(400)
    expect((await running.claude({ model, messages })).status).toBe(200)
    expect((await running.claude({ model, messages: cited }, version)).status).toBe(400)
    expect((await running.claude({ model, messages: cited })).status).toBe(200)
  })
})

describe('what the Messages API refuses on every model', () => {
  const use = (id: string) => ({ role: 'assistant', content: [{ type: 'tool_use', id, name: 'read', input: {} }] })
  const result = (id: string) => ({ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'ok' }] })
  const marked = (text: string, ttl?: string) => ({
    type: 'text',
    text,
    cache_control: { type: 'ephemeral', ...(ttl === undefined ? {} : { ttl }) },
  })
  const thinking = { type: 'thinking', thinking: 'x', signature: 'y', cache_control: { type: 'ephemeral' } }

  const CASES: [name: string, body: JsonObject, words: RegExp][] = [
    ['no max_tokens', { max_tokens: undefined }, /^max_tokens: Field required$/],
    ['no messages', { messages: undefined }, /^messages: Field required$/],
    ['empty messages', { messages: [] }, /^messages: at least one message is required$/],
    ['an unknown field', { n: 2 }, /^n: Extra inputs are not permitted$/],
    ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }, /^messages: Unexpected role "tool"/],
    [
      'a result nobody asked for',
      { messages: [result('a')] },
      /^messages\.0\.content\.0: unexpected `tool_use_id` found/,
    ],
    [
      'a call without its result',
      { messages: [...hi, use('a'), ...hi] },
      /^messages\.1: `tool_use` ids were found without/,
    ],
    [
      'a result for another call',
      { messages: [...hi, use('a'), result('b')] },
      /^messages\.1: `tool_use` ids were found without/,
    ],
    ['a broken call id', { messages: [...hi, use('a b'), result('a b')] }, /tool_use\.id: String should match pattern/],
    [
      'text before a result',
      {
        messages: [...hi, use('a'), { role: 'user', content: [{ type: 'text', text: 'x' }, ...result('a').content] }],
      },
      /^messages\.1: `tool_use` ids were found without/,
    ],
    [
      'an empty assistant message',
      { messages: [...hi, { role: 'assistant', content: [] }, ...hi] },
      /^messages\.1: all messages must have non-empty content/,
    ],
    ['a blank text', { messages: [{ role: 'user', content: ' \n' }] }, /must contain non-whitespace text$/],
    [
      'an empty text',
      { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      /text content blocks must be non-empty$/,
    ],
    [
      'a marked empty text',
      { messages: [{ role: 'user', content: [marked('')] }] },
      /cache_control cannot be set for empty text/,
    ],
    [
      'a marked thinking block',
      { messages: [...hi, { role: 'assistant', content: [thinking] }, ...hi] },
      /cache_control: Extra inputs/,
    ],
    ['empty user content', { messages: [{ role: 'user', content: '' }] }, /user messages must have non-empty content$/],
    [
      'five breakpoints',
      { system: ['a', 'b', 'c', 'd', 'e'].map((text) => marked(text)) },
      /^A maximum of 4 blocks with cache_control may be provided\. Found 5\.$/,
    ],
    [
      'an hour after five minutes',
      { system: [marked('a'), marked('b', '1h')] },
      /^system\.1\.cache_control\.ttl: a ttl='1h' cache_control block must not come after/,
    ],
    ['an unknown lifetime', { system: [marked('a', '2h')] }, /ttl: Input should be '5m' or '1h'/],
    [
      'a small thinking budget',
      { thinking: { type: 'enabled', budget_tokens: 1_000 } },
      /greater than or equal to 1024$/,
    ],
    [
      'a budget above max_tokens',
      { thinking: { type: 'enabled', budget_tokens: 2_000 } },
      /^`max_tokens` must be greater than `thinking\.budget_tokens`/,
    ],
    [
      'forced tools while thinking',
      { ...forced, ...adaptive },
      /^Thinking may not be enabled when tool_choice forces tool use/,
    ],
    [
      'temperature while thinking',
      { ...adaptive, temperature: 0.2 },
      /^`temperature` may only be set to 1 when thinking/,
    ],
    ['temperature and top_p', { temperature: 0.2, top_p: 0.3 }, /cannot both be specified/],
    ['two tools of one name', { tools: [tool, tool] }, /Tool names must be unique/],
    [
      'an unknown forced tool',
      { tools: [tool], tool_choice: { type: 'tool', name: 'x' } },
      /not found in provided tools$/,
    ],
    [
      'clearing thinking that is off',
      { context_management: { edits: [{ type: 'clear_thinking_20251015' }] } },
      /requires `thinking` to be enabled/,
    ],
    [
      'a system message first',
      { model: 'claude-opus-5-5', messages: [{ role: 'system', content: 'x' }, ...hi] },
      /^messages\.0: role 'system'/,
    ],
    [
      'a system message before a user',
      { model: 'claude-opus-5-5', messages: [...hi, { role: 'system', content: 'x' }, ...hi] },
      /must precede an 'assistant' message or end the array/,
    ],
    [
      'a prompt above the window',
      { model: 'claude-haiku-4-5', system: 'x'.repeat(800_100) },
      /^prompt is too long: 200026 tokens > 200000 maximum$/,
    ],
  ]
  it.each(CASES)('%s', async (_name, body, words) => {
    const headers = 'context_management' in body ? { 'anthropic-beta': 'context-management-2025-06-27' } : {}
    const answered = await running.claude({ model: 'claude-sonnet-4-6', ...body }, headers)
    expect(errorMessage(answered)).toMatch(words)
    expect(answered.status).toBe(400)
    expect((await running.requests())[0]?.billed).toBeNull()
  })

  it.each(['context_management', 'thread', 'fallbacks', 'speed', 'mcp_servers'])(
    '%s without its beta',
    async (field) => {
      const answered = await running.claude({ model: 'claude-opus-5-5', [field]: field === 'speed' ? 'fast' : {} })
      expect(answered.status).toBe(400)
      expect(errorMessage(answered)).toBe(`${field}: Extra inputs are not permitted`)
    },
  )

  it('unknown beta values, naming each', async () => {
    const answered = await running.claude(
      { model: 'claude-opus-5-5' },
      { 'anthropic-beta': 'effort-2025-11-24,a-1,b-2' },
    )
    expect(answered.status).toBe(400)
    expect(errorMessage(answered)).toMatch(/^Unexpected value\(s\) `a-1`, `b-2` for the `anthropic-beta` header/)
  })

  it('a missing and an unknown version', async () => {
    const missing = await running.call('POST', '/v1/messages', { model: 'x' }, { 'x-api-key': 'k' })
    expect(errorMessage(missing)).toBe('anthropic-version: header is required')
    const unknown = await running.claude({ model: 'claude-opus-5-5' }, { 'anthropic-version': '1999-01-01' })
    expect(errorMessage(unknown)).toBe('anthropic-version: "1999-01-01" is not a valid version')
  })

  it('counts tokens under the same rules', async () => {
    const body = { model: 'claude-opus-5-5', messages: hi, temperature: 0.1 }
    const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }
    expect((await running.call('POST', '/v1/messages/count_tokens', body, headers)).status).toBe(400)
  })
})

describe('keys, paths and bodies', () => {
  it('wants a key, in either header, and refuses others once keys are set', async () => {
    const body = { model: 'claude-opus-5-5', max_tokens: 10, messages: hi }
    const version = { 'anthropic-version': '2023-06-01' }
    const none = await running.call('POST', '/v1/messages', body, version)
    expect(none.status).toBe(401)
    expect(none.json).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
    await running.script({ settings: { keys: ['right'] } })
    for (const headers of [{ 'x-api-key': 'right' }, { authorization: 'Bearer right' }]) {
      expect((await running.call('POST', '/v1/messages', body, { ...version, ...headers })).status).toBe(200)
    }
    const wrong = await running.call('POST', '/v1/messages', body, { ...version, 'x-api-key': 'wrong' })
    expect(errorMessage(wrong)).toBe('invalid x-api-key')
  })

  it('answers broken JSON, unknown paths and wrong methods in the envelope', async () => {
    const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }
    expect((await running.call('POST', '/v1/messages', '{', headers)).status).toBe(400)
    expect((await running.call('GET', '/v1/messages', undefined, headers)).status).toBe(405)
    expect((await running.call('GET', '/v1/nothing', undefined, headers)).json).toMatchObject({ type: 'error' })
  })

  it('refuses a body above 32 MB', async () => {
    const answered = await running.claude({ model: 'claude-opus-5-5', system: 'x'.repeat(33 * 1024 * 1024) })
    expect(answered.status).toBe(413)
    expect(answered.json).toMatchObject({ error: { type: 'request_too_large' } })
  })

  it('sends a request id and rate limits in RFC 3339', async () => {
    const { headers, json } = await running.claude({ model: 'claude-opus-5-5', temperature: 0 })
    expect(headers.get('request-id')).toBe(json.request_id)
    expect(Date.parse(headers.get('anthropic-ratelimit-input-tokens-reset') ?? '')).toBe(running.now + 60_000)
    expect(headers.get('x-should-retry')).toBe('false')
  })
})
