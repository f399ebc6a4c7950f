import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findPhrases, indexPhrases, tokenise } from '../../../src/core/tasks/phrase-index.ts'

const KEY_WORDS = ['refactor', 'implement', 'dependency', 'migrate', 'rename', 'test', 'docstring']
const INDEX = indexPhrases(
  [{ phrases: Object.fromEntries(KEY_WORDS.map((word) => [word, [word]])), anywhere: false }],
  KEY_WORDS,
)

function found(word: string): readonly string[] {
  return findPhrases(INDEX, [{ stem: word, startsClause: true, inflected: false }], word).flatMap((hit) => hit.concepts)
}

const stems = [...INDEX.byFirstWord.keys()]
const without = (word: string, at: number): string => word.slice(0, at) + word.slice(at + 1)
/** The word, and what is left of it without any one letter but the first. */
const cuts = (word: string): Set<string> =>
  new Set([word, ...Array.from({ length: word.length - 1 }, (_none, index) => without(word, index + 1))])

describe('one slip of a finger', () => {
  it('is forgiven in a key word wherever it happens, and nothing else is', () => {
    const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz')
    const slip = fc.record({
      stem: fc.constantFrom(...stems),
      at: fc.nat(15),
      letter,
      kind: fc.constantFrom('miss', 'add', 'other', 'swap', 'two'),
    })
    fc.assert(
      fc.property(slip, ({ stem, at, letter: other, kind }) => {
        const place = 1 + (at % Math.max(1, stem.length - 1))
        const typed = {
          miss: without(stem, place),
          add: stem.slice(0, place) + other + stem.slice(place),
          other: stem.slice(0, place) + other + stem.slice(place + 1),
          swap: stem.slice(0, place) + (stem[place + 1] ?? '') + (stem[place] ?? '') + stem.slice(place + 2),
          two: without(without(stem, place), 1),
        }[kind]
        // Said plainly: the word and a key word have something in common when each may lose one letter.
        const looked = typed.length >= 5 && typed.length <= 16
        const near = looked ? stems.filter((key) => [...cuts(key)].some((cut) => cuts(typed).has(cut))) : []
        const expected = stems.includes(typed) ? [typed] : near
        expect(found(typed).map((concept) => stems[KEY_WORDS.indexOf(concept)])).toEqual(expected.slice(0, 1))
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('splitting a text into words', () => {
  it('is the same for ASCII alone as for any script', () => {
    const piece = fc.constantFrom(
      'add',
      "don't",
      "it's'",
      'x_1',
      ' ',
      '  ',
      '\n',
      '\t',
      '. ',
      '.',
      '(',
      '( ',
      '!',
      '?\n',
      ';',
      ': ',
      'fixed',
      'running',
      'AND',
      'then ',
      '-',
      '"',
      "'",
      '9',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ unit: 'binary-ascii', maxLength: 6 })), { maxLength: 30 }),
        (pieces) => {
          const text = pieces.join('')
          expect(tokenise(text)).toEqual(tokenise(`${text} é`).slice(0, -1))
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
