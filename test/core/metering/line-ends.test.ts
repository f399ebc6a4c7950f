/** Lines end in LF, CRLF or CR: the standard of event streams allows each. */
import { describe, expect, it } from 'vitest'
import { createStreamMeter } from '../../../src/core/metering/usage-meter.ts'
import { UnfinishedEvent } from '../../../src/core/metering/unfinished-event.ts'
import { STREAMS } from './streams.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const STREAMS_OF_LINES = STREAMS.map(({ dialect, name, events }) => ({
  dialect,
  name,
  text: events.join('').replaceAll('\r\n', '\n'),
}))

function metered(
  dialect: (typeof STREAMS)[number]['dialect'],
  chunks: readonly Uint8Array[],
  removeUsageChunk = false,
) {
  const meter = createStreamMeter(dialect, { removeUsageChunk })
  const passed = [...chunks.map((chunk) => meter.push(chunk)), meter.end()].filter((bytes) => bytes !== null)
  return { passed: Buffer.concat(passed).toString(), reading: meter.reading() }
}

describe.each(STREAMS_OF_LINES)('$dialect: $name', ({ dialect, text }) => {
  const expected = metered(dialect, [encode(text)])

  it.each([
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('reads the same with lines that end in %s, wherever it is cut', (_name, lineEnd) => {
    const wire = text.replaceAll('\n', lineEnd)
    const bytes = encode(wire)
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(metered(dialect, [bytes.subarray(0, at), bytes.subarray(at)])).toEqual({ ...expected, passed: wire })
    }
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
    expect(metered(dialect, single)).toEqual({ ...expected, passed: wire })
    const removed = metered(dialect, [encode(text)], true).passed.replaceAll('\n', lineEnd)
    expect(metered(dialect, single, true)).toEqual({ ...expected, passed: removed })
    expect(metered(dialect, [bytes], true)).toEqual({ ...expected, passed: removed })
  })
})

describe('an unfinished event', () => {
  it.each(['\n', '\r\n', '\r'])('has ended after an empty line, as soon as that is there (%j)', (lineEnd) => {
    for (const cut of [0, 1, 2]) {
      const unfinished = new UnfinishedEvent()
      const first = encode(`data: x${lineEnd}`.slice(0, 7 + cut))
      expect(unfinished.eventEnd(first, 0)).toBe(-1)
      unfinished.append(first)
      const rest = encode(`data: x${lineEnd}${lineEnd}data: y`.slice(first.length))
      const end = unfinished.eventEnd(rest, 0)
      expect(first.length + end).toBe(7 + 2 * lineEnd.length)
      expect(unfinished.eventEnd(rest, end)).toBe(-1)
    }
  })
})

describe('bytes that are no events', () => {
  const deflated = Uint8Array.from({ length: 400 }, (_none, at) => (at === 0 ? 0x78 : at % 16))

  it.each(STREAMS)('$dialect: are output, as many as there are', ({ dialect }) => {
    for (const chunks of [[deflated], Array.from(deflated, (byte) => Uint8Array.of(byte))]) {
      expect(metered(dialect, chunks).reading).toMatchObject({ ending: 'cut', usageKnown: 'none', outputBytes: 400 })
      expect(metered(dialect, chunks, true).reading.outputBytes).toBe(400)
    }
  })

  it.each([': a comment\n\n', 'event: ping\n\n', '\n\n', 'data', 'retry: 5\n\n', '\uFEFFid: 1\n\n'])(
    '%j is no output',
    (text) => {
      for (const { dialect } of STREAMS) expect(metered(dialect, [encode(text)]).reading.outputBytes).toBe(0)
    },
  )
})
