/** Streams as the three dialects write them, made from event objects, with the usage each must be read as. */
import type { Usage } from '../../../src/core/chat/usage.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import type { StreamReading } from '../../../src/core/metering/stream-reading.ts'

export interface RecordedStream {
  readonly name: string
  readonly dialect: DialectName
  /** Each piece is one event, its empty line included. */
  readonly events: readonly string[]
  readonly expected: Partial<StreamReading>
}

interface Typed {
  readonly type: string
  readonly [field: string]: unknown
}

const named = (data: Typed): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const crlf = (event: string): string => event.replaceAll('\n', '\r\n')
const bare = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`

const usage = (counts: Partial<Usage>): Usage => ({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteShortTokens: 0,
  cacheWriteLongTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  ...counts,
})

// Anthropic Messages

const messageStart = (counts: object): string =>
  named({
    type: 'message_start',
    message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-opus-5-5', content: [], usage: counts },
  })
const blockStart = (index: number, block: object): string =>
  named({ type: 'content_block_start', index, content_block: block })
const delta = (index: number, body: object): string => named({ type: 'content_block_delta', index, delta: body })
const blockStop = (index: number): string => named({ type: 'content_block_stop', index })
const messageDelta = (stopReason: string | null, counts: object, more: object = {}): string =>
  named({ type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null, ...more }, usage: counts })
const messageStop = named({ type: 'message_stop' })
const ping = named({ type: 'ping' })

const CACHED = {
  input_tokens: 12,
  cache_creation_input_tokens: 700,
  cache_read_input_tokens: 41_000,
  cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 200 },
  output_tokens: 1,
}
const CACHED_USAGE = usage({
  inputTokens: 12,
  cacheReadTokens: 41_000,
  cacheWriteShortTokens: 500,
  cacheWriteLongTokens: 200,
})

const anthropic: RecordedStream[] = [
  {
    name: 'interleaved thinking, parallel tools, pings, escapes and text outside ASCII',
    dialect: 'anthropic-messages',
    events: [
      messageStart(CACHED),
      ping,
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Überlegen: "message_delta" \\ usage' }),
      delta(0, { type: 'signature_delta', signature: 'c2ln' }),
      blockStop(0),
      blockStart(1, { type: 'text', text: '' }),
      delta(1, { type: 'text_delta', text: '' }),
      delta(1, { type: 'text_delta', text: 'data: {"type":"message_stop"}\n\nevent: error\n\n 🌲' }),
      blockStop(1),
      blockStart(2, { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} }),
      delta(2, { type: 'input_json_delta', partial_json: '{"path":"' }),
      ': keep-alive\n\n',
      delta(2, { type: 'input_json_delta', partial_json: 'a.ts"}' }),
      blockStop(2),
      blockStart(3, { type: 'tool_use', id: 'toolu_2', name: 'Bash', input: {} }),
      blockStop(3),
      messageDelta('tool_use', { output_tokens: 310, output_tokens_details: { thinking_tokens: 120 } }),
      messageStop,
    ],
    expected: {
      usage: { ...CACHED_USAGE, outputTokens: 310, reasoningTokens: 120 },
      usageKnown: 'final',
      stopReason: 'tool_use',
      ending: 'complete',
      toolCalls: ['Read', 'Bash'],
      model: 'claude-opus-5-5',
      responseId: 'msg_1',
      events: 18,
    },
  },
  {
    name: 'a refusal',
    dialect: 'anthropic-messages',
    events: [
      messageStart({ input_tokens: 90, output_tokens: 3 }),
      messageDelta('refusal', { output_tokens: 3 }, { stop_details: { type: 'refusal', category: 'cyber' } }),
      messageStop,
    ],
    expected: {
      usage: usage({ inputTokens: 90, outputTokens: 3 }),
      stopReason: 'refusal',
      ending: 'complete',
      toolCalls: [],
      outputBytes: 0,
    },
  },
  {
    name: 'pause_turn with server tools, input grown on the way',
    dialect: 'anthropic-messages',
    events: [
      messageStart({ input_tokens: 100, output_tokens: 1, cache_read_input_tokens: 0 }),
      blockStart(0, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
      blockStop(0),
      blockStart(1, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ type: 'x', name: 'y' }] }),
      blockStop(1),
      messageDelta('pause_turn', {
        input_tokens: 2100,
        cache_read_input_tokens: 400,
        cache_creation_input_tokens: 0,
        output_tokens: 60,
        server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
      }),
      messageStop,
    ],
    expected: {
      usage: usage({ inputTokens: 2100, cacheReadTokens: 400, outputTokens: 60 }),
      stopReason: 'pause_turn',
      serverToolCalls: 3,
      toolCalls: [],
      ending: 'complete',
    },
  },
  {
    name: 'a proxy that tells the prompt only at the end, CRLF, keys in another order',
    dialect: 'anthropic-messages',
    events: [
      messageStart({ input_tokens: 0, output_tokens: 0 }),
      `event: content_block_delta\ndata: {"index":0,"delta":{"text":"four","type":"text_delta"},"type":"content_block_delta"}\n\n`,
      messageDelta('end_turn', { input_tokens: 50, cache_read_input_tokens: 1000, output_tokens: 7 }),
      messageStop,
    ].map(crlf),
    expected: {
      usage: usage({ inputTokens: 50, cacheReadTokens: 1000, outputTokens: 7 }),
      outputBytes: 4,
      ending: 'complete',
    },
  },
  {
    name: 'an error in mid-stream',
    dialect: 'anthropic-messages',
    events: [
      messageStart(CACHED),
      blockStart(0, { type: 'text', text: '' }),
      delta(0, { type: 'text_delta', text: 'abcd' }),
      named({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
    ],
    expected: {
      usage: { ...CACHED_USAGE, outputTokens: 1 },
      usageKnown: 'prompt',
      ending: 'error',
      errorType: 'overloaded_error',
      outputBytes: 4,
      stopReason: null,
    },
  },
]

// OpenAI Chat Completions

const chunk = (fields: object): string =>
  bare({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4.1-nano-2025-04-14', ...fields })
const choice = (body: object, finish: string | null = null): string =>
  chunk({ choices: [{ index: 0, delta: body, logprobs: null, finish_reason: finish }], usage: null })
const done = 'data: [DONE]\n\n'

const usageChunk = chunk({
  choices: [],
  usage: {
    prompt_tokens: 3000,
    completion_tokens: 200,
    total_tokens: 3200,
    prompt_tokens_details: { cached_tokens: 2048, cache_write_tokens: 512 },
    completion_tokens_details: { reasoning_tokens: 128 },
  },
})
const CHAT_USAGE = usage({
  inputTokens: 440,
  cacheReadTokens: 2048,
  cacheWriteShortTokens: 512,
  outputTokens: 200,
  reasoningTokens: 128,
})

const toolDelta = (index: number, call: object): string => choice({ tool_calls: [{ index, ...call }] })

const chat: RecordedStream[] = [
  {
    name: 'text, then usage without choices',
    dialect: 'openai-chat-completions',
    events: [
      chunk({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] }),
      choice({ role: 'assistant', content: '' }),
      choice({ content: '"finish_reason":"stop","usage":{"prompt_tokens":9} é' }),
      choice({ content: 'x' }),
      choice({}, 'stop'),
      usageChunk,
      done,
    ],
    expected: {
      usage: CHAT_USAGE,
      usageKnown: 'final',
      stopReason: 'stop',
      ending: 'complete',
      model: 'gpt-4.1-nano-2025-04-14',
      responseId: 'chatcmpl-1',
      toolCalls: [],
    },
  },
  {
    name: 'parallel tools in CRLF, with keep-alive comments',
    dialect: 'openai-chat-completions',
    events: [
      ': OPENROUTER PROCESSING\n\n',
      toolDelta(0, { id: 'call_1', type: 'function', function: { name: 'read', arguments: '' } }),
      toolDelta(0, { function: { arguments: '{"path":"a"}' } }),
      toolDelta(1, { id: 'call_2', type: 'function', function: { name: 'write', arguments: '{}' } }),
      ': comment\n',
      choice({}, 'tool_calls'),
      usageChunk,
      done,
    ].map(crlf),
    expected: {
      usage: CHAT_USAGE,
      stopReason: 'tool_calls',
      toolCalls: ['read', 'write'],
      ending: 'complete',
      // {\"path\":\"a\"} as it is escaped in the stream, and {}.
      outputBytes: 18,
    },
  },
  {
    name: 'usage together with the last choice, and no [DONE]',
    dialect: 'openai-chat-completions',
    events: [
      choice({ content: 'a' }),
      chunk({
        choices: [{ index: 0, delta: {}, finish_reason: 'length' }],
        usage: { prompt_tokens: 5, completion_tokens: 1, prompt_cache_hit_tokens: 3 },
      }),
    ],
    expected: {
      usage: usage({ inputTokens: 2, cacheReadTokens: 3, outputTokens: 1 }),
      stopReason: 'length',
      ending: 'complete',
    },
  },
  {
    name: 'an error object in mid-stream',
    dialect: 'openai-chat-completions',
    events: [choice({ content: 'abc' }), bare({ error: { message: 'no', type: 'server_error', code: null } })],
    expected: { usageKnown: 'none', ending: 'error', errorType: 'server_error', outputBytes: 3 },
  },
  {
    name: 'data over several lines',
    dialect: 'openai-chat-completions',
    events: [
      choice({ content: 'abc' }, 'content_filter'),
      'data: {"id":"chatcmpl-1","choices":[],\ndata:"usage":{"prompt_tokens":8,\ndata: "completion_tokens":2}}\n\n',
      done,
    ],
    expected: { usage: usage({ inputTokens: 8, outputTokens: 2 }), stopReason: 'content_filter', ending: 'complete' },
  },
]

// OpenAI Responses

const response = (fields: object): object => ({
  id: 'resp_1',
  object: 'response',
  model: 'gpt-6-luna',
  metadata: { usage: '"usage":{"input_tokens":1}', status: 'failed' },
  tools: [{ type: 'function', name: 'shell', parameters: { type: 'object' } }],
  ...fields,
})
const item = (type: string, fields: object): string => named({ type, sequence_number: 3, output_index: 0, ...fields })
const output = [{ type: 'message', content: [{ type: 'output_text', text: 'a "usage": {} \\" é' }] }]
const RESPONSES_COUNTS = {
  input_tokens: 5000,
  input_tokens_details: {
    cached_tokens: 4000,
    cache_write_tokens: 600,
    cache_write_tokens_details: { ttl_30m_tokens: 500, ttl_12h_tokens: 100 },
  },
  output_tokens: 90,
  output_tokens_details: { reasoning_tokens: 64 },
  total_tokens: 5090,
}
const RESPONSES_USAGE = usage({
  inputTokens: 400,
  cacheReadTokens: 4000,
  cacheWriteShortTokens: 500,
  cacheWriteLongTokens: 100,
  outputTokens: 90,
  reasoningTokens: 64,
})

const responses: RecordedStream[] = [
  {
    name: 'reasoning, text, function and custom tools',
    dialect: 'openai-responses',
    events: [
      item('response.created', { response: response({ status: 'in_progress', usage: null }) }),
      item('response.in_progress', { response: response({ status: 'in_progress', usage: null }) }),
      item('response.output_item.added', { item: { type: 'function_call', name: 'shell', arguments: '' } }),
      item('response.function_call_arguments.delta', { delta: '{"a":1}', obfuscation: 'xyz' }),
      item('response.function_call_arguments.done', { arguments: '{"a":1}' }),
      item('response.output_item.done', { item: { type: 'function_call', name: 'shell', arguments: '{"a":1}' } }),
      item('response.custom_tool_call_input.delta', { delta: '*** Begin' }),
      item('response.output_item.done', {
        item: { type: 'custom_tool_call', name: 'apply_patch', input: '*** Begin' },
      }),
      item('response.output_item.done', { item: { type: 'web_search_call', status: 'completed' } }),
      item('response.output_text.delta', { delta: 'hello' }),
      item('response.completed', { response: response({ status: 'completed', output, usage: RESPONSES_COUNTS }) }),
    ],
    expected: {
      usage: RESPONSES_USAGE,
      usageKnown: 'final',
      stopReason: 'completed',
      ending: 'complete',
      toolCalls: ['shell', 'apply_patch'],
      serverToolCalls: 1,
      model: 'gpt-6-luna',
      responseId: 'resp_1',
      // {\"a\":1} as escaped, *** Begin, hello.
      outputBytes: 11 - 2 + 9 + 5,
      events: 11,
    },
  },
  {
    name: 'an incomplete answer',
    dialect: 'openai-responses',
    events: [
      item('response.incomplete', {
        response: response({
          status: 'incomplete',
          incomplete_details: { reason: 'max_output_tokens' },
          usage: RESPONSES_COUNTS,
        }),
      }),
    ],
    expected: { usage: RESPONSES_USAGE, stopReason: 'max_output_tokens', ending: 'complete' },
  },
  {
    name: 'a failed answer',
    dialect: 'openai-responses',
    events: [
      item('response.created', { response: response({ status: 'in_progress' }) }),
      item('response.output_text.delta', { delta: 'hel' }),
      item('response.failed', {
        response: response({ status: 'failed', error: { code: 'server_error', message: 'x' }, usage: null }),
      }),
    ],
    expected: { ending: 'error', errorType: 'server_error', usageKnown: 'none', outputBytes: 3 },
  },
  {
    name: 'an error event',
    dialect: 'openai-responses',
    events: [named({ type: 'error', code: 'rate_limit_exceeded', message: 'x', param: null, sequence_number: 0 })],
    expected: { ending: 'error', errorType: 'rate_limit_exceeded', usageKnown: 'none' },
  },
]

export const STREAMS: readonly RecordedStream[] = [...anthropic, ...chat, ...responses]
