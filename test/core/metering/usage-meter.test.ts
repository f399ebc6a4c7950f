import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import type { StreamReading } from '../../../src/core/metering/stream-reading.ts'
import { billableUsage, createStreamMeter, readAnswerUsage } from '../../../src/core/metering/usage-meter.ts'
import type { MeterOptions } from '../../../src/core/metering/usage-meter.ts'
import type { RecordedStream } from './streams.ts'
import { STREAMS } from './streams.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString('utf8')

interface Metered {
  /** What the client gets, one entry per push, then the rest. */
  readonly client: readonly Uint8Array[]
  readonly reading: StreamReading
}

function meter(dialect: DialectName, chunks: readonly Uint8Array[], options: MeterOptions = {}): Metered {
  const stream = createStreamMeter(dialect, options)
  const client = chunks.map((chunk) => stream.push(chunk) ?? new Uint8Array(0))
  client.push(stream.end() ?? new Uint8Array(0))
  return { client, reading: stream.reading() }
}

/** Cuts the bytes at the given places (taken modulo the length). */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length))
}

const places = fc.array(fc.nat(), { maxLength: 40 })
const anyStream = fc.constantFrom(...STREAMS)
const bytesOf = (stream: RecordedStream): Uint8Array => encode(stream.events.join(''))

describe('recorded streams', () => {
  it.each(STREAMS.map((stream) => [stream.dialect, stream.name, stream] as const))(
    '%s: %s',
    (dialect, _name, stream) => {
      const { client, reading } = meter(dialect, [bytesOf(stream)])
      expect(reading).toMatchObject({ ...stream.expected, midEvent: false })
      expect(decode(client)).toBe(stream.events.join(''))
    },
  )

  it('reads no event on that has no end, and keeps what it had read', () => {
    const stream = createStreamMeter('anthropic-messages')
    const usage = { input_tokens: 11, output_tokens: 1 }
    stream.push(encode(`data: ${JSON.stringify({ type: 'message_start', message: { usage } })}\n\ndata: `))
    const piece = new Uint8Array(1024 * 1024).fill(120)
    for (let pushed = 0; pushed < 15; pushed += 1) stream.push(piece)
    expect(() => [stream.push(piece), stream.push(piece)]).toThrow(RangeError)
    stream.end()
    expect(stream.reading()).toMatchObject({ ending: 'cut', midEvent: true, usageKnown: 'prompt' })
  })

  it('hands on the very chunk it was given', () => {
    const chunk = encode('data: {"choices":[')
    expect(createStreamMeter('openai-chat-completions').push(chunk)).toBe(chunk)
    const whole = encode('data: {"choices":[{}]}\n\n')
    expect(createStreamMeter('openai-chat-completions', { removeUsageChunk: true }).push(whole)).toBe(whole)
  })

  it.each(STREAMS.map((stream) => [stream.dialect, stream.name, stream] as const))(
    '%s: %s, one byte at a time',
    (dialect, _name, stream) => {
      const bytes = bytesOf(stream)
      const single = Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1))
      expect(meter(dialect, single).reading).toEqual(meter(dialect, [bytes]).reading)
    },
  )
})

describe('any re-chunking', () => {
  it('gives the same bytes and the same reading', () => {
    fc.assert(
      fc.property(anyStream, places, (stream, at) => {
        const bytes = bytesOf(stream)
        const chunks = cut(bytes, at)
        const { client, reading } = meter(stream.dialect, chunks)
        expect(client.slice(0, -1)).toEqual(chunks)
        expect(client.at(-1)).toHaveLength(0)
        expect(reading).toEqual(meter(stream.dialect, [bytes]).reading)
      }),
      { numRuns: 1000 },
    )
  })

  const isUsage = (event: string): boolean => /"choices":\[\],\s*(data: ?)?"usage":{/.test(event)

  /** What a client gets that did not ask for usage. */
  const unasked = (events: readonly string[]): string =>
    events
      .filter((event) => !isUsage(event))
      .map((event) => event.replace(/,"usage":null(?=[,}])/, ''))
      .join('')

  /** The events a client should have after the first `length` bytes. */
  function finishedEvents(stream: RecordedStream, length: number): string {
    let end = 0
    const finished = stream.events.filter((event) => {
      end += Buffer.byteLength(event)
      return end <= length
    })
    return unasked(finished)
  }

  it.each([
    ['{"id":"c","choices":[],"usage":null}', '{"id":"c","choices":[]}'],
    ['{"id":"c", "usage" : null , "obfuscation":"x"}', '{"id":"c" , "obfuscation":"x"}'],
    ['{"usage": null, "id":"c"}', '{"id":"c"}'],
    ['{"usage":null}', '{}'],
    ['{"id":"c","choices":[{"usage":null}]}', '{"id":"c","choices":[{"usage":null}]}'],
    ['{"id":"c","x":"\\"usage\\":null"}', '{"id":"c","x":"\\"usage\\":null"}'],
    ['{"id":"c","usage":{"prompt_tokens":1},"choices":[1]}', '{"id":"c","usage":{"prompt_tokens":1},"choices":[1]}'],
    ['{"id":"c","usage":null', '{"id":"c","usage":null'],
  ])('%s loses its empty usage wherever the bytes are cut', (data, left) => {
    for (const end of ['\n\n', '\r\n\r\n', '']) {
      const wire = encode(`: comment\nevent: x\ndata: ${data}${end}`)
      for (let at = 0; at <= wire.length; at += 1) {
        const { client } = meter('openai-chat-completions', cut(wire, [at]), { removeUsageChunk: true })
        expect(decode(client)).toBe(`: comment\nevent: x\ndata: ${left}${end}`)
      }
    }
  })

  it('gives byte for byte the stream of a provider that was not asked for usage', () => {
    const chunks = (more: string) =>
      [
        '{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"é \\"usage\\":null"},"finish_reason":null}]',
        '{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]',
      ]
        .map((chunk) => `data: ${chunk}${more},"obfuscation":"ab"}\n\n`)
        .join('')
    const usage =
      'data: {"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2},"obfuscation":""}\n\n'
    const asked = encode(`${chunks(',"usage":null')}${usage}data: [DONE]\n\n`)
    for (let at = 0; at <= asked.length; at += 1) {
      for (const cuts of [[at], [at, at + 1], [at, at + 17]]) {
        const { client, reading } = meter('openai-chat-completions', cut(asked, cuts), { removeUsageChunk: true })
        expect(decode(client)).toBe(`${chunks('')}data: [DONE]\n\n`)
        expect(reading).toMatchObject({ usageKnown: 'final', ending: 'complete' })
      }
    }
    const bytes = [...asked].map((byte) => Uint8Array.of(byte))
    expect(decode(meter('openai-chat-completions', bytes, { removeUsageChunk: true }).client)).toBe(
      `${chunks('')}data: [DONE]\n\n`,
    )
  })

  it('removes the usage chunk that was not asked for, and nothing else', () => {
    const chat = STREAMS.filter((stream) => stream.dialect === 'openai-chat-completions')
    fc.assert(
      fc.property(fc.constantFrom(...chat), places, (stream, at) => {
        const bytes = bytesOf(stream)
        const { client, reading } = meter(stream.dialect, cut(bytes, at), { removeUsageChunk: true })
        expect(decode(client)).toBe(unasked(stream.events))
        expect(reading).toEqual(meter(stream.dialect, [bytes]).reading)
      }),
      { numRuns: 1000 },
    )
  })

  it('holds no finished event and no comment back while removing', () => {
    for (const stream of STREAMS.filter((one) => one.dialect === 'openai-chat-completions')) {
      const bytes = bytesOf(stream)
      for (let at = 1; at < bytes.length; at += 1) {
        const got = createStreamMeter(stream.dialect, { removeUsageChunk: true }).push(bytes.subarray(0, at))
        expect(decode([got ?? new Uint8Array(0)]).startsWith(finishedEvents(stream, at))).toBe(true)
      }
    }
    const comment = createStreamMeter('openai-chat-completions', { removeUsageChunk: true })
    expect(decode([comment.push(encode(': ping\n')) ?? new Uint8Array(0)])).toBe(': ping\n')
  })

  it('reads what came of a cut stream, whatever is missing', () => {
    fc.assert(
      fc.property(anyStream, fc.nat(), places, (stream, end, at) => {
        const bytes = bytesOf(stream)
        const part = bytes.subarray(0, end % bytes.length)
        const { client, reading } = meter(stream.dialect, cut(part, at), { removeUsageChunk: false })
        expect(decode(client)).toBe(decode([part]))
        expect(reading).toEqual(meter(stream.dialect, [part]).reading)
        expect(reading.outputBytes).toBeLessThanOrEqual(meter(stream.dialect, [bytes]).reading.outputBytes)
      }),
      { numRuns: 500 },
    )
  })

  it('survives bytes that are no stream at all', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'data:',
        'data: {',
        'data: {"type":"message_start"',
        'data: {"type":"message_delta","usage":[]}',
        '\r',
        '',
        'event: x',
      ),
    )
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), fc.constantFrom(...STREAMS), (lines, remove, { dialect }) => {
        const bytes = encode(lines.join('\n'))
        const { client } = meter(dialect, [bytes], { removeUsageChunk: remove })
        expect(decode(client)).toBe(decode([bytes]))
      }),
    )
  })
})

describe('a cut stream', () => {
  const prompt = { ...NO_USAGE, inputTokens: 900 }
  const expected = { prompt, bytesPerToken: 4 }

  it('is billed for the prompt the provider told and an estimate of what came', () => {
    const stream = STREAMS.find((one) => one.name === 'an error in mid-stream') as RecordedStream
    const { reading } = meter(stream.dialect, [encode(stream.events.slice(0, 3).join(''))])
    expect(reading).toMatchObject({ ending: 'cut', usageKnown: 'prompt', midEvent: false })
    expect(billableUsage(reading, { prompt, bytesPerToken: 2 })).toEqual({
      usage: { ...reading.usage, outputTokens: 2 },
      estimated: true,
    })
  })

  it('is billed for the expected prompt where the provider told none', () => {
    const { reading } = meter('openai-chat-completions', [
      encode('data: {"model":"m","choices":[{"delta":{"content":"abcdefghi"}}]}\n\ndata: {"ch'),
    ])
    expect(reading).toMatchObject({ ending: 'cut', usageKnown: 'none', midEvent: true, outputBytes: 9 })
    expect(billableUsage(reading, expected)).toEqual({ usage: { ...prompt, outputTokens: 3 }, estimated: true })
  })

  it('is billed as the provider said once that is known', () => {
    const stream = STREAMS[0] as RecordedStream
    const { reading } = meter(stream.dialect, [encode(stream.events.slice(0, -1).join(''))])
    expect(reading.ending).toBe('cut')
    expect(billableUsage(reading, expected)).toEqual({ usage: reading.usage, estimated: false })
  })
})

describe('whole answers', () => {
  it.each<[DialectName, object, Partial<StreamReading>]>([
    [
      'anthropic-messages',
      {
        id: 'msg_1',
        type: 'message',
        model: 'claude-haiku-5-5',
        content: [
          { type: 'text', text: '"usage":{"input_tokens":1}' },
          { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { name: 'x', usage: {} } },
        ],
        stop_reason: 'tool_use',
        usage: { input_tokens: 10, cache_creation_input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 4 },
      },
      {
        usage: { ...NO_USAGE, inputTokens: 10, cacheReadTokens: 3, cacheWriteShortTokens: 5, outputTokens: 4 },
        stopReason: 'tool_use',
        toolCalls: ['Read'],
        ending: 'complete',
        usageKnown: 'final',
      },
    ],
    [
      'anthropic-messages',
      { type: 'error', error: { type: 'api_error' } },
      { ending: 'error', errorType: 'api_error' },
    ],
    [
      'openai-chat-completions',
      {
        id: 'chatcmpl-1',
        model: 'gpt-4o',
        choices: [
          {
            finish_reason: 'tool_calls',
            message: { tool_calls: [{ function: { name: 'a' } }, { custom: { name: 'b' } }] },
          },
        ],
        usage: { prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 20 } },
      },
      {
        usage: { ...NO_USAGE, cacheReadTokens: 10, outputTokens: 2 },
        toolCalls: ['a', 'b'],
        stopReason: 'tool_calls',
        ending: 'complete',
      },
    ],
    [
      'openai-chat-completions',
      { error: { type: 'x', code: 'y' } },
      { ending: 'error', errorType: 'y', usageKnown: 'none' },
    ],
    [
      'openai-responses',
      {
        id: 'resp_1',
        status: 'incomplete',
        incomplete_details: { reason: 'content_filter' },
        model: 'gpt-5.5',
        error: null,
        output: [{ type: 'function_call', name: 'f', arguments: '{}' }, { type: 'web_search_call' }],
        usage: { input_tokens: 7, output_tokens: 1 },
      },
      {
        usage: { ...NO_USAGE, inputTokens: 7, outputTokens: 1 },
        stopReason: 'content_filter',
        toolCalls: ['f'],
        serverToolCalls: 1,
        ending: 'complete',
      },
    ],
    ['openai-responses', { error: { code: 'bad' } }, { ending: 'error', errorType: 'bad' }],
    ['openai-responses', { status: 'in_progress', error: null }, { ending: 'cut' }],
  ])('%s %#', (dialect, answer, expected) => {
    expect(readAnswerUsage(dialect, encode(JSON.stringify(answer, null, 1)))).toMatchObject(expected)
  })

  it('reads nothing from what is not JSON', () => {
    for (const { dialect } of STREAMS) {
      expect(readAnswerUsage(dialect, encode('<html>'))).toMatchObject({ ending: 'cut', usageKnown: 'none' })
    }
  })
})
