/**
 * One answer of each provider with everything in it that its API documents: thinking between calls, parallel calls that
 * grow in turns, refusals, empty deltas, server tools, pings, comments, events nobody knows yet, usage at the end alone.
 */
import type { DialectName } from '../../src/core/dialects/dialect.ts'

interface Typed {
  readonly type: string
  readonly [field: string]: unknown
}

export interface ToldStream {
  readonly dialect: DialectName
  readonly name: string
  readonly events: readonly string[]
  /** What of it every client gets. */
  readonly text: string
  /** Names and inputs of the calls the client is to make, in order. */
  readonly calls: readonly (readonly [name: string, input: object])[]
  readonly outputTokens: number
}

const named = (data: Typed): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const bare = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`

const block = (index: number, content: object, deltas: readonly object[]): string[] => [
  named({ type: 'content_block_start', index, content_block: content }),
  ...deltas.map((delta) => named({ type: 'content_block_delta', index, delta })),
  named({ type: 'content_block_stop', index }),
]
const thinking = (index: number, words: readonly string[]): string[] =>
  block(index, { type: 'thinking', thinking: '', signature: '' }, [
    ...words.map((said) => ({ type: 'thinking_delta', thinking: said })),
    { type: 'signature_delta', signature: `c2ln${index}` },
  ])
const toolUse = (index: number, id: string, pieces: readonly string[]): string[] =>
  block(
    index,
    { type: 'tool_use', id, name: 'read', input: {} },
    pieces.map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
  )

const ANTHROPIC: ToldStream = {
  dialect: 'anthropic-messages',
  name: 'interleaved thinking, a server tool, citations, parallel calls',
  events: [
    named({
      type: 'message_start',
      message: {
        id: 'msg_01',
        type: 'message',
        role: 'assistant',
        model: 'claude-opus-5-5',
        content: [],
        stop_reason: null,
        usage: { input_tokens: 0, output_tokens: 0 },
      },
    }),
    named({ type: 'ping' }),
    ...thinking(0, ['Überlegen ', '', '🌲']),
    ...block(1, { type: 'redacted_thinking', data: 'b3BhcXVl' }, []),
    ...block(2, { type: 'text', text: '' }, [
      { type: 'text_delta', text: '' },
      { type: 'text_delta', text: 'Let me see: data: [DONE]\n\n' },
      { type: 'citations_delta', citation: { type: 'char_location', cited_text: 'x', document_index: 0 } },
    ]),
    ...block(3, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }, [
      { type: 'input_json_delta', partial_json: '{"query":"x"}' },
    ]),
    ...block(4, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] }, []),
    ...thinking(5, ['Now I know.']),
    ...toolUse(6, 'toolu_1', ['', '{"pa', 'th":"a\\n\\"é"}']),
    ...thinking(7, []),
    ': a comment\n\n',
    ...toolUse(8, 'toolu_2', []),
    named({ type: 'brand_new_event', what: { nobody: 'knows' } }),
    named({
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { input_tokens: 40, cache_read_input_tokens: 1000, cache_creation_input_tokens: 0, output_tokens: 77 },
    }),
    named({ type: 'message_stop' }),
  ],
  text: 'Letmesee:data:[DONE]',
  calls: [
    ['read', { path: 'a\n"é' }],
    ['read', {}],
  ],
  outputTokens: 77,
}

const chunk = (fields: object): string =>
  bare({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4.1', ...fields })
const choice = (delta: object, finish: string | null = null): string =>
  chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage: null })
const called = (...calls: object[]): string => choice({ tool_calls: calls })

const CHAT: ToldStream = {
  dialect: 'openai-chat-completions',
  name: 'reasoning, empty deltas, calls that grow in turns, usage at the end',
  events: [
    chunk({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] }),
    ': OPENROUTER PROCESSING\n\n',
    choice({ role: 'assistant', content: '', refusal: null }),
    choice({ reasoning_content: 'Hm ' }),
    choice({ reasoning: '🌲' }),
    choice({}),
    choice({ content: 'Let me see' }),
    choice({ content: '' }),
    choice({ content: ': "data: {}"\n\n' }),
    called({ index: 0, id: 'call_1', type: 'function', function: { name: 'read', arguments: '' } }),
    called({ index: 1, id: 'call_2', type: 'function', function: { name: 'read', arguments: '' } }),
    called({ index: 0, function: { arguments: '{"pa' } }, { index: 1, function: { arguments: '{' } }),
    called({ index: 0, function: { arguments: 'th":"a\\n\\"é"}' } }),
    called({ index: 1, function: { arguments: '}' } }),
    choice({}, 'tool_calls'),
    chunk({ choices: [], usage: { prompt_tokens: 1040, completion_tokens: 77, total_tokens: 1117 } }),
    'data: [DONE]\n\n',
  ],
  text: 'Letmesee:"data:{}"',
  calls: ANTHROPIC.calls,
  outputTokens: 77,
}

/** Numbers the events as the API does. */
function numbered(events: readonly Typed[]): string[] {
  return events.map((event, at) => named({ ...event, sequence_number: at }))
}

const response = (fields: object): object => ({
  id: 'resp_1',
  object: 'response',
  model: 'gpt-5.5',
  output: [],
  ...fields,
})
const usage = {
  input_tokens: 1040,
  input_tokens_details: { cached_tokens: 1000 },
  output_tokens: 77,
  output_tokens_details: { reasoning_tokens: 9 },
  total_tokens: 1117,
}
const reasoning = (id: string) => ({
  type: 'reasoning',
  id,
  encrypted_content: 'b3BhcXVl',
  summary: [{ type: 'summary_text', text: 'Hm 🌲' }],
})
const functionCall = (id: string, args: string) => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name: 'read',
  arguments: args,
  status: 'completed',
})
const message = (content: object) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [content],
})
const SAID = 'Let me see: "data: {}"\n\n'
const ITEMS = [
  reasoning('rs_1'),
  message({ type: 'output_text', text: SAID, annotations: [] }),
  { type: 'web_search_call', id: 'ws_1', status: 'completed' },
  reasoning('rs_2'),
  functionCall('call_1', '{"path":"a\\n\\"é"}'),
  functionCall('call_2', '{}'),
]

const thought = (at: number): Typed[] => {
  const place = { item_id: `rs_${at === 0 ? 1 : 2}`, output_index: at, summary_index: 0 }
  const part = { type: 'summary_text', text: '' }
  return [
    { type: 'response.output_item.added', output_index: at, item: { ...reasoning(place.item_id), summary: [] } },
    { type: 'response.reasoning_summary_part.added', ...place, part },
    { type: 'response.reasoning_summary_text.delta', ...place, delta: 'Hm ' },
    { type: 'response.reasoning_summary_text.delta', ...place, delta: '🌲' },
    { type: 'response.reasoning_summary_text.done', ...place, text: 'Hm 🌲' },
    { type: 'response.reasoning_summary_part.done', ...place, part: { ...part, text: 'Hm 🌲' } },
    { type: 'response.output_item.done', output_index: at, item: ITEMS[at] },
  ]
}

const opened = (at: number): Typed => ({
  type: 'response.output_item.added',
  output_index: at,
  item: { ...ITEMS[at], arguments: '', status: 'in_progress' },
})
const grown = (at: number, delta: string): Typed => ({
  type: 'response.function_call_arguments.delta',
  item_id: `fc_call_${at - 3}`,
  output_index: at,
  delta,
})
const closed = (at: number): Typed[] => [
  {
    type: 'response.function_call_arguments.done',
    output_index: at,
    arguments: (ITEMS[at] as { arguments: string }).arguments,
  },
  { type: 'response.output_item.done', output_index: at, item: ITEMS[at] },
]

const RESPONSES: ToldStream = {
  dialect: 'openai-responses',
  name: 'reasoning between calls, a search, calls that grow in turns, usage at the end',
  events: numbered([
    { type: 'response.created', response: response({ status: 'in_progress', usage: null }) },
    { type: 'response.in_progress', response: response({ status: 'in_progress', usage: null }) },
    ...thought(0),
    { type: 'response.output_item.added', output_index: 1, item: { ...ITEMS[1], status: 'in_progress', content: [] } },
    {
      type: 'response.content_part.added',
      item_id: 'msg_1',
      output_index: 1,
      content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] },
    },
    ...['', 'Let me see', ': "data: {}"\n\n'].map((delta) => ({
      type: 'response.output_text.delta',
      item_id: 'msg_1',
      output_index: 1,
      content_index: 0,
      delta,
    })),
    {
      type: 'response.output_text.annotation.added',
      item_id: 'msg_1',
      output_index: 1,
      content_index: 0,
      annotation_index: 0,
      annotation: { type: 'url_citation', url: 'https://example.com' },
    },
    { type: 'response.output_text.done', item_id: 'msg_1', output_index: 1, content_index: 0, text: SAID },
    {
      type: 'response.content_part.done',
      item_id: 'msg_1',
      output_index: 1,
      content_index: 0,
      part: { type: 'output_text', text: SAID, annotations: [] },
    },
    { type: 'response.output_item.done', output_index: 1, item: ITEMS[1] },
    { type: 'response.output_item.added', output_index: 2, item: { ...ITEMS[2], status: 'in_progress' } },
    { type: 'response.web_search_call.in_progress', item_id: 'ws_1', output_index: 2 },
    { type: 'response.web_search_call.searching', item_id: 'ws_1', output_index: 2 },
    { type: 'response.web_search_call.completed', item_id: 'ws_1', output_index: 2 },
    { type: 'response.output_item.done', output_index: 2, item: ITEMS[2] },
    ...thought(3),
    opened(4),
    opened(5),
    grown(4, '{"pa'),
    grown(5, '{'),
    { type: 'response.brand_new.event', what: 'nobody knows' },
    grown(4, 'th":"a\\n\\"é"}'),
    grown(5, '}'),
    ...closed(4),
    ...closed(5),
    { type: 'response.completed', response: response({ status: 'completed', output: ITEMS, usage }) },
  ]),
  text: 'Letmesee:"data:{}"',
  calls: ANTHROPIC.calls,
  outputTokens: 77,
}

/** A refusal in the words of the model, which the two OpenAI APIs stream apart from its text. */
const REFUSED_CHAT: ToldStream = {
  dialect: 'openai-chat-completions',
  name: 'a refusal, in pieces',
  events: [
    choice({ role: 'assistant', content: null, refusal: '' }),
    choice({ refusal: 'Not ' }),
    choice({ refusal: 'that.' }),
    choice({}, 'stop'),
    chunk({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 } }),
    'data: [DONE]\n\n',
  ],
  text: 'Notthat.',
  calls: [],
  outputTokens: 5,
}

const refusalPlace = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const refusalItem = message({ type: 'refusal', refusal: 'Not that.' })
const REFUSED_RESPONSES: ToldStream = {
  dialect: 'openai-responses',
  name: 'a refusal, in pieces',
  events: numbered([
    { type: 'response.created', response: response({ status: 'in_progress', usage: null }) },
    { type: 'response.output_item.added', output_index: 0, item: { ...refusalItem, content: [] } },
    { type: 'response.content_part.added', ...refusalPlace, part: { type: 'refusal', refusal: '' } },
    { type: 'response.refusal.delta', ...refusalPlace, delta: 'Not ' },
    { type: 'response.refusal.delta', ...refusalPlace, delta: 'that.' },
    { type: 'response.refusal.done', ...refusalPlace, refusal: 'Not that.' },
    { type: 'response.content_part.done', ...refusalPlace, part: { type: 'refusal', refusal: 'Not that.' } },
    { type: 'response.output_item.done', output_index: 0, item: refusalItem },
    {
      type: 'response.completed',
      response: response({ status: 'completed', output: [refusalItem], usage: { ...usage, output_tokens: 5 } }),
    },
  ]),
  text: 'Notthat.',
  calls: [],
  outputTokens: 5,
}

export const EVERY_EVENT: readonly ToldStream[] = [ANTHROPIC, CHAT, RESPONSES, REFUSED_CHAT, REFUSED_RESPONSES]
