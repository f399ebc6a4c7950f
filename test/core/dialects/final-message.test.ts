/** Final messages of the gateway's own: as the official SDKs read them, and event by event. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DIALECTS, type DialectName } from '../../../src/core/dialects/dialect.ts'
import type { WrittenMessage } from '../../../src/core/dialects/final-message.ts'
import { dialectOf } from '../../../src/core/dialects/registry.ts'
import { createStreamMeter, readAnswerUsage } from '../../../src/core/metering/usage-meter.ts'
import { sdkReader } from '../../dialects/sdk-reading.ts'
import { bodyOf } from './body-of.ts'

const QUESTION = [{ role: 'user', content: 'x' }]
const REQUESTS: Readonly<Record<DialectName, object>> = {
  'anthropic-messages': { max_tokens: 64, messages: QUESTION },
  'openai-chat-completions': { messages: QUESTION },
  'openai-responses': { input: QUESTION },
}
const FINISH: Readonly<Record<DialectName, string>> = {
  'anthropic-messages': 'end_turn',
  'openai-chat-completions': 'stop',
  'openai-responses': 'completed',
}
const NOW = Date.UTC(2026, 10, 23)

function write(dialect: DialectName, text: string, request: object = {}): WrittenMessage {
  const body = JSON.stringify({ model: 'auto', ...REQUESTS[dialect], ...request })
  const { scan, writeFinalMessage } = dialectOf(dialect)
  return writeFinalMessage({ text, model: 'the-model', requestId: 'req_0123', scan: scan(bodyOf(body)), now: NOW })
}

interface WireEvent {
  readonly name: string | null
  readonly data: Record<string, unknown> | '[DONE]'
}

/** Split by hand, so that writer and reader share nothing. */
function eventsOf(body: string): WireEvent[] {
  expect(body.endsWith('\n\n')).toBe(true)
  return body
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      const lines = event.split('\n')
      const data = lines.find((line) => line.startsWith('data: '))!.slice(6)
      return {
        name: lines.find((line) => line.startsWith('event: '))?.slice(7) ?? null,
        data: data === '[DONE]' ? data : (JSON.parse(data) as Record<string, unknown>),
      }
    })
}

const reader = sdkReader()
const someText = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
  fc.constantFrom('two\n\nparagraphs', 'data: [DONE]\n\n', 'event: error\r\n', '"quoted" \\ \u2028 😀', '`code`'),
)

describe.each(DIALECTS)('%s', (dialect) => {
  it.each([true, false])('is read by the official SDK as a whole answer (streamed: %s)', async (stream) => {
    await fc.assert(
      fc.asyncProperty(someText, async (text) => {
        const { body } = write(dialect, text, { stream })
        expect(await reader.read(dialect, body, stream)).toEqual({
          text,
          calls: [],
          finish: FINISH[dialect],
          outputTokens: stream && dialect === 'openai-chat-completions' ? null : 0,
        })
      }),
      { numRuns: 15 },
    )
  })

  it('says what it is in its headers', () => {
    const id = dialect === 'anthropic-messages' ? 'request-id' : 'x-request-id'
    expect(write(dialect, 'x').headers).toEqual({ 'content-type': 'application/json', [id]: 'req_0123' })
    expect(write(dialect, 'x', { stream: true }).headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/),
      [id]: 'req_0123',
    })
  })

  it('is complete, and free, to the meter of any gateway behind which this one stands', () => {
    const meter = createStreamMeter(dialect, { removeUsageChunk: false })
    const usageAsked = dialect === 'openai-chat-completions' ? { stream_options: { include_usage: true } } : {}
    meter.push(new TextEncoder().encode(write(dialect, 'Stopped.', { stream: true, ...usageAsked }).body))
    meter.end()
    for (const reading of [
      meter.reading(),
      readAnswerUsage(dialect, new TextEncoder().encode(write(dialect, 'x').body)),
    ]) {
      expect(reading).toMatchObject({ ending: 'complete', usageKnown: 'final' })
      expect(Object.values(reading.usage).every((tokens) => tokens === 0)).toBe(true)
    }
  })

  it('names the model that would have answered', () => {
    expect(JSON.parse(write(dialect, 'x').body)).toMatchObject({ model: 'the-model' })
  })
})

describe('the events of a stream', () => {
  it('of Messages: one text block, opened and stopped once', () => {
    const events = eventsOf(write('anthropic-messages', 'Stopped.', { stream: true }).body)
    expect(events.map(({ name }) => name)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(events.every(({ name, data }) => data !== '[DONE]' && data['type'] === name)).toBe(true)
    expect(events[0]?.data).toMatchObject({
      message: { id: 'msg_0123', role: 'assistant', content: [], stop_reason: null, usage: { input_tokens: 0 } },
    })
    expect(events[2]?.data).toMatchObject({ index: 0, delta: { type: 'text_delta', text: 'Stopped.' } })
    expect(events[4]?.data).toMatchObject({
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 0 },
    })
  })

  it('of Chat Completions: role, text, stop, and usage only where it was asked for', () => {
    const plain = eventsOf(write('openai-chat-completions', 'Stopped.', { stream: true }).body)
    const deltas = (events: readonly WireEvent[]): unknown[] =>
      events.map(({ data }) => (data === '[DONE]' ? data : data['choices']))
    const choice = (delta: object, finish: string | null = null): unknown => [
      { index: 0, delta, logprobs: null, finish_reason: finish },
    ]
    expect(deltas(plain)).toEqual([
      choice({ role: 'assistant', content: '', refusal: null }),
      choice({ content: 'Stopped.' }),
      choice({}, 'stop'),
      '[DONE]',
    ])
    expect(plain.some(({ data }) => data !== '[DONE]' && 'usage' in data)).toBe(false)
    const asked = { stream: true, stream_options: { include_usage: true } }
    const withUsage = eventsOf(write('openai-chat-completions', 'Stopped.', asked).body)
    expect(withUsage.at(-2)?.data).toMatchObject({ choices: [], usage: { prompt_tokens: 0, total_tokens: 0 } })
    expect(deltas(withUsage).at(-1)).toBe('[DONE]')
    const refused = { stream: true, stream_options: { include_usage: false } }
    expect(eventsOf(write('openai-chat-completions', 'x', refused).body)).toHaveLength(4)
  })

  it('of Responses: one message item, numbered without gaps, and the settings of the request', () => {
    const settings = { instructions: 'Be short.', metadata: { a: 'b' }, parallel_tool_calls: false }
    const events = eventsOf(write('openai-responses', 'Stopped.', { stream: true, ...settings }).body)
    expect(events.map(({ name }) => name)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.map(({ data }) => data !== '[DONE]' && data['sequence_number'])).toEqual(events.map((_, at) => at))
    expect(events.at(-1)?.data).toMatchObject({
      response: {
        id: 'resp_0123',
        status: 'completed',
        error: null,
        output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Stopped.' }] }],
        usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
        ...settings,
      },
    })
  })
})

it('does not take a conversation apart to repeat the settings around it', () => {
  const request = { model: 'auto', user: 'someone', input: [{ role: 'user', content: 'x'.repeat(300 * 1024) }] }
  const { scan, writeFinalMessage } = dialectOf('openai-responses')
  const scanned = scan(bodyOf(JSON.stringify(request)))
  const decoded: number[] = []
  const decode = (start: number, end: number): string => {
    decoded.push(end - start)
    return scanned.body.decode(start, end)
  }
  const written = writeFinalMessage({
    text: 'Stopped.',
    model: 'the-model',
    requestId: 'req_0123',
    scan: { ...scanned, body: { ...scanned.body, decode } },
    now: NOW,
  })
  expect(JSON.parse(written.body)).toMatchObject({ user: 'someone', status: 'completed' })
  expect(Math.max(...decoded)).toBeLessThan(1_000)
})
