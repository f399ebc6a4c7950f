/**
 * What metering costs: microseconds of one core per chunk of a stream, for each dialect, passing and removing.
 * Run: node test/bench/core-meter.ts. It prints a table and asserts nothing about absolute time.
 */
import type { DialectName } from '../../src/core/dialects/dialect.ts'
import { createStreamMeter, readAnswerUsage } from '../../src/core/metering/usage-meter.ts'

const DELTAS = 100
const ROUNDS = 2000
const text = 'and then the function returns early, '

const encode = (value: string): Uint8Array => new TextEncoder().encode(value)
const named = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
const times = (event: string): string[] => Array.from({ length: DELTAS }, () => event)

const chatChunk = (fields: object): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-6-luna', ...fields })}\n\n`
const response = {
  id: 'resp_1',
  status: 'completed',
  model: 'gpt-6-luna',
  tools: Array.from({ length: 20 }, () => ({ name: text.repeat(40) })),
}

const STREAMS: Readonly<Record<DialectName, readonly string[]>> = {
  'anthropic-messages': [
    named('message_start', { message: { id: 'msg_1', model: 'm', usage: { input_tokens: 9, output_tokens: 1 } } }),
    ...times(named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    named('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 900 } }),
    named('message_stop', {}),
  ],
  'openai-chat-completions': [
    ...times(chatChunk({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }], usage: null })),
    chatChunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    chatChunk({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 900 } }),
    'data: [DONE]\n\n',
  ],
  'openai-responses': [
    named('response.created', { response }),
    ...times(
      named('response.output_text.delta', { sequence_number: 4, item_id: 'msg_1', output_index: 0, delta: text }),
    ),
    named('response.completed', { response: { ...response, usage: { input_tokens: 9, output_tokens: 900 } } }),
  ],
}

/** Chunks as they come from a socket: one event each, or cut at every `size` bytes. */
function chunksOf(events: readonly string[], size: number | null): Uint8Array[] {
  if (size === null) return events.map(encode)
  const bytes = encode(events.join(''))
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_none, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

function microsecondsPerChunk(
  dialect: DialectName,
  chunks: readonly Uint8Array[],
  removeUsageChunk: boolean,
): number[] {
  const samples: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now()
    const meter = createStreamMeter(dialect, { removeUsageChunk })
    for (const chunk of chunks) meter.push(chunk)
    meter.end()
    samples.push(((performance.now() - start) * 1000) / chunks.length)
  }
  return samples.slice(ROUNDS / 10).sort((a, b) => a - b)
}

const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2)

const rows: Record<string, string | number>[] = []
for (const [dialect, events] of Object.entries(STREAMS) as [DialectName, readonly string[]][]) {
  for (const [cutting, size] of [
    ['one event a chunk', null],
    ['64 bytes', 64],
    ['4 KB', 4096],
  ] as const) {
    for (const removing of dialect === 'openai-chat-completions' ? [false, true] : [false]) {
      const chunks = chunksOf(events, size)
      const sorted = microsecondsPerChunk(dialect, chunks, removing)
      const columns = { dialect, cutting, removing: String(removing), chunks: chunks.length }
      rows.push({ ...columns, 'median us/chunk': at(sorted, 0.5), p95: at(sorted, 0.95) })
    }
  }
}
console.table(rows)

const answer = encode(
  JSON.stringify({ ...response, output: [{ text: text.repeat(3000) }], usage: { input_tokens: 9, output_tokens: 9 } }),
)
const start = performance.now()
for (let round = 0; round < ROUNDS; round += 1) readAnswerUsage('openai-responses', answer)
const each = ((performance.now() - start) * 1000) / ROUNDS
console.log(`a whole answer of ${Math.round(answer.length / 1024)} KB: ${each.toFixed(1)} us`)
