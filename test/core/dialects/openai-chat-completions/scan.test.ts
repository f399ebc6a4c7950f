import { describe, expect, test } from 'vitest'
import { scanChatCompletions } from '../../../../src/core/dialects/openai-chat-completions/scan.ts'
import type { RequestScan } from '../../../../src/core/dialects/request-scan.ts'
import { bodyOf } from '../body-of.ts'

function scan(fields: Record<string, unknown>): RequestScan {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields }
  return scanChatCompletions(bodyOf(JSON.stringify(body)))
}

const HISTORY = [
  { role: 'system', content: 'be brief' },
  { role: 'developer', content: [{ type: 'text', text: 'very' }] },
  { role: 'user', content: 'fix it' },
  {
    role: 'assistant',
    content: null,
    refusal: null,
    reasoning_content: 'hm',
    tool_calls: [
      { id: 'c1', type: 'function', function: { name: 'read', arguments: '{"p":"é"}' } },
      { id: 'c2', type: 'custom', custom: { name: 'apply_patch', input: '*** Begin' } },
    ],
  },
  { role: 'tool', tool_call_id: 'c1', content: 'text of é' },
  { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'done' }] },
]

describe('the conversation', () => {
  test('shapes, calls, results and the newest messages', () => {
    const found = scan({ messages: HISTORY })
    expect(
      found.messages.map(({ role, textBytes, toolCalls, toolResults }) => [role, textBytes, toolCalls, toolResults]),
    ).toEqual([
      ['system', 8, 0, 0],
      ['developer', 4, 0, 0],
      ['user', 6, 0, 0],
      ['assistant', 10 + 9, 2, 0],
      ['tool', 10, 0, 1],
      ['tool', 4, 0, 1],
    ])
    expect(found.lastAssistant).toBe(3)
    expect(found.lastAnswer?.blocks).toEqual([
      { type: 'thinking' },
      { type: 'tool-call', callId: 'c1', name: 'read', input: '{"p":"é"}' },
      { type: 'tool-call', callId: 'c2', name: 'apply_patch', input: '*** Begin' },
    ])
    expect(found.news.map(({ blocks }) => blocks[0])).toEqual([
      { type: 'tool-result', callId: 'c1', isError: false, text: 'text of é' },
      { type: 'tool-result', callId: 'c2', isError: false, text: 'done' },
    ])
  })

  test('instructions at its beginning are system as well, later ones are not', () => {
    const found = scan({ messages: HISTORY })
    expect(found.leadingInstructions).toBe(2)
    expect(found.systemBytes).toBe(12)
    expect(found.systemStart).toBe('be brief\nvery')
    expect(found.needs.systemInMessages).toBe(false)
    const later = scan({ messages: [...HISTORY, { role: 'developer', content: 'now' }] })
    expect(later.needs.systemInMessages).toBe(true)
    expect(later.staticHash).toBe(found.staticHash)
    expect(scan({ messages: HISTORY.slice(1) }).staticHash).not.toBe(found.staticHash)
  })

  test('a content that is a string equals one text part', () => {
    const parts = HISTORY.map((message) =>
      typeof message.content === 'string'
        ? { ...message, content: [{ type: 'text', text: message.content }] }
        : message,
    )
    expect(scan({ messages: parts }).prefixHashes).toEqual(scan({ messages: HISTORY }).prefixHashes)
  })

  test('images, files and audio', () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:' } },
      { type: 'file', file: {} },
      { type: 'input_audio', input_audio: {} },
    ]
    const found = scan({ messages: [{ role: 'user', content }] })
    expect(found.messages[0]).toMatchObject({ images: 1, documents: 2, textBytes: 0 })
    expect(found.needs).toMatchObject({ images: true, documents: true })
  })
})

describe('parameters', () => {
  test.each([
    [{ max_tokens: 5 }, { field: 'max_tokens', tokens: 5 }],
    [
      { max_completion_tokens: 6, max_tokens: 5 },
      { field: 'max_completion_tokens', tokens: 6 },
    ],
    [{ max_tokens: null }, null],
    [{}, null],
  ])('limit %j', (fields, limit) => {
    expect(scan(fields).outputLimit).toEqual(limit)
  })

  test.each([
    ['auto', 'default'],
    ['none', 'none'],
    ['required', 'forced'],
    [{ type: 'function', function: { name: 'f' } }, 'forced'],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } }, 'default'],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [] } }, 'forced'],
  ])('tool_choice %j', (tool_choice, expected) => {
    expect(scan({ tool_choice }).needs.toolChoice).toBe(expected)
  })

  test('reasoning effort, sampling, schema, identity, tool names', () => {
    const found = scan({
      reasoning_effort: 'high',
      top_p: 1,
      temperature: null,
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { properties: { title: {} } } } },
      user: 'u1',
      prompt_cache_key: 'k',
      metadata: { session_id: 's', n: 5 },
      tools: [
        { type: 'function', function: { parameters: { name: 'no' }, name: 'read' } },
        { type: 'custom', custom: { name: 'patch' } },
      ],
    })
    expect(found.needs).toMatchObject({
      thinking: { kind: 'effort-only' },
      effort: 'high',
      sampling: ['top_p'],
      jsonSchema: true,
    })
    expect(found.schemaProperties).toEqual(['title'])
    expect(found.identity).toEqual({ user: 'u1', prompt_cache_key: 'k', 'metadata.session_id': 's' })
    expect(found.toolNames).toEqual(['read', 'patch'])
  })

  test.each([
    ['{"messages":[{"role":"user","content":"a"}]}', "Missing required parameter: 'model'."],
    [
      '{"model":"m","messages":[]}',
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    ],
    ['{"model":"m","messages":"x"}', "Invalid type for 'messages': expected an array, but got a string instead."],
    [
      '{"model":"m","messages":[{"role":"user","content":"a"}],"stream":1}',
      "Invalid type for 'stream': expected a boolean, but got a number instead.",
    ],
    [
      '{"model":"m","messages":[{"role":"user","content":"a"}],"max_tokens":0}',
      "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ],
  ])('%s', (json, message) => {
    expect(() => scanChatCompletions(bodyOf(json))).toThrow(message)
  })

  test('a name that is longer than any is told to be too long', () => {
    const json = `{"model":"${'m'.repeat(1_000_000)}","messages":[{"role":"user","content":"a"}]}`
    expect(() => scanChatCompletions(bodyOf(json))).toThrow(
      "Invalid 'model': string too long. Expected a string with maximum length 262142, but got a string with length 1000000 instead.",
    )
  })
})
