import { describe, expect, it } from 'vitest'
import { restoreClientCalls } from '../../../src/core/chat/client-calls.ts'
import { runAll } from '../../../src/core/chat/machine.ts'
import type { OfferedTools } from '../../../src/core/chat/portable-tools.ts'
import type { StreamEvent } from '../../../src/core/chat/stream-event.ts'

const OFFERED: OfferedTools = new Map([
  ['patch', { name: 'patch', namespace: null, freeform: true }],
  ['agents__spawn', { name: 'spawn', namespace: 'agents', freeform: false }],
])

function callEvents(name: string, pieces: readonly string[], freeform = false): StreamEvent[] {
  const part = { type: 'tool-call', id: 'a', name, namespace: null, freeform } as const
  const deltas = pieces.map((text): StreamEvent => ({ type: 'part-delta', index: 0, text }))
  return [{ type: 'part-begin', index: 0, part }, ...deltas, { type: 'part-end', index: 0, seal: null }]
}

function restored(events: readonly StreamEvent[]): readonly StreamEvent[] {
  return runAll(restoreClientCalls(OFFERED), events)[1]
}

function inputOf(events: readonly StreamEvent[]): string {
  return events.map((event) => (event.type === 'part-delta' ? event.text : '')).join('')
}

describe('restoreClientCalls', () => {
  it('unwraps the input of a freeform tool and shows signs of life meanwhile', () => {
    const events = restored(callEvents('patch', ['{"inp', 'ut":"a\\nb', '"}']))
    expect(inputOf(events)).toBe('a\nb')
    expect(events.filter((event) => event.type === 'keep-alive')).toHaveLength(3)
    expect(events[0]).toMatchObject({ part: { name: 'patch', freeform: true } })
  })

  it.each([
    ['{"patch":"under another name"}', 'under another name'],
    ['"a bare string"', 'a bare string'],
    ['no JSON at all', 'no JSON at all'],
    ['{"a":1,"b":2}', '{"a":1,"b":2}'],
    ['', ''],
  ])('takes %j for %j', (json, text) => {
    expect(inputOf(restored(callEvents('patch', [json])))).toBe(text)
  })

  it('gives tools their namespace back, and leaves unknown ones alone', () => {
    expect(restored(callEvents('agents__spawn', ['{}']))[0]).toMatchObject({
      part: { name: 'spawn', namespace: 'agents' },
    })
    expect(restored(callEvents('other', ['{}']))).toEqual(callEvents('other', ['{}']))
    expect(restored(callEvents('patch', ['raw'], true))).toEqual(callEvents('patch', ['raw'], true))
  })

  it('gives a function called without arguments an empty object', () => {
    expect(inputOf(restored(callEvents('other', [])))).toBe('{}')
    expect(inputOf(restored(callEvents('other', ['', '{"a":1}'])))).toBe('{"a":1}')
    expect(inputOf(restored(callEvents('free', [], true)))).toBe('')
  })
})
