import { describe, expect, it } from 'vitest'
import { runAll } from '../../../../src/core/chat/machine.ts'
import type { StreamEvent } from '../../../../src/core/chat/stream-event.ts'
import { readStream } from '../../../../src/core/dialects/anthropic-messages/read-stream.ts'
import type { UpstreamEvent } from '../../../../src/core/dialects/codec.ts'
import { foldEvents } from '../../../dialects/wire-stream.ts'

function read(...events: object[]): StreamEvent[] {
  const inputs = events.map((data): UpstreamEvent => ({ type: 'event', name: null, data: JSON.stringify(data) }))
  return runAll(readStream(), [...inputs, { type: 'end' }])[1]
}

const START = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'c', usage: { input_tokens: 7, output_tokens: 1 } },
}
const STOP = { type: 'message_stop' }
const begin = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block })
const delta = (index: number, content: object) => ({ type: 'content_block_delta', index, delta: content })
const end = (index: number) => ({ type: 'content_block_stop', index })
const last = (stop_reason: string, usage: object = { output_tokens: 5 }) => ({
  type: 'message_delta',
  delta: { stop_reason },
  usage,
})

describe('a stream of the Messages API', () => {
  it('keeps interleaved thinking whole with its signatures', () => {
    const events = read(
      START,
      begin(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'A' }),
      delta(0, { type: 'thinking_delta', thinking: 'B' }),
      delta(0, { type: 'signature_delta', signature: 'sig1' }),
      end(0),
      begin(1, { type: 'tool_use', id: 't1', name: 'f', input: {} }),
      delta(1, { type: 'input_json_delta', partial_json: '' }),
      delta(1, { type: 'input_json_delta', partial_json: '{"a":' }),
      delta(1, { type: 'input_json_delta', partial_json: '1}' }),
      end(1),
      begin(2, { type: 'redacted_thinking', data: 'sealed' }),
      end(2),
      begin(3, { type: 'text', text: '' }),
      delta(3, { type: 'text_delta', text: 'Done' }),
      end(3),
      last('tool_use'),
      STOP,
    )
    const seals = events.flatMap((event) => (event.type === 'part-end' ? [event.seal?.value ?? null] : []))
    expect(seals).toEqual([
      { type: 'thinking', thinking: 'AB', signature: 'sig1' },
      null,
      { type: 'redacted_thinking', data: 'sealed' },
      null,
    ])
    expect(foldEvents(events).parts).toMatchObject([
      { type: 'reasoning', text: 'AB' },
      { type: 'tool-call', id: 't1', input: '{"a":1}' },
      { type: 'reasoning', text: '' },
      { type: 'text', text: 'Done' },
    ])
  })

  it.each([
    ['end_turn', 'end'],
    ['tool_use', 'tool-calls'],
    ['max_tokens', 'max-output'],
    ['stop_sequence', 'stop-sequence'],
    ['pause_turn', 'pause'],
    ['refusal', 'refusal'],
    ['model_context_window_exceeded', 'context-full'],
    ['something_new', 'end'],
  ])('ends for %s', (word, reason) => {
    expect(foldEvents(read(START, last(word), STOP)).finish.reason).toBe(reason)
  })

  it('adds up usage that comes in two reports', () => {
    const start = {
      type: 'message_start',
      message: {
        id: 'm',
        usage: {
          input_tokens: 3,
          cache_read_input_tokens: 10,
          cache_creation_input_tokens: 6,
          cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 4 },
          output_tokens: 1,
        },
      },
    }
    const final = last('end_turn', { output_tokens: 40, output_tokens_details: { thinking_tokens: 30 } })
    expect(foldEvents(read(start, final, STOP)).usage).toEqual({
      inputTokens: 3,
      cacheReadTokens: 10,
      cacheWriteShortTokens: 2,
      cacheWriteLongTokens: 4,
      outputTokens: 40,
      reasoningTokens: 30,
    })
  })

  it('takes usage that comes only at the end, and none at all', () => {
    const bare = { type: 'message_start', message: { id: 'm' } }
    expect(foldEvents(read(bare, last('end_turn', { input_tokens: 8, output_tokens: 2 }), STOP)).usage).toMatchObject({
      inputTokens: 8,
      outputTokens: 2,
    })
    expect(foldEvents(read(bare, { type: 'message_delta', delta: {} }, STOP)).usage).toBeNull()
  })

  it('takes input that came with the beginning of a call, and skips what it does not know', () => {
    const events = read(
      START,
      { type: 'brand_new_event' },
      begin(0, { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } }),
      delta(0, { type: 'brand_new_delta' }),
      delta(9, { type: 'text_delta', text: 'of no block' }),
      end(0),
      end(0),
      last('tool_use'),
      STOP,
    )
    expect(foldEvents(events).parts).toMatchObject([{ type: 'tool-call', input: '{"a":1}' }])
    expect(events.filter((event) => event.type === 'part-end')).toHaveLength(1)
  })

  it('fails with the error of the stream, and says nothing after it', () => {
    const events = read(START, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, STOP)
    expect(events.at(-1)).toEqual({
      type: 'error',
      error: { kind: 'overloaded', status: null, message: 'Overloaded', code: null, param: null },
    })
  })

  it('does not finish when it is cut', () => {
    expect(read(START, begin(0, { type: 'text', text: '' })).some((event) => event.type === 'finish')).toBe(false)
  })
})
