import { describe, expect, test } from 'vitest'
import { scanResponses } from '../../../../src/core/dialects/openai-responses/scan.ts'
import type { RequestScan } from '../../../../src/core/dialects/request-scan.ts'
import { bodyOf } from '../body-of.ts'

function scan(fields: Record<string, unknown>): RequestScan {
  return scanResponses(bodyOf(JSON.stringify({ model: 'm', input: 'hi', ...fields })))
}

const INPUT = [
  { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'rules' }] },
  { role: 'user', content: 'fix it' },
  { type: 'reasoning', id: 'r', summary: [], content: null, encrypted_content: 'abc' },
  {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'I look', annotations: [] }],
  },
  { type: 'function_call', call_id: 'c1', name: 'read', arguments: '{"a":1}' },
  { type: 'custom_tool_call', call_id: 'c2', name: 'apply_patch', input: '*** Begin', status: 'completed' },
  { type: 'function_call_output', call_id: 'c1', output: 'text' },
  {
    type: 'custom_tool_call_output',
    call_id: 'c2',
    output: [
      { type: 'input_text', text: 'done' },
      { type: 'input_image', image_url: 'data:' },
    ],
  },
]

describe('input', () => {
  test('a string is one message of the user', () => {
    const found = scan({ input: 'hi "you"' })
    expect(found.messages).toMatchObject([{ role: 'user', textBytes: 8 }])
    expect(found.news).toEqual([{ role: 'user', blocks: [{ type: 'text', text: 'hi "you"' }] }])
  })

  test("items are the assistant's, the tool's or the user's", () => {
    const found = scan({ input: INPUT, instructions: 'be brief' })
    expect(found.messages.map(({ role, textBytes }) => `${role} ${textBytes}`)).toEqual([
      'developer 5',
      'user 6',
      'assistant 0',
      'assistant 6',
      'assistant 7',
      'assistant 9',
      'tool 4',
      'tool 4',
    ])
    expect(found.lastAssistant).toBe(5)
    expect(found.lastAnswer?.blocks).toEqual([
      { type: 'thinking' },
      { type: 'text', text: 'I look' },
      { type: 'tool-call', callId: 'c1', name: 'read', input: '{"a":1}' },
      { type: 'tool-call', callId: 'c2', name: 'apply_patch', input: '*** Begin' },
    ])
    expect(found.news.flatMap(({ blocks }) => blocks)).toEqual([
      { type: 'tool-result', callId: 'c1', isError: false, text: 'text' },
      { type: 'tool-result', callId: 'c2', isError: false, text: 'done' },
    ])
    expect(found.systemBytes).toBe(8 + 5)
    expect(found.systemStart).toBe('be brief\nrules')
    expect(found.needs).toMatchObject({ signedThinking: true, images: true, systemInMessages: false, prefill: false })
  })

  test('the state an item was streamed in is no part of the conversation', () => {
    const bare = INPUT.map(({ status: _status, ...item }: Record<string, unknown>) => item)
    expect(scan({ input: bare }).prefixHashes).toEqual(scan({ input: INPUT }).prefixHashes)
  })

  test('it may be missing only where the provider keeps the conversation or the prompt', () => {
    expect(() => scanResponses(bodyOf('{"model":"m"}'))).toThrow("Missing required parameter: 'input'.")
    expect(scanResponses(bodyOf('{"model":"m","previous_response_id":"resp_1"}')).needs.providerState).toEqual({
      kind: 'answer',
      id: 'resp_1',
    })
    expect(scanResponses(bodyOf('{"model":"m","conversation":{"id":"conv_1"}}')).needs.providerState).toEqual({
      kind: 'conversation',
      id: 'conv_1',
    })
    expect(scanResponses(bodyOf('{"model":"m","prompt":{"id":"p"}}')).messages).toEqual([])
  })

  test('items that are only referred to are the answer of a model, and state of their provider', () => {
    const reference = { id: 'rs_1', type: 'item_reference' }
    const results = [{ type: 'function_call_output', call_id: 'call_1', output: 'done' }]
    const read = scan({ input: [{ role: 'user', content: 'Go' }, reference, { ...reference, id: 'fc_1' }, ...results] })
    expect(read.needs.providerState).toEqual({ kind: 'items', id: 'fc_1' })
    expect([read.lastAssistant, read.news.length]).toEqual([2, 1])
    const whole = scan({
      input: [
        { role: 'user', content: 'Go' },
        { id: 'msg_1', type: 'message', role: 'assistant', content: [] },
      ],
    })
    expect(whole.needs.providerState).toBeNull()
  })

  test('cache breakpoints are marks, without meaning', () => {
    const marked = [{ role: 'user', content: [{ type: 'input_text', text: 'fix it', prompt_cache_breakpoint: {} }] }]
    const found = scan({ input: marked })
    expect(found.cacheMarks).toBe(1)
    expect(found.tailMarked).toBe(true)
    expect(found.prefixHashes).toEqual(scan({ input: [{ role: 'user', content: 'fix it' }] }).prefixHashes)
  })

  test.each([
    [{ reasoning: { effort: 'none' } }, { kind: 'disabled' }],
    [{ reasoning: { effort: 'low', summary: 'auto' } }, { kind: 'effort-only' }],
    [{}, null],
  ])('%j', (fields, thinking) => {
    expect(scan(fields).needs.thinking).toEqual(thinking)
  })

  test('limits, schemas and tools', () => {
    const found = scan({
      max_output_tokens: 100,
      text: { format: { type: 'json_schema', name: 'x', schema: { properties: { title: {} } } } },
      tools: [{ type: 'function', name: 'read' }, { type: 'web_search' }, { type: 'custom', name: 'apply_patch' }],
      client_metadata: { session_id: 's', thread_id: 't' },
    })
    expect(found.outputLimit).toEqual({ field: 'max_output_tokens', tokens: 100 })
    expect(found.schemaProperties).toEqual(['title'])
    expect(found.needs.jsonSchema).toBe(true)
    expect(found.toolNames).toEqual(['read', 'web_search', 'apply_patch'])
    expect(found.identity).toEqual({ 'client_metadata.session_id': 's', 'client_metadata.thread_id': 't' })
  })
})
