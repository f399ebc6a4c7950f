/** Streams with every event of their API, told to every client: cut at every byte, read by the SDK, metered. */
import { describe, expect, it } from 'vitest'
import { DIALECTS } from '../../../src/core/dialects/dialect.ts'
import { createStreamMeter } from '../../../src/core/metering/usage-meter.ts'
import { EVERY_EVENT } from '../../dialects/every-event.ts'
import { meaningOfAnswer } from '../../dialects/meaning.ts'
import { sdkReader } from '../../dialects/sdk-reading.ts'
import { byteByByte, contextFor, faultsOf, foldStream, translateStream } from '../../dialects/wire-stream.ts'

const sdk = sdkReader()

/** Between two ends of the same API bytes pass and nothing is translated, so an item of its own is kept as it began. */
const OWN_ITEM = 'an item ends in progress'
const CASES = EVERY_EVENT.flatMap((told) => DIALECTS.map((client) => ({ ...told, provider: told.dialect, client })))

/** The bytes one by one, and cut in two at every 97th place. */
function cuts(wire: string): string[][] {
  const bytes = new TextEncoder().encode(wire)
  const halves = Array.from({ length: Math.floor(bytes.length / 97) }, (_, nth) => {
    const at = nth * 97
    const decoder = new TextDecoder()
    return [
      decoder.decode(bytes.subarray(0, at), { stream: true }),
      decoder.decode(bytes.subarray(at), { stream: true }),
    ]
  })
  return [byteByByte(wire), ...halves]
}

describe.each(CASES)('$provider to $client: $name', ({ provider, client, events, text, calls, outputTokens }) => {
  const direction = { from: provider, to: client }
  const wire = events.join('')
  const whole = translateStream([wire], direction, contextFor())

  it('is told by the rules of the dialect, with all that was said and asked for', () => {
    expect(whole.finished).toBe(true)
    expect(faultsOf(whole.text, client).filter((fault) => client !== provider || fault !== OWN_ITEM)).toEqual([])
    const meaning = meaningOfAnswer(foldStream(whole.text, client))
    expect(meaning['text']).toBe(text)
    const made = meaning['calls'] as readonly (readonly [string, string, string | null, object])[]
    expect(made.map(([, name, , input]) => [name, input])).toEqual(calls)
    expect(new Set(made.map(([id]) => id)).size).toBe(calls.length)
  })

  it.each(['\n', '\r\n'])('is the same wherever the bytes are cut (%j)', (end) => {
    for (const pieces of cuts(wire.replaceAll('\n', end)))
      expect(translateStream(pieces, direction, contextFor())).toEqual(whole)
  })

  it('is read by the official SDK', async () => {
    const read = await sdk.read(client, whole.text, true)
    expect(read.calls.map(([, name, input]) => [name, JSON.parse(input)])).toEqual(calls)
    expect(read.text.replaceAll(/\s+/g, '')).toBe(read.text === '' ? '' : text)
    expect(read.outputTokens).toBe(outputTokens)
  })

  it('keeps reasoning with its seal for a client of the same API, and says where it was dropped', () => {
    const reasons = wire.includes('c2ln0') || wire.includes('b3BhcXVl')
    if (!reasons) return
    if (client === provider) expect(whole.text).toMatch(/c2ln7|b3BhcXVl/)
    else {
      expect(whole.text).not.toContain('b3BhcXVl')
      expect(whole.warnings.join()).toContain('reasoning:dropped')
    }
  })
})

describe.each(EVERY_EVENT)('$dialect: $name', ({ dialect, events, outputTokens }) => {
  it('passes byte for byte and is metered the same wherever it is cut', () => {
    const bytes = new TextEncoder().encode(events.join(''))
    for (let at = 0; at < bytes.length; at += 1) {
      const meter = createStreamMeter(dialect)
      const passed = [meter.push(bytes.subarray(0, at)), meter.push(bytes.subarray(at)), meter.end()]
      expect(Buffer.concat(passed.filter((piece) => piece !== null)).equals(bytes)).toBe(true)
      expect(meter.reading()).toMatchObject({ usageKnown: 'final', ending: 'complete', usage: { outputTokens } })
    }
  })
})
