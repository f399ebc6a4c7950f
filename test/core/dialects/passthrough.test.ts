import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrayElements, objectMembers } from '../../../src/core/dialects/json-members.ts'
import {
  applyEdits,
  asciiJson,
  bodyMembers,
  editField,
  editObject,
  removeElements,
} from '../../../src/core/dialects/passthrough.ts'
import type { Edit, FieldChange } from '../../../src/core/dialects/passthrough.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

function changed(text: string, changes: Record<string, FieldChange>): string {
  const bytes = encode(text)
  const object = objectMembers(bytes, 0)
  if (object === null) throw new Error(`not an object: ${text}`)
  return decode(applyEdits(bytes, editObject(object, new Map(Object.entries(changes)))))
}

describe('editing fields in place', () => {
  it.each<[string, string, Record<string, FieldChange>, string]>([
    ['a value', '{"model":"a","x":1}', { model: '"b"' }, '{"model":"b","x":1}'],
    ['a value, spacing kept', '{ "x" : 1.0 ,\n "model" : "a" }', { model: '"b"' }, '{ "x" : 1.0 ,\n "model" : "b" }'],
    ['numbers beyond doubles', '{"n":12345678901234567890,"m":1}', { m: '2' }, '{"n":12345678901234567890,"m":2}'],
    ['the first field', '{"a":1,"b":2}', { a: null }, '{"b":2}'],
    ['a field in the middle', '{"a":1, "b":2, "c":3}', { b: null }, '{"a":1, "c":3}'],
    ['the last field', '{"a":1,"b":2}', { b: null }, '{"a":1}'],
    ['the only field', '{ "a":1 }', { a: null }, '{  }'],
    ['neighbours', '{"a":1,"b":2,"c":3,"d":4}', { b: null, c: null }, '{"a":1,"d":4}'],
    ['the first two', '{"a":1,"b":2,"c":3}', { a: null, b: null }, '{"c":3}'],
    ['an insertion', '{"a":1 }', { z: 'true' }, '{"a":1,"z":true }'],
    ['an insertion into nothing', '{}', { z: 'true' }, '{"z":true}'],
    ['the last field for another', '{"a":1,"b":2}', { b: null, z: '3' }, '{"a":1,"z":3}'],
    ['all fields for another', '{"a":1,"b":2}', { a: null, b: null, z: '3' }, '{"z":3}'],
    ['a name', '{"max_tokens": 5,"a":1}', { max_tokens: { renameTo: 'limit' } }, '{"limit": 5,"a":1}'],
    ['every duplicate', '{"a":1,"b":2,"a":{"x":[1]}}', { a: '7' }, '{"a":7,"b":2,"a":7}'],
    ['every duplicate removed', '{"a":1,"b":2,"a":{"x":[1]}}', { a: null }, '{"b":2}'],
    ['an escaped name', '{"\\u0061":1,"b":2}', { a: null }, '{"b":2}'],
    ['text outside ASCII', '{"a":1}', { a: asciiJson('grün 🌲') }, '{"a":"gr\\u00fcn \\ud83c\\udf32"}'],
  ])('%s', (_name, before, changes, after) => {
    expect(changed(before, changes)).toBe(after)
  })

  it('leaves absent fields alone', () => {
    const bytes = encode('{"a":1}')
    const object = objectMembers(bytes, 0)
    if (object === null) throw new Error('no object')
    expect(editField(object, 'b', null)).toEqual([])
    expect(editField(object, 'b', { renameTo: 'c' })).toEqual([])
    expect(applyEdits(bytes, [])).toBe(bytes)
  })

  it('refuses overlapping edits, outlying edits and text outside ASCII', () => {
    const bytes = encode('0123456789')
    const edit = (start: number, end: number, text = ''): Edit => ({ start, end, text })
    expect(() => applyEdits(bytes, [edit(0, 3), edit(2, 4)])).toThrow(RangeError)
    expect(() => applyEdits(bytes, [edit(8, 11)])).toThrow(RangeError)
    expect(() => applyEdits(bytes, [edit(4, 3)])).toThrow(RangeError)
    expect(() => applyEdits(bytes, [edit(1, 2, 'é')])).toThrow(RangeError)
    expect(decode(applyEdits(bytes, [edit(9, 10, 'x'), edit(0, 2, 'ab'), edit(5, 5, '-')]))).toBe('ab234-5678x')
  })

  it.each(['{"a":1', '{"a" 1}', '{"a":1,}', '[1]', '{"a":"x}', '{a:1}', ''])('finds no object in %s', (text) => {
    expect(objectMembers(encode(text), 0)).toBeNull()
  })
})

/** JSON text with random white space and escapes, as some client might write it. */
const space = fc.constantFrom('', ' ', '\n', '\t ', '\r\n')
/** The fields a gateway changes have names in ASCII; those a client adds may be anything. */
const changedNames = fc.constantFrom('model', 'thinking', 'max_tokens', 'a"b', 'stream', '', '\\')
const names = fc.oneof(changedNames, fc.constantFrom('ключ', 'é'))
const scalar = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.double({ noNaN: true }), fc.boolean())
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), scalar, fc.constant('} , ] "\\" {'))

interface Written {
  readonly text: string
  readonly entries: readonly (readonly [string, unknown])[]
}

const object = fc
  .array(fc.tuple(names, value, space, space, space, fc.boolean()), { maxLength: 8 })
  .map((fields): Written => {
    const parts = fields.map(([name, content, s1, s2, s3, pretty]) => {
      return `${s1}${JSON.stringify(name)}${s2}:${s3}${JSON.stringify(content, null, pretty ? 1 : 0)}${s1}`
    })
    return { text: `{${parts.join(',')}}`, entries: fields.map(([name, content]) => [name, content] as const) }
  })

const change = fc.oneof(fc.constant(null), value.map(asciiJson))

function expectedObject(written: Written, changes: ReadonlyMap<string, string | null>): Record<string, unknown> {
  const result = JSON.parse(written.text) as Record<string, unknown>
  for (const [name, wanted] of changes) {
    if (wanted === null) delete result[name]
    else result[name] = JSON.parse(wanted)
  }
  return result
}

/** The bytes outside the edits, in order. */
function kept(bytes: Uint8Array, edits: readonly Edit[]): number[] {
  return [...bytes].filter((_byte, index) => !edits.some((edit) => index >= edit.start && index < edit.end))
}

describe('any object, any changes', () => {
  it('parses to the changed object, and every other byte stays', () => {
    fc.assert(
      fc.property(object, fc.array(fc.tuple(changedNames, change), { maxLength: 4 }), (written, list) => {
        const changes = new Map(list)
        const bytes = encode(written.text)
        const layout = objectMembers(bytes, 0)
        if (layout === null) throw new Error('no object')
        expect(layout.members.map((member) => member.name)).toHaveLength(written.entries.length)
        const edits = editObject(layout, changes)
        const result = applyEdits(bytes, edits)
        expect(JSON.parse(decode(result))).toEqual(expectedObject(written, changes))
        const shift = { at: 0, keptInResult: [] as number[] }
        let from = 0
        for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
          shift.keptInResult.push(...result.subarray(shift.at, shift.at + edit.start - from))
          shift.at += edit.start - from + edit.text.length
          from = edit.end
        }
        shift.keptInResult.push(...result.subarray(shift.at))
        expect(shift.keptInResult).toEqual(kept(bytes, edits))
      }),
      { numRuns: 2000 },
    )
  })

  it('reads the same members whether or not the scan knows some of them', () => {
    fc.assert(
      fc.property(object, (written) => {
        const bytes = encode(written.text)
        const whole = objectMembers(bytes, 0)
        const fields = new Map(whole?.members.map((member) => [member.name, member.value]))
        const body = { bytes, decode: (start: number, end: number) => decode(bytes.subarray(start, end)) }
        expect(bodyMembers(body, fields)).toEqual(whole)
      }),
    )
  })

  it('removes elements of a list with their commas', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.boolean(), space)), (items) => {
        const text = `[${items.map(([item, , s]) => `${s}${JSON.stringify(item)}${s}`).join(',')}]`
        const bytes = encode(text)
        const elements = arrayElements(bytes, 0)
        if (elements === null) throw new Error('no array')
        const gone = new Set(items.flatMap(([, remove], index) => (remove ? [index] : [])))
        const left = items.flatMap(([item, remove]) => (remove ? [] : [item]))
        const result = decode(applyEdits(bytes, removeElements(elements, gone)))
        expect(JSON.parse(result)).toEqual(JSON.parse(JSON.stringify(left)))
      }),
    )
  })
})
