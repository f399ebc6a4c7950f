import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/chat/json-value.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import {
  answerContext,
  readChatRequest,
  translateAnswer,
  translateError,
  whyNotTranslatable,
  writeChatRequest,
} from '../../../src/core/dialects/translation.ts'
import { strictProvider } from '../../dialects/scripted-provider.ts'
import { contextFor } from '../../dialects/wire-stream.ts'

const MESSAGES = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] }
const RESPONSES = { model: 'm', input: 'Hello' }

function why(body: JsonObject, from: DialectName, to: DialectName): string | null {
  return whyNotTranslatable(readChatRequest(body, from), to)
}

function warningsOf(body: JsonObject, from: DialectName, to: DialectName): readonly string[] {
  return writeChatRequest(readChatRequest(body, from), to, { maxOutputTokens: 1000 }).warnings
}

const [A, C, R] = ['anthropic-messages', 'openai-chat-completions', 'openai-responses'] as const

const userWith = (part: JsonObject) => ({ role: 'user', content: [part] })

describe('whyNotTranslatable', () => {
  const file = { type: 'file', file: { file_id: 'file-1' } }
  const cases: readonly (readonly [string, JsonObject, DialectName, DialectName, string])[] = [
    ['a state kept by the provider', { ...RESPONSES, previous_response_id: 'resp_1' }, R, A, 'previous_response_id'],
    ['a stored conversation', { ...RESPONSES, conversation: 'conv_1' }, R, C, 'conversation'],
    ['work in the background', { ...RESPONSES, background: true }, R, A, 'background'],
    ['an item by reference', { model: 'm', input: [{ type: 'item_reference', id: 'i' }] }, R, A, 'item_reference'],
    [
      'a compacted history',
      { model: 'm', input: [{ type: 'compaction', encrypted_content: 'x' }] },
      R,
      C,
      'compaction',
    ],
    ['files of the provider', { ...RESPONSES, tools: [{ type: 'file_search' }] }, R, A, 'tool:file_search'],
    ['a forced tool of the provider', { ...RESPONSES, tool_choice: { type: 'web_search' } }, R, A, 'tool_choice'],
    ['several answers', { ...CHAT, n: 2 }, C, A, 'n'],
    ['sound', { ...CHAT, messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, C, R, 'input_audio'],
    ['a file of the provider', { ...CHAT, messages: [{ role: 'user', content: [file] }] }, C, A, 'file'],
    [
      'a document elsewhere',
      { ...RESPONSES, input: [userWith({ type: 'input_file', file_url: 'https://x.y/a.pdf' })] },
      R,
      C,
      'document_url',
    ],
    [
      'a document of another kind',
      { ...RESPONSES, input: [userWith({ type: 'input_file', file_data: 'data:text/csv;base64,eA==' })] },
      R,
      A,
      'document_type',
    ],
    ['a blank stop sequence', { ...CHAT, stop: ['\n\n'] }, C, A, 'stop_sequences'],
    ['stop sequences', { ...CHAT, stop: 'END' }, C, R, 'stop_sequences'],
    ['five stop sequences', { ...MESSAGES, stop_sequences: ['a', 'b', 'c', 'd', 'e'] }, A, C, 'stop_sequences'],
    ['a message thread', { ...MESSAGES, thread: { type: 'create' } }, A, R, 'thread'],
    ['a container', { ...MESSAGES, container: 'c' }, A, C, 'container'],
    [
      'a tool with a schema of the provider',
      { ...MESSAGES, tools: [{ type: 'bash_20250124', name: 'bash' }] },
      A,
      C,
      'tool:bash_20250124',
    ],
    [
      'an answer begun',
      { ...MESSAGES, messages: [...MESSAGES.messages, { role: 'assistant', content: '{' }] },
      A,
      C,
      'prefill',
    ],
    ['a warm-up', { ...MESSAGES, max_tokens: 0 }, A, R, 'max_tokens_0'],
  ]

  it.each(cases)('refuses %s', (_name, body, from, to, reason) => {
    expect(why(body, from, to)).toBe(reason)
    expect(why(body, from, from)).toBeNull()
  })

  const fine: readonly (readonly [string, JsonObject, DialectName, DialectName, readonly string[]])[] = [
    ['nothing special', CHAT, C, A, []],
    ['what holds anyway', { ...CHAT, n: 1, logprobs: false, presence_penalty: 0, modalities: ['text'] }, C, A, []],
    ['storing', { ...RESPONSES, store: true, include: ['x'], client_metadata: {} }, R, A, []],
    [
      'what an agent can do without',
      { ...RESPONSES, tools: [{ type: 'web_search' }] },
      R,
      A,
      ['tool:web_search:dropped'],
    ],
    [
      'odds and ends',
      { ...CHAT, seed: 1, logprobs: true, logit_bias: { 1: 2 } },
      C,
      R,
      ['seed:dropped', 'logprobs:dropped', 'logit_bias:dropped'],
    ],
    ['a service level', { ...CHAT, service_tier: 'flex' }, C, A, ['service_tier:dropped']],
    ['sampling of one dialect', { ...MESSAGES, top_k: 5 }, A, C, ['top_k:dropped']],
    ['a field nobody knows yet', { ...MESSAGES, brand_new: 1 }, A, R, ['brand_new:dropped']],
  ]

  it.each(fine)('carries %s, and names what it loses', (_name, body, from, to, warnings) => {
    expect(why(body, from, to)).toBeNull()
    expect(warningsOf(body, from, to)).toEqual(warnings)
  })
})

const judge = strictProvider()

describe('writeChatRequest', () => {
  it('can be adapted even to the model it names', async () => {
    const body = { ...MESSAGES, model: 'gpt-5.5', output_config: { effort: 'max' } }
    const written = writeChatRequest(readChatRequest(body, A), C, { maxOutputTokens: 1000 }).body
    expect(written).toMatchObject({ model: 'gpt-5.5', reasoning_effort: 'max' })
    expect(await judge.send(written, C, 'gpt-5.5')).toMatchObject({ status: 200 })
  })
})

describe('tools brought in by an item of the input', () => {
  it('are tools like all others to another dialect', () => {
    const item = { type: 'additional_tools', role: 'developer', tools: [{ type: 'custom', name: 'exec' }] }
    const body = { model: 'm', input: [item, { role: 'user', content: 'Hi' }] }
    const { body: written, warnings } = writeChatRequest(readChatRequest(body, R), C, { maxOutputTokens: 9 })
    expect(written['tools']).toMatchObject([{ type: 'function', function: { name: 'exec' } }])
    expect(written['messages']).toEqual([{ role: 'user', content: 'Hi' }])
    expect(warnings).toEqual([])
  })
})

describe('readChatRequest', () => {
  it('refuses what is no conversation', () => {
    expect(() => readChatRequest([], A)).toThrow('not a JSON object')
    expect(() => readChatRequest({ messages: 'x' }, A)).toThrow('valid list')
    expect(() => readChatRequest({ messages: {} }, C)).toThrow('array')
    expect(() => readChatRequest(null, R)).toThrow('not a JSON object')
  })
})

describe('translateError', () => {
  it('tells a full context in the words a client compacts on', () => {
    const message =
      "This model's maximum context length is 128,000 tokens. However, your messages resulted in 150321 tokens."
    const body = { error: { message, type: 'invalid_request_error', code: 'context_length_exceeded' } }
    const there = translateError({ status: 400, body }, { from: C, to: A }, 'req_1')
    expect(there).toMatchObject({
      status: 400,
      body: {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'prompt is too long: 150321 tokens > 128000 maximum' },
        request_id: 'req_1',
      },
    })
    const back = translateError({ status: 400, body: there.body }, { from: A, to: R }, 'req_1')
    expect(back).toMatchObject({ status: 400, body: { error: { code: 'context_length_exceeded' } } })
  })

  it('reads an error that is no envelope by its status', () => {
    expect(translateError({ status: 529, body: null }, { from: A, to: C }, 'r')).toMatchObject({ status: 503 })
    expect(translateError({ status: 418, body: '<html>' }, { from: C, to: A }, 'r')).toMatchObject({ status: 400 })
    expect(translateError({ status: 502, body: {} }, { from: R, to: A }, 'r')).toMatchObject({ status: 500 })
  })
})

describe('translateAnswer', () => {
  it('finds the error in an answer that came with a status of success', () => {
    const body = { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'slow down' }, output: [] }
    expect(translateAnswer(body, { from: R, to: A }, contextFor())).toMatchObject({
      type: 'failed',
      status: 429,
      body: { error: { type: 'rate_limit_error', message: 'slow down' } },
    })
    expect(translateAnswer({ error: { message: 'no' } }, { from: C, to: A }, contextFor()).type).toBe('failed')
  })

  it('gives calls back as the client offered its tools', () => {
    const long = `mcp__${'server'.repeat(12)}__read`
    const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: x' }
    const client = {
      ...RESPONSES,
      tools: [
        { type: 'custom', name: 'apply_patch', description: 'Patches.', format: grammar },
        { type: 'namespace', name: 'agents', description: 'Agents.', tools: [{ type: 'function', name: 'spawn' }] },
        { type: 'function', name: long, parameters: { type: 'object' } },
      ],
    }
    const request = readChatRequest(client, R)
    const { body } = writeChatRequest(request, A, { maxOutputTokens: 9 })
    const offered = (body['tools'] as { name: string; input_schema: unknown }[]).map((tool) => tool.name)
    expect(offered.slice(0, 2)).toEqual(['apply_patch', 'agents__spawn'])
    expect(offered[2]).toHaveLength(64)
    const content = offered.map((name, at) => ({ type: 'tool_use', id: `toolu_${at}`, name, input: { input: 'x' } }))
    const answer = { id: 'msg_1', model: 'c', role: 'assistant', content, stop_reason: 'tool_use', usage: {} }
    const context = answerContext(request, client, { model: null, fallbackId: 'r', now: 0 })
    expect(translateAnswer(answer, { from: A, to: R }, context).body['output']).toMatchObject([
      { type: 'custom_tool_call', name: 'apply_patch', input: 'x', call_id: 'toolu_0' },
      { type: 'function_call', name: 'spawn', namespace: 'agents', arguments: '{"input":"x"}' },
      { type: 'function_call', name: long },
    ])
  })
})
