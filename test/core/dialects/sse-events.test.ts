import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SseEvent } from '../../../src/core/dialects/sse-events.ts'
import { SSE_START, readSse, sseText } from '../../../src/core/dialects/sse-events.ts'

function readAll(pieces: readonly string[]): SseEvent[] {
  let state = SSE_START
  const all: SseEvent[] = []
  for (const piece of pieces) {
    const [next, events] = readSse(state, piece)
    state = next
    all.push(...events)
  }
  return all
}

describe('readSse', () => {
  it('reads names, several data lines, comments, and fields without a space or a colon', () => {
    const text = '\uFEFFevent: a\ndata: one\ndata:two\nid: 7\nretry\n\n: alive\n\ndata\n\n'
    expect(readAll([text])).toEqual([
      { type: 'event', name: 'a', data: 'one\ntwo' },
      { type: 'comment' },
      { type: 'event', name: null, data: '' },
    ])
  })

  it('keeps an event without its empty line for later', () => {
    expect(readAll(['data: half'])).toEqual([])
    expect(readAll(['data: half', '\n', '\n'])).toEqual([{ type: 'event', name: null, data: 'half' }])
  })

  it('forgets the name of an event that had no data', () => {
    expect(readAll(['event: a\n\ndata: x\n\n'])).toEqual([{ type: 'event', name: null, data: 'x' }])
  })

  it('gives the same events wherever the text is cut, with any line ends', () => {
    const line = fc.constantFrom('data: x', 'data: y: z', 'event: e', ': c', '', '', 'data:', 'other: 1')
    const text = fc
      .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n', '\r'))
      .map(([lines, end]) => lines.map((one) => one + end).join(''))
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 6 }), (whole, cuts) => {
        const at = [0, ...cuts.filter((cut) => cut < whole.length).toSorted((a, b) => a - b), whole.length]
        const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end))
        expect(readAll(pieces)).toEqual(readAll([whole]))
        expect(readAll([...whole])).toEqual(readAll([whole]))
      }),
    )
  })
})

describe('sseText', () => {
  it('writes what readSse reads', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(null, 'name'), (json, name) => {
        const data: unknown = JSON.parse(json)
        const wire = sseText(name, { data })
        expect(readAll([wire])).toEqual([{ type: 'event', name, data: JSON.stringify({ data }) }])
      }),
    )
  })
})
