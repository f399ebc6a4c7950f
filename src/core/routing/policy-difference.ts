/** What differs between two policies, member by member. It knows nothing of what the members mean. */
import { isObject } from '../chat/json-value.ts'

export interface Difference {
  /** As in `growth.tier2At`. */
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** Absent where it was added. */
  readonly before?: unknown
  /** Absent where it was removed. */
  readonly after?: unknown
}

/** Lists count as one value: their order has a meaning. Sorted by path. */
export function policyDifference(before: unknown, after: unknown): Difference[] {
  return differences(before, after, []).sort((one, other) => (one.path < other.path ? -1 : 1))
}

function differences(before: unknown, after: unknown, path: readonly string[]): Difference[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...names].flatMap((name) => {
      const place = [...path, name]
      if (!Object.hasOwn(before, name)) return [{ path: place.join('.'), kind: 'added', after: after[name] }]
      if (!Object.hasOwn(after, name)) return [{ path: place.join('.'), kind: 'removed', before: before[name] }]
      return differences(before[name], after[name], place)
    })
  }
  return same(before, after) ? [] : [{ path: path.join('.'), kind: 'changed', before, after }]
}

function same(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, index) => same(value, other[index]))
  }
  if (isObject(one) && isObject(other)) return differences(one, other, []).length === 0
  return one === other
}
