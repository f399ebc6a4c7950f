import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { finishOf } from '../../../src/core/chat/finish.ts'
import { runAll } from '../../../src/core/chat/machine.ts'
import { sequenceParts } from '../../../src/core/chat/sequence-parts.ts'
import type { StreamEvent } from '../../../src/core/chat/stream-event.ts'

const FINISH: StreamEvent = { type: 'finish', finish: finishOf('end'), usage: null }

function partEvents(index: number, texts: readonly string[], ends: boolean): StreamEvent[] {
  const deltas = texts.map((text): StreamEvent => ({ type: 'part-delta', index, text }))
  const end: StreamEvent[] = ends ? [{ type: 'part-end', index, seal: null }] : []
  return [{ type: 'part-begin', index, part: { type: 'text' } }, ...deltas, ...end]
}

/** The parts of some lists in one list, each in its own order, mixed by the given picks. */
function mixed(lists: readonly StreamEvent[][], picks: readonly number[]): StreamEvent[] {
  const left = lists.map((list) => [...list])
  const all: StreamEvent[] = []
  for (const pick of picks) {
    const open = left.filter((list) => list.length > 0)
    const next = open[pick % Math.max(1, open.length)]?.shift()
    if (next !== undefined) all.push(next)
  }
  return all.concat(...left)
}

function textsOf(events: readonly StreamEvent[]): Record<number, string> {
  const texts: Record<number, string> = {}
  for (const event of events) {
    if (event.type === 'part-delta') texts[event.index] = (texts[event.index] ?? '') + event.text
  }
  return texts
}

describe('sequenceParts', () => {
  it('puts overlapping parts one behind the other and loses nothing', () => {
    const parts = fc.array(fc.tuple(fc.array(fc.string(), { maxLength: 4 }), fc.boolean()), { maxLength: 4 })
    fc.assert(
      fc.property(parts, fc.array(fc.nat(9), { maxLength: 40 }), (given, picks) => {
        const lists = given.map(([texts, ends], index) => partEvents(index, texts, ends))
        const input = mixed(lists, picks)
        const [, out] = runAll(sequenceParts(), [...input, FINISH])
        expect(textsOf(out)).toEqual(textsOf(input))
        let open: number | null = null
        for (const event of out) {
          if (event.type === 'part-begin') {
            expect(open).toBeNull()
            open = event.index
          } else if (event.type === 'part-end') {
            expect(open).toBe(event.index)
            open = null
          } else if (event.type === 'part-delta') expect(open).toBe(event.index)
        }
        expect(open).toBeNull()
        expect(out.at(-1)).toEqual(FINISH)
      }),
    )
  })

  it('lets what is in order through at once', () => {
    const events = [...partEvents(0, ['a', 'b'], true), ...partEvents(1, ['c'], true)]
    let current = sequenceParts()
    for (const event of events) {
      const [next, out] = current.step(event)
      expect(out).toEqual([event])
      current = next
    }
  })
})
