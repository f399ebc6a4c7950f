import { expect, it } from 'vitest'
import { Recent } from '../../src/core/recent.ts'

it('keeps what was worked out lately and forgets the oldest', () => {
  const recent = new Recent<number>(2)
  expect(recent.keep('a', 1)).toBe(1)
  recent.keep('b', 2)
  recent.keep('a', 3)
  recent.keep('c', 4)
  expect(['a', 'b', 'c'].map((name) => recent.get(name))).toEqual([undefined, 2, 4])
})
