import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { pathMatches } from '../../../src/core/tasks/path-glob.ts'

it.each([
  ['*.sql', 'db/001.sql', true],
  ['*.sql', '001.sqlx', false],
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/b/a.ts', false],
  ['src/**', 'src/b/c/a.ts', true],
  ['src/**/*.ts', 'src/a.ts', true],
  ['src/**/*.ts', 'src/b/c/a.ts', true],
  ['**/test/**', 'a/test/b/c.ts', true],
  ['**/test/**', 'a/tests/b.ts', false],
  ['**', 'anything/at/all', true],
  ['a?.ts', 'ab.ts', true],
  ['a?.ts', 'a.ts', false],
  ['src/a.ts', './src/a.ts', true],
  ['src/a.ts', 'src\\a.ts', true],
  ['*a*b*c', 'xxaxxbxxc', true],
  ['*a*b*c', 'xxaxxcxxb', false],
  ['*', '', false],
])('%s on %s: %s', (glob, path, expected) => {
  expect(pathMatches(glob, path)).toBe(expected)
})

it('agrees with a plain backtracking matcher', () => {
  const slow = (glob: string, text: string): boolean => {
    if (glob === '') return text === ''
    if (glob[0] === '*') return slow(glob.slice(1), text) || (text !== '' && slow(glob, text.slice(1)))
    return text !== '' && (glob[0] === '?' || glob[0] === text[0]) && slow(glob.slice(1), text.slice(1))
  }
  const part = (unit: string) => fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(part('ab*?'), part('ab'), (glob, text) => {
      fc.pre(!glob.includes('**'))
      expect(pathMatches(glob, text)).toBe(slow(glob, text))
    }),
    { numRuns: 500 },
  )
})
