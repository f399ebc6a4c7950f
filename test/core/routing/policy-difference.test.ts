import { describe, expect, it } from 'vitest'
import { policyDifference } from '../../../src/core/routing/policy-difference.ts'

describe('the difference of two policies', () => {
  it('names every member that was added, removed or changed, by its path', () => {
    const before = { schema: 1, growth: { tier2At: 1, tier3At: 2 }, rules: 'literal' }
    const after = { schema: 1, growth: { tier2At: 5, tier3At: 2 }, scope: { share: 0.5 } }
    expect(policyDifference(before, after)).toEqual([
      { path: 'growth.tier2At', kind: 'changed', before: 1, after: 5 },
      { path: 'rules', kind: 'removed', before: 'literal' },
      { path: 'scope', kind: 'added', after: { share: 0.5 } },
    ])
  })

  it('is nothing between equals, whatever the order of their members', () => {
    const one = { a: { x: [1, { y: 2 }], z: null }, b: 1 }
    const other = { b: 1, a: { z: null, x: [1, { y: 2 }] } }
    expect(policyDifference(one, other)).toEqual([])
  })

  it('takes a list as one value, since its order means something', () => {
    expect(policyDifference({ a: [1, 2] }, { a: [2, 1] })).toEqual([
      { path: 'a', kind: 'changed', before: [1, 2], after: [2, 1] },
    ])
    expect(policyDifference({ a: [{ x: 1 }] }, { a: [{ x: 1, y: 2 }] })).toHaveLength(1)
    expect(policyDifference({ a: {} }, { a: [] })).toHaveLength(1)
  })

  it('does not mistake an inherited name for a member', () => {
    const polluting = JSON.parse('{"__proto__":{"x":1},"toString":1}') as unknown
    expect(policyDifference({}, polluting).map(({ path }) => path)).toEqual(['__proto__', 'toString'])
  })
})
