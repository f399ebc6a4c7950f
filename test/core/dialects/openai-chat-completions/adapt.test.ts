import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Adaptation } from '../../../../src/core/dialects/adaptation.ts'
import { adaptRequest } from '../../../../src/core/dialects/openai-chat-completions/adapt.ts'
import { scanChatCompletions } from '../../../../src/core/dialects/openai-chat-completions/scan.ts'
import { applyEdits } from '../../../../src/core/dialects/passthrough.ts'
import type { ModelCapabilities } from '../../../../src/core/routing/capabilities.ts'
import { KNOWN_MODELS } from '../../../../src/core/routing/models.ts'
import { bodyOf } from '../body-of.ts'

type Json = Record<string, unknown>

function capabilitiesOf(id: string): ModelCapabilities {
  const model = KNOWN_MODELS.find((known) => known.id === id)
  if (model === undefined) throw new Error(`unknown model ${id}`)
  return model.capabilities
}

interface Options {
  readonly maxOutputTokens?: number
  readonly capabilities?: Partial<ModelCapabilities>
}

function adapted(
  request: Json | string,
  modelId: string,
  options: Options = {},
): Adaptation & { text: string; body: Json } {
  const source = bodyOf(typeof request === 'string' ? request : JSON.stringify(request))
  const capabilities = { ...capabilitiesOf(modelId), ...options.capabilities }
  const scan = scanChatCompletions(source)
  const adaptation = adaptRequest({
    scan,
    modelId,
    capabilities,
    headers: {},
    maxOutputTokens: options.maxOutputTokens ?? null,
  })
  const text = Buffer.from(applyEdits(source.bytes, adaptation.edits)).toString('utf8')
  return { ...adaptation, text, body: JSON.parse(text) as Json }
}

const messages = [{ role: 'user', content: 'hi' }]
const ask = (fields: Json): Json => ({ model: 'gpt-5.5', messages, ...fields })
const tools = [{ type: 'function', function: { name: 'a' } }]

describe('the usage chunk', () => {
  it.each([
    [
      'absent',
      '{"model":"gpt-5.5","stream":true,"messages":[{"role":"user","content":"a"}] }',
      '"content":"a"}],"stream_options":{"include_usage":true} }',
    ],
    [
      'beside another option',
      '{"model":"gpt-5.5","stream":true,"stream_options":{"include_obfuscation":false},"messages":[{"role":"user","content":"a"}]}',
      '"stream_options":{"include_obfuscation":false,"include_usage":true},',
    ],
    [
      'refused',
      '{"model":"gpt-5.5","stream":true,"stream_options":{"include_usage":false},"messages":[{"role":"user","content":"a"}]}',
      '"stream_options":{"include_usage":true},',
    ],
    [
      'null',
      '{"model":"gpt-5.5","stream":true,"stream_options":null,"messages":[{"role":"user","content":"a"}]}',
      '"stream_options":{"include_usage":true},',
    ],
  ])('is asked for where it is %s, also of the model asked for', (_name, request, expected) => {
    const result = adapted(request, 'gpt-5.5')
    expect(result.text).toContain(expected)
    expect(result.usageChunkAdded).toBe(true)
    expect(result.adaptations).toEqual(['usage_chunk:added'])
  })

  it('is left alone where the client asked for it, and without a stream', () => {
    const asked = ask({ stream: true, stream_options: { include_usage: true } })
    for (const request of [asked, ask({}), ask({ stream: false })]) {
      expect(adapted(request, 'gpt-5.5')).toMatchObject({ edits: [], usageChunkAdded: false })
    }
  })
})

describe('a request for another model', () => {
  it.each<[string, Json, string, Json, readonly string[]]>([
    [
      'the name of the limit',
      { max_tokens: 3000 },
      'gpt-6-luna',
      { max_completion_tokens: 3000 },
      ['limit_field:max_tokens->max_completion_tokens'],
    ],
    [
      'the name of the limit, the other way',
      { max_completion_tokens: 3000 },
      'gpt-4o',
      { max_tokens: 3000 },
      ['limit_field:max_completion_tokens->max_tokens'],
    ],
    [
      'name and height of the limit',
      { max_completion_tokens: 100_000 },
      'gpt-4o',
      { max_tokens: 16_384 },
      ['max_completion_tokens:100000->16384', 'limit_field:max_completion_tokens->max_tokens'],
    ],
    [
      'two limits',
      { max_tokens: 10, max_completion_tokens: 20 },
      'gpt-4.1',
      { max_tokens: 20 },
      ['limit_field:max_completion_tokens->max_tokens'],
    ],
    ['a limit of null', { max_tokens: null }, 'gpt-6-luna', {}, []],
    [
      'effort where there is none',
      { reasoning_effort: 'high', verbosity: 'low' },
      'gpt-4.1',
      {},
      ['verbosity:dropped', 'effort:dropped'],
    ],
    [
      'an effort below the lowest',
      { reasoning_effort: 'minimal' },
      'gpt-6.1-sol',
      { reasoning_effort: 'low' },
      ['effort:minimal->low'],
    ],
    [
      'an effort above the highest',
      { reasoning_effort: 'max' },
      'gpt-5',
      { reasoning_effort: 'high' },
      ['effort:max->high'],
    ],
    [
      'tools that exclude reasoning',
      { tools, reasoning_effort: 'high' },
      'gpt-6-luna',
      { tools, reasoning_effort: 'none' },
      ['effort:high->none'],
    ],
    [
      'tools that exclude the default effort',
      { tools },
      'gpt-6-luna',
      { tools, reasoning_effort: 'none' },
      ['effort:default->none'],
    ],
    [
      'sampling',
      { temperature: 0.2, presence_penalty: 1, logprobs: true },
      'gpt-6-luna',
      {},
      ['sampling:dropped(temperature,presence_penalty,logprobs)'],
    ],
    ['nothing', { temperature: 0.2 }, 'gpt-4.1', { temperature: 0.2 }, []],
  ])('%s', (_name, fields, model, expected, codes) => {
    const result = adapted(ask(fields), model)
    expect(result.body).toEqual(ask({ ...expected, model }))
    expect(result.adaptations).toEqual(codes)
  })

  it('turns later instructions into reminders where the model takes them only first', () => {
    const first = { role: 'developer', content: 'rules' }
    const later = { role: 'system', content: [{ type: 'text', text: 'more' }] }
    const capabilities = { systemInMessages: false }
    const result = adapted(ask({ messages: [first, ...messages, later] }), 'gpt-4.1', { capabilities })
    const reminder = { role: 'user', content: [{ type: 'text', text: '<system-reminder>\nmore\n</system-reminder>' }] }
    expect(result.body['messages']).toEqual([first, ...messages, reminder])
    expect(result.adaptations).toEqual(['system_messages:as_user(1)'])
  })
})

describe('a limit of money', () => {
  it('sets a limit where the client set none, under the name the model knows', () => {
    expect(adapted(ask({}), 'gpt-5.5', { maxOutputTokens: 700 }).body).toEqual(ask({ max_completion_tokens: 700 }))
    expect(adapted(ask({ model: 'gpt-4o' }), 'gpt-4o', { maxOutputTokens: 700 }).body).toMatchObject({
      max_tokens: 700,
    })
  })

  it('lowers the limit a rerouted client set', () => {
    const result = adapted(ask({ max_tokens: 5000 }), 'gpt-6-luna', { maxOutputTokens: 700 })
    expect(result.body).toEqual(ask({ model: 'gpt-6-luna', max_completion_tokens: 700 }))
  })
})

const request = fc.record(
  {
    model: fc.constant('somebody/else'),
    messages: fc.array(
      fc.record({ role: fc.constantFrom('system', 'developer', 'user', 'assistant'), content: fc.string() }),
      { minLength: 1 },
    ),
    stream: fc.boolean(),
    stream_options: fc.constantFrom(null, {}, { include_usage: false }, { include_usage: true }),
    max_tokens: fc.integer({ min: 1, max: 200_000 }),
    max_completion_tokens: fc.integer({ min: 1, max: 200_000 }),
    reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    temperature: fc.double({ min: 0, max: 2 }),
    tools: fc.constantFrom(tools, []),
    'x-unknown': fc.jsonValue(),
  },
  { requiredKeys: ['model', 'messages'] },
)
const model = fc.constantFrom(
  ...KNOWN_MODELS.filter(({ capabilities }) => capabilities.dialects.includes('openai-chat-completions')),
)

describe('any request, any model', () => {
  it('holds only what the model takes, the rest unchanged', () => {
    fc.assert(
      fc.property(request, model, (body, { id, capabilities }) => {
        const result = adapted(body, id)
        const sent = result.body
        const other = capabilities.outputLimitField === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
        expect(sent[other]).toBeUndefined()
        expect(Number(sent[capabilities.outputLimitField] ?? 1)).toBeLessThanOrEqual(capabilities.maxOutputTokens)
        const sentEffort = sent['reasoning_effort']
        if (sentEffort !== undefined) expect(capabilities.efforts).toContain(sentEffort)
        if (capabilities.chatToolsEffort !== null && (body.tools?.length ?? 0) > 0)
          expect(sentEffort).toBe(capabilities.chatToolsEffort)
        if (!capabilities.sampling) expect(sent['temperature']).toBeUndefined()
        expect(
          (sent['stream_options'] as Json | null | undefined)?.['include_usage'] === true || body.stream !== true,
        ).toBe(true)
        expect(sent['messages']).toEqual(body.messages)
        expect(sent['x-unknown']).toEqual(JSON.parse(JSON.stringify(body))['x-unknown'])
        expect(adapted(body, id)).toEqual(result)
      }),
      { numRuns: 500 },
    )
  })
})
