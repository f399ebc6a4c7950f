import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { InvalidRequest } from '../../../../src/core/dialects/request-scan.ts'
import { JsonWalker } from '../../../../src/core/dialects/scan/json-walker.ts'
import { bodyOf } from '../body-of.ts'

/** The long form: npm run test:fuzz */
const RUNS = Number(process.env['HEADGATE_FUZZ_RUNS'] ?? 3_000)
vi.setConfig({ testTimeout: Math.max(20_000, RUNS * 30) })

function walks(bytes: Uint8Array): boolean {
  const walker = new JsonWalker(bodyOf(bytes))
  try {
    walker.value()
    return walker.atEnd()
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRequest)
    return false
  }
}

function parses(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString('utf8'))
    return true
  } catch {
    return false
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The pieces that matter to a parser, one a line end. */
const PIECES = [
  '{ } [ ] , : " \\ \\" \\\\ \\u \\u00e9 \\ud83d \\/ \\x "a" "b": "": "\\ // NaN undefined \'a\'',
  'null true false nul tru 0 -0 01 1.5 1. .5 - 1e5 1E+5 1e -1.0e-7 12345678',
  '[[ ]] {"a": }} "a","b" \u0000 \u001f \u007f é 😀 abcdefgh 1234567 \ufeff',
].flatMap((line) => line.split(' '))

/** Text that is nearly JSON. */
const pieces = fc
  .array(fc.constantFrom(...PIECES, ' ', '\n', '\t', '\r', '\f', '\u00a0'), { maxLength: 14 })
  .map((parts) => parts.join(''))

/** A document whose bytes were flipped, inserted or deleted at a few places. */
const mutated = fc
  .tuple(
    fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('flip', 'insert', 'delete', 'copy'), fc.nat(255)), { maxLength: 3 }),
    fc.constantFrom(0, 1, 3),
  )
  .map(([value, edits, indent]) => {
    const bytes = [...encode(JSON.stringify(value, null, indent))]
    for (const [where, edit, byte] of edits) {
      const at = bytes.length === 0 ? 0 : where % bytes.length
      if (edit === 'flip') bytes[at] = byte
      else if (edit === 'insert') bytes.splice(at, 0, byte)
      else if (edit === 'delete') bytes.splice(at, 1)
      else bytes.splice(at, 0, bytes[(at * 7) % bytes.length] ?? 0x22)
    }
    return Uint8Array.from(bytes)
  })

describe('JsonWalker agrees with JSON.parse on what is JSON', () => {
  test('documents as they are written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(0, 2), (value, indent) => {
        expect(walks(encode(JSON.stringify(value, null, indent)))).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })

  test('texts made of the pieces of JSON', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        expect(walks(encode(text))).toBe(parses(encode(text)))
      }),
      { numRuns: RUNS * 2 },
    )
  })

  test('documents with bytes changed, put in and left out', () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        expect(walks(bytes)).toBe(parses(bytes))
      }),
      { numRuns: RUNS },
    )
  })

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        expect(walks(bytes)).toBe(parses(bytes))
      }),
      { numRuns: RUNS },
    )
  })

  test('every special byte at every place of a chunk', () => {
    for (const special of [
      '"',
      '\\"',
      '\\\\',
      '\\u0041',
      '\\ud83d\\ude00',
      '\n',
      '\u0000',
      '\\',
      '\\q',
      '\\u00g0',
      '\u0080',
      'é',
    ]) {
      for (let before = 0; before < 20; before++) {
        for (let after = 0; after < 20; after++) {
          const bytes = encode(`"${'a'.repeat(before)}${special}${'b'.repeat(after)}"`)
          expect(walks(bytes), `${before} ${special} ${after}`).toBe(parses(bytes))
        }
      }
    }
  })

  test.each([
    ['an empty body', '', 'ends at byte 0'],
    ['white space', ' \n', 'ends at byte 2'],
    ['a byte order mark', '\ufeff{}', 'byte order mark'],
    ['a text cut inside a string', '{"a":"b', 'ends at byte 7 where a closing quote'],
    ['a raw line break in a string', '{"a":"\n"}', 'control character at byte 6'],
    ['a missing colon', '{"a" 1}', "':' at byte 5"],
    ['a trailing comma', '[1,]', 'a value at byte 3'],
    ['a bad escape', '"\\x"', 'an escape character at byte 2'],
  ])('says where %s is wrong', (_what, text, words) => {
    const walker = new JsonWalker(bodyOf(text))
    expect(() => walker.value()).toThrow(words)
    expect(() => new JsonWalker(bodyOf(text)).value()).toThrow('not valid JSON')
  })

  test('any depth', () => {
    const depth = 300_000
    const nested = encode('['.repeat(depth) + ']'.repeat(depth))
    expect(walks(nested)).toBe(true)
    expect(walks(nested.subarray(0, depth * 2 - 1))).toBe(false)
    expect(walks(encode(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`))).toBe(true)
  })
})

describe('JsonWalker measures and hashes', () => {
  const read = (json: string, offset: number, behind = 0): { length: number; hash: string } => {
    const walker = new JsonWalker(bodyOf(`${' '.repeat(offset)}${json}${']'.repeat(behind)}`))
    walker.position = offset
    walker.seed()
    walker.string()
    expect(walker.position).toBe(offset + encode(json).length)
    return {
      length: walker.stringEnd - walker.stringStart - walker.stringLoss,
      hash: `${walker.hashA} ${walker.hashB}`,
    }
  }

  test('strings: their UTF-8 length with escapes resolved, and a hash that does not depend on their place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(9), fc.boolean(), (text, offset, ascii) => {
        const plain = JSON.stringify(text)
        const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
        const json = ascii ? plain.replace(/[^\u0020-\u007e]/g, escaped) : plain
        const found = read(json, offset)
        expect(found.length).toBe(Buffer.byteLength(text))
        expect(read(json, 0, offset * 3).hash).toBe(found.hash)
      }),
      { numRuns: RUNS },
    )
  })

  test('different strings have different hashes', () => {
    const hashes = new Map<string, string>()
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const json = JSON.stringify(text)
        const { hash } = read(json, 0)
        expect(hashes.get(hash) ?? json).toBe(json)
        hashes.set(hash, json)
      }),
      { numRuns: RUNS },
    )
    const near = new Set<string>()
    for (let index = 0; index < 5_000; index++)
      near.add(read(JSON.stringify(`the same text but for one number ${index} in it`), 0).hash)
    expect(near.size).toBe(5_000)
  })
})
