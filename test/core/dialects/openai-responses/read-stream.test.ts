import { describe, expect, it } from 'vitest'
import { runAll } from '../../../../src/core/chat/machine.ts'
import type { StreamEvent } from '../../../../src/core/chat/stream-event.ts'
import type { UpstreamEvent } from '../../../../src/core/dialects/codec.ts'
import { readStream } from '../../../../src/core/dialects/openai-responses/read-stream.ts'
import { foldEvents } from '../../../dialects/wire-stream.ts'

function read(...events: object[]): StreamEvent[] {
  const inputs = events.map((data): UpstreamEvent => ({ type: 'event', name: null, data: JSON.stringify(data) }))
  return runAll(readStream(), [...inputs, { type: 'end' }])[1]
}

const CREATED = { type: 'response.created', response: { id: 'resp_1', model: 'g' } }
const added = (output_index: number, item: object) => ({ type: 'response.output_item.added', output_index, item })
const done = (output_index: number, item: object) => ({ type: 'response.output_item.done', output_index, item })
const completed = (given: object = {}) => ({
  type: 'response.completed',
  response: { status: 'completed', usage: { input_tokens: 5, output_tokens: 3 }, ...given },
})

describe('a stream of the Responses API', () => {
  it('reads reasoning with several summaries, text in parts and parallel calls', () => {
    const reasoning = {
      id: 'rs_1',
      type: 'reasoning',
      summary: [
        { type: 'summary_text', text: 'A' },
        { type: 'summary_text', text: 'B' },
      ],
      encrypted_content: 'sealed',
    }
    const text = (content_index: number, text_: string) => [
      { type: 'response.content_part.added', output_index: 1, content_index, part: { type: 'output_text', text: '' } },
      { type: 'response.output_text.delta', output_index: 1, content_index, delta: text_ },
      { type: 'response.output_text.done', output_index: 1, content_index, text: text_ },
      {
        type: 'response.content_part.done',
        output_index: 1,
        content_index,
        part: { type: 'output_text', text: text_ },
      },
    ]
    const message = {
      type: 'message',
      content: [
        { type: 'output_text', text: 'one' },
        { type: 'output_text', text: 'two' },
      ],
    }
    const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f' })
    const events = read(
      CREATED,
      { type: 'response.in_progress', response: {} },
      added(0, { id: 'rs_1', type: 'reasoning', summary: [] }),
      { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index: 0 },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: 'A' },
      { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index: 1 },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: 'B' },
      done(0, reasoning),
      added(1, { type: 'message', content: [] }),
      ...text(0, 'one'),
      ...text(1, 'two'),
      done(1, message),
      added(2, { ...call('a'), arguments: '' }),
      added(3, { ...call('b'), arguments: '' }),
      { type: 'response.function_call_arguments.delta', output_index: 3, delta: '{"n":2}' },
      { type: 'response.function_call_arguments.delta', output_index: 2, delta: '{"n":1}' },
      done(2, { ...call('a'), arguments: '{"n":1}' }),
      done(3, { ...call('b'), arguments: '{"n":2}' }),
      completed(),
    )
    expect(foldEvents(events)).toMatchObject({
      id: 'resp_1',
      model: 'g',
      parts: [
        { type: 'reasoning', text: 'A\n\nB' },
        { type: 'text', text: 'one' },
        { type: 'text', text: 'two' },
        { type: 'tool-call', id: 'a', input: '{"n":1}' },
        { type: 'tool-call', id: 'b', input: '{"n":2}' },
      ],
      finish: { reason: 'tool-calls' },
      usage: { inputTokens: 5, outputTokens: 3 },
    })
    expect(events.find((event) => event.type === 'part-end')).toMatchObject({ seal: { value: reasoning } })
  })

  it('tells at the end of an item what never came before', () => {
    const events = read(
      CREATED,
      done(0, { type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }),
      added(1, { type: 'custom_tool_call', call_id: 'c', name: 'p', input: '' }),
      { type: 'response.custom_tool_call_input.done', output_index: 1, input: 'patch' },
      done(1, { type: 'custom_tool_call', call_id: 'c', name: 'p', input: 'patch' }),
      done(2, { type: 'function_call', call_id: 'd', name: 'f', namespace: 'n', arguments: '{}' }),
      completed(),
    )
    expect(foldEvents(events).parts).toMatchObject([
      { type: 'refusal', text: 'No.' },
      { id: 'c', freeform: true, input: 'patch' },
      { id: 'd', namespace: 'n', input: '{}' },
    ])
  })

  it.each([
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'max-output'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'content-filter'],
    [{ status: 'completed' }, 'end'],
  ])('ends as %j', (given, reason) => {
    const events = read(CREATED, { ...completed(given), type: `response.${given.status}` })
    expect(foldEvents(events).finish.reason).toBe(reason)
  })

  it.each([
    {
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'slow' } },
    },
    { type: 'error', code: 'rate_limit_exceeded', message: 'slow', param: null },
  ])('fails with $type', (failure) => {
    expect(read(CREATED, failure, completed()).at(-1)).toMatchObject({
      type: 'error',
      error: { kind: 'rate-limit', message: 'slow' },
    })
  })

  it('takes from the last event what a server left out of the stream', () => {
    const output = [
      { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    ]
    const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hi' }
    for (const events of [read(CREATED, delta, completed({ output })), read(CREATED, completed({ output }))]) {
      expect(foldEvents(events)).toMatchObject({
        parts: [
          { type: 'text', text: 'Hi' },
          { type: 'tool-call', id: 'a', input: '{}' },
        ],
        finish: { reason: 'tool-calls' },
      })
    }
  })

  it('keeps items only this API knows as they came', () => {
    const item = { type: 'web_search_call', id: 'ws_1', status: 'completed' }
    const events = read(CREATED, added(0, item), done(0, item), completed())
    expect(foldEvents(events).parts).toMatchObject([{ type: 'own', own: { what: 'web_search_call', value: item } }])
  })
})
