import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Adaptation } from '../../../../src/core/dialects/adaptation.ts'
import { adaptRequest } from '../../../../src/core/dialects/anthropic-messages/adapt.ts'
import { scanAnthropicMessages } from '../../../../src/core/dialects/anthropic-messages/scan.ts'
import { applyEdits } from '../../../../src/core/dialects/passthrough.ts'
import type { ModelCapabilities } from '../../../../src/core/routing/capabilities.ts'
import { KNOWN_MODELS } from '../../../../src/core/routing/models.ts'
import { bodyOf } from '../body-of.ts'
import { complaints, RULES } from './strict-api.ts'

type Json = Record<string, unknown>
type Headers = Readonly<Record<string, string>>

const MODELS = Object.keys(RULES)

function capabilitiesOf(id: string): ModelCapabilities {
  const model = KNOWN_MODELS.find((known) => known.id === id)
  if (model === undefined) throw new Error(`unknown model ${id}`)
  return model.capabilities
}

interface Adapted extends Adaptation {
  readonly text: string
  readonly body: Json
  readonly sentHeaders: Headers
}

interface Options {
  readonly headers?: Headers
  readonly maxOutputTokens?: number
  readonly capabilities?: ModelCapabilities
}

function adapted(request: string | Json, modelId: string, options: Options = {}): Adapted {
  const source = bodyOf(typeof request === 'string' ? request : JSON.stringify(request))
  const { headers = {}, capabilities = capabilitiesOf(modelId), maxOutputTokens } = options
  const scan = scanAnthropicMessages(source)
  const adaptation = adaptRequest({ scan, modelId, capabilities, headers, maxOutputTokens: maxOutputTokens ?? null })
  const text = Buffer.from(applyEdits(source.bytes, adaptation.edits)).toString('utf8')
  const changed = Object.entries({ ...headers, ...adaptation.headers }).filter((entry) => entry[1] !== null)
  return { ...adaptation, text, body: JSON.parse(text) as Json, sentHeaders: Object.fromEntries(changed) as Headers }
}

const user = { role: 'user', content: 'hi' }
const ask = (fields: Json): Json => ({ model: 'claude-opus-5-5', max_tokens: 32_000, messages: [user], ...fields })

describe('a request for the model it names', () => {
  it('is not touched, whatever it holds', () => {
    const request = ask({
      thinking: { type: 'disabled' },
      max_tokens: 999_999,
      top_k: 3,
      output_config: { effort: 'odd' },
    })
    const { edits, headers, adaptations, notServable } = adapted(request, 'claude-opus-5-5', {
      headers: { 'anthropic-beta': 'per-turn-control-2026-07-01' },
    })
    expect({ edits, headers, adaptations, notServable }).toEqual({
      edits: [],
      headers: {},
      adaptations: [],
      notServable: null,
    })
  })

  it('loses its sampling under the API version that rejects it', () => {
    const version = { 'anthropic-version': '2026-10-21' }
    const result = adapted(ask({ temperature: 1, top_p: 0.5 }), 'claude-opus-5-5', { headers: version })
    expect(result.text).toBe(JSON.stringify(ask({})))
    expect(result.adaptations).toEqual(['sampling:dropped(temperature,top_p)'])
    expect(result.lost).toEqual(['top_p'])
  })
})

describe('single adaptations', () => {
  it.each<[string, Json, string, Json, readonly string[]]>([
    [
      'adaptive where only budgets are known',
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'medium' } },
      'claude-haiku-4-5',
      { thinking: { type: 'enabled', budget_tokens: 8192, display: 'omitted' } },
      ['thinking:adaptive->budget(8192)', 'effort:dropped'],
    ],
    [
      'a budget from effort',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'max', format: { type: 'x' } } },
      'claude-haiku-4-5',
      { thinking: { type: 'enabled', budget_tokens: 16_000 }, output_config: { format: { type: 'x' } } },
      ['thinking:adaptive->budget(16000)', 'effort:dropped'],
    ],
    [
      'no budget where the answer is short',
      { max_tokens: 1500, thinking: { type: 'adaptive' } },
      'claude-haiku-4-5',
      { max_tokens: 1500 },
      ['thinking:adaptive->dropped'],
    ],
    [
      'a budget where only adaptive is known',
      { thinking: { type: 'enabled', budget_tokens: 16_000 } },
      'claude-haiku-5-5',
      { thinking: { type: 'adaptive' } },
      ['thinking:budget(16000)->adaptive'],
    ],
    [
      'a budget kept',
      { thinking: { type: 'enabled', budget_tokens: 16_000 } },
      'claude-sonnet-4-6',
      { thinking: { type: 'enabled', budget_tokens: 16_000 } },
      [],
    ],
    [
      'a budget above the lowered limit',
      { max_tokens: 128_000, thinking: { type: 'enabled', budget_tokens: 100_000 } },
      'claude-haiku-4-5',
      { max_tokens: 64_000, thinking: { type: 'enabled', budget_tokens: 32_000 } },
      ['max_tokens:128000->64000', 'thinking:budget(100000)->budget(32000)'],
    ],
    [
      'disabled where it is rejected',
      { thinking: { type: 'disabled' } },
      'claude-sonnet-5-5',
      {},
      ['thinking:disabled->dropped'],
    ],
    [
      'disabled where it is accepted',
      { thinking: { type: 'disabled' } },
      'claude-haiku-5-5',
      { thinking: { type: 'disabled' } },
      [],
    ],
    [
      'disabled and too high an effort',
      { thinking: { type: 'disabled' }, output_config: { effort: 'max' } },
      'claude-haiku-5-5',
      { thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
      ['effort:max->high'],
    ],
    [
      'between tools where only adaptive is known',
      { thinking: { type: 'between_tools' } },
      'claude-haiku-5-5',
      { thinking: { type: 'adaptive' } },
      ['thinking:between-tools->adaptive'],
    ],
    [
      'a level the model lacks',
      { output_config: { effort: 'xhigh' } },
      'claude-sonnet-4-6',
      { output_config: { effort: 'high' } },
      ['effort:xhigh->high'],
    ],
    ['sampling the model rejects', { temperature: 0.2 }, 'claude-haiku-5-5', {}, ['sampling:dropped(temperature)']],
    ['sampling the model takes', { temperature: 0.2 }, 'claude-haiku-4-5', { temperature: 0.2 }, []],
    [
      'sampling beside a budget nobody asked for',
      { temperature: 0.2, thinking: { type: 'adaptive' } },
      'claude-haiku-4-5',
      { thinking: { type: 'enabled', budget_tokens: 8192 } },
      ['thinking:adaptive->budget(8192)', 'sampling:dropped(temperature)'],
    ],
    [
      'clearing thinking where there is none',
      {
        thinking: { type: 'disabled' },
        context_management: {
          edits: [{ type: 'clear_thinking_20251015', keep: 'all' }, { type: 'clear_tool_uses_20250919' }],
        },
      },
      'claude-sonnet-4-6',
      { thinking: { type: 'disabled' }, context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } },
      ['context_management:clear_thinking_dropped'],
    ],
    [
      'nothing left of context management',
      { context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] } },
      'claude-haiku-4-5',
      {},
      ['context_management:clear_thinking_dropped'],
    ],
  ])('%s', (_name, fields, model, expected, codes) => {
    const result = adapted(ask(fields), model)
    expect(result.body).toEqual(ask({ ...expected, model }))
    expect(result.adaptations).toEqual(codes)
    expect(result.notServable).toBeNull()
  })

  it('sends no new budget into a tool loop that began without thinking', () => {
    const call = { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'a', input: {} }] }
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'ok' }] }
    const request = ask({ thinking: { type: 'adaptive' }, messages: [user, call, result] })
    expect(adapted(request, 'claude-haiku-4-5').adaptations).toEqual(['thinking:adaptive->dropped'])
  })

  it('drops betas with their dates, keeps unknown ones, and removes an empty header', () => {
    const headers = { 'anthropic-beta': 'effort-2025-11-24, new-thing-2027-01-01,context-management-2025-06-27' }
    const result = adapted(ask({}), 'claude-haiku-4-5', { headers })
    expect(result.headers).toEqual({ 'anthropic-beta': 'new-thing-2027-01-01,context-management-2025-06-27' })
    expect(result.adaptations).toEqual(['betas:dropped(effort)'])
    expect(
      adapted(ask({}), 'claude-haiku-4-5', { headers: { 'anthropic-beta': 'effort-2025-11-24' } }).headers,
    ).toEqual({
      'anthropic-beta': null,
    })
  })

  it('drops a field with the beta it needs', () => {
    const rejecting = {
      ...capabilitiesOf('claude-haiku-5-5'),
      rejectedBetas: ['context-management', 'thinking-display-updates'],
    }
    const fields = { context_management: { edits: [] }, thinking: { type: 'adaptive', display: 'updates' } }
    const result = adapted(ask(fields), 'claude-haiku-5-5', { capabilities: rejecting })
    expect(result.body).toEqual(ask({ model: 'claude-haiku-5-5', thinking: { type: 'adaptive' } }))
    expect(result.lost).toEqual(['context_management'])
  })
})

describe('instructions inside the conversation', () => {
  const text = 'Follow "these" — wörtlich\n\u00e9'

  it('become reminders of the user, their bytes kept', () => {
    const request = `{"model":"claude-opus-5-5","max_tokens":9,"messages":[{"role":"user","content":"a"}, {"content":[{"type":"text","text":"\\u00fc é","cache_control":{"type":"ephemeral"}}],"role": "system","output_config":{"effort":"low"}},{"role":"system","content":"b"}]}`
    const result = adapted(request, 'claude-sonnet-4-6')
    expect(result.text).toBe(
      `{"model":"claude-sonnet-4-6","max_tokens":9,"messages":[{"role":"user","content":"a"}, {"content":[{"type":"text","text":"<system-reminder>\\n\\u00fc é\\n</system-reminder>","cache_control":{"type":"ephemeral"}}],"role": "user"},{"role":"user","content":"<system-reminder>\\nb\\n</system-reminder>"}]}`,
    )
    expect(result.adaptations).toEqual(['system_messages:as_user(2)', 'message_effort:dropped(1)'])
  })

  it('are not wrapped twice', () => {
    const content = `<system-reminder>\n${text}\n</system-reminder>`
    const result = adapted(ask({ messages: [user, { role: 'system', content }] }), 'claude-haiku-4-5')
    expect(result.body['messages']).toEqual([user, { role: 'user', content }])
  })

  it('go where they hold nothing but an effort', () => {
    const only = { role: 'system', output_config: { effort: 'low' } }
    const result = adapted(ask({ messages: [user, only, only, { ...user, content: 'b' }] }), 'claude-opus-4-8')
    expect(result.body['messages']).toEqual([user, { ...user, content: 'b' }])
    const converted = adapted(ask({ messages: [user, only] }), 'claude-haiku-4-5')
    expect(converted.body['messages']).toEqual([user])
    expect(converted.adaptations).toEqual(['message_effort:dropped(1)', 'system_messages:removed(1)'])
  })

  it('keep an effort the model takes and lower one it does not', () => {
    const message = { role: 'system', content: text, output_config: { effort: 'xhigh' } }
    const request = ask({ messages: [user, message] })
    expect(adapted(request, 'claude-haiku-5-5').body['messages']).toEqual([user, message])
    const fewer = { ...capabilitiesOf('claude-haiku-5-5'), efforts: ['low', 'medium'] }
    expect(adapted(request, 'claude-haiku-5-5', { capabilities: fewer }).body['messages']).toEqual([
      user,
      { ...message, output_config: { effort: 'medium' } },
    ])
  })

  it('that change the tools cannot be told by a user', () => {
    const change = { role: 'system', content: [{ type: 'tool_removal', name: 'a' }] }
    expect(adapted(ask({ messages: [user, change] }), 'claude-haiku-4-5').notServable).toBe('tool_changes_in_messages')
  })
})

describe('a limit of money', () => {
  it('lowers max_tokens, also for the model asked for', () => {
    const result = adapted(ask({}), 'claude-opus-5-5', { maxOutputTokens: 5000 })
    expect(result.text).toBe(JSON.stringify(ask({ max_tokens: 5000 })))
    expect(result.adaptations).toEqual(['max_tokens:32000->5000'])
    expect(adapted(ask({ max_tokens: 4000 }), 'claude-opus-5-5', { maxOutputTokens: 5000 }).edits).toEqual([])
  })

  it.each([
    [
      'asked for',
      'claude-sonnet-4-6',
      { model: 'claude-sonnet-4-6', thinking: { type: 'enabled', budget_tokens: 16_000 } },
    ],
    ['made from adaptive', 'claude-haiku-4-5', { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }],
  ])('never goes to or below a thinking budget %s', (_name, model, fields) => {
    const budget = 16_000
    expect(adapted(ask(fields), model, { maxOutputTokens: budget }).notServable).toBe('budget_below_thinking')
    const enough = adapted(ask(fields), model, { maxOutputTokens: budget + 1 })
    expect(enough.notServable).toBeNull()
    expect(enough.body).toMatchObject({ max_tokens: budget + 1, thinking: { budget_tokens: budget } })
  })
})

const shared = process.env['HEADGATE_SHARED'] ?? '../shared'
const FILES = ['claude-code', 'claude-code-tui', 'claude-code.subagent', 'opencode.anthropic', 'sdk-anthropic']

interface Recorded {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body?: Json
}

function recorded(file: string): Recorded[] {
  const lines = readFileSync(join(shared, 'fixtures', `${file}.jsonl`), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Recorded).filter(({ body }) => Array.isArray(body?.['messages']))
}

/** Every text a model reads, so that none can get lost. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(texts)
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : []
}

describe.skipIf(!existsSync(join(shared, 'fixtures')))('requests of real clients (needs ../shared/fixtures)', () => {
  it('would be rejected as they come: the rules they are held against bite', () => {
    const [first] = recorded('claude-code')
    expect(complaints('claude-haiku-4-5', first?.body ?? {}, first?.headers ?? {})).toEqual([
      'thinking adaptive is not supported',
      'max_tokens',
      'effort',
      'beta per-turn-control-2026-07-01',
      'beta mid-conversation-tool-changes-2026-07-01',
      'beta effort-2025-11-24',
      'role system',
      'message output_config',
      'message effort',
    ])
  })

  it.each(FILES.flatMap((file) => MODELS.map((model) => [file, model] as const)))('%s served by %s', (file, model) => {
    const requests = recorded(file)
    expect(requests.length).toBeGreaterThan(0)
    for (const { headers, body = {} } of requests) {
      const text = JSON.stringify(body)
      const result = adapted(text, model, { headers })
      expect(complaints(model, result.body, result.sentHeaders)).toEqual([])
      expect(result.notServable).toBeNull()
      for (const name of ['system', 'tools', 'metadata', 'stream', 'tool_choice']) {
        expect(JSON.stringify(result.body[name])).toBe(JSON.stringify(body[name]))
      }
      const sent = texts(result.body['messages']).join('\n')
      for (const said of texts((body['messages'] as Json[]).map((message) => message['content']))) {
        expect(sent.includes(said)).toBe(true)
      }
      if (body['model'] === model) expect(complaints(model, body, headers)).toEqual([])
    }
  })
})

const effort = fc.constantFrom('low', 'medium', 'high', 'xhigh', 'max')
const thinking = fc.oneof(
  fc.constantFrom(
    { type: 'adaptive' },
    { type: 'disabled' },
    { type: 'between_tools' },
    { type: 'adaptive', display: 'summarized' },
  ),
  fc.integer({ min: 1024, max: 120_000 }).map((budget_tokens) => ({ type: 'enabled', budget_tokens })),
)
const content = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.array(fc.record({ type: fc.constant('text'), text: fc.string() }), { minLength: 1 }),
)
const message = fc.oneof(
  fc.record({ role: fc.constantFrom('user', 'assistant'), content }),
  fc.record(
    { role: fc.constant('system'), content, output_config: fc.record({ effort }) },
    { requiredKeys: ['role', 'content'] },
  ),
  fc.record({ role: fc.constant('system'), output_config: fc.record({ effort }) }),
)
const request = fc.record(
  {
    model: fc.constant('claude-fable-5-2'),
    max_tokens: fc.integer({ min: 1, max: 200_000 }),
    messages: fc.array(message, { minLength: 1 }).map((list) => [user, ...list.slice(1)]),
    thinking,
    output_config: fc.record({ effort, format: fc.constant({ type: 'json_schema' }) }, { requiredKeys: [] }),
    temperature: fc.double({ min: 0, max: 1 }),
    top_p: fc.double({ min: 0, max: 1 }),
    context_management: fc.constantFrom({ edits: [{ type: 'clear_thinking_20251015' }] }, { edits: [] }),
  },
  { requiredKeys: ['model', 'max_tokens', 'messages'] },
)
const version = fc.constantFrom('2023-06-01', '2026-10-21')
const betas = fc.subarray([
  'effort-2025-11-24',
  'per-turn-control-2026-07-01',
  'mid-conversation-tool-changes-2026-07-01',
  'x-2025-01-01',
])

describe('any request, any model', () => {
  it('draws no 400 and comes out the same every time', () => {
    fc.assert(
      fc.property(request, fc.constantFrom(...MODELS), version, betas, (body, model, apiVersion, list) => {
        const headers = { 'anthropic-version': apiVersion, 'anthropic-beta': list.join(',') }
        const first = adapted(body, model, { headers })
        expect(complaints(model, first.body, first.sentHeaders)).toEqual([])
        expect(first.sentHeaders['anthropic-beta']?.includes('x-2025-01-01') ?? false).toBe(
          list.includes('x-2025-01-01'),
        )
        expect(adapted(body, model, { headers })).toEqual(first)
      }),
      { numRuns: 1500 },
    )
  })
})
