/**
 * Reads objects and arrays whose members matter, member by member, over a JsonWalker.
 * It decides what an object's hash is: the same whatever the order of its members, white space, members that are null
 * or that the visitor declares to be without meaning (cache marks). Of a name that stands twice the last one counts,
 * as JSON.parse takes it.
 */
import { avalanche } from './hash-lanes.ts'
import { JsonWalker } from './json-walker.ts'
import type { KeyNames } from './key-names.ts'
import { decodeString } from './string-text.ts'

const CLOSE_ARRAY = 0x5d
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
const NULL_START = 0x6e

/** Readers go this deep at most; below it duplicates are nobody's concern. */
const READ_DEPTH = 10

/**
 * Called with the known name of a member ('' for any other) while the walker stands on its value, which the visitor
 * must read to its end. Returns whether the member has meaning, that is, counts in the object's hash.
 */
type MemberVisitor = (name: string) => boolean

/** Values that a later member of the same name overrides, by the position of their key's first byte. */
export type Overridden = ReadonlySet<number>

/** Thrown when a name stands twice in an object: the whole text is then read again with the overridden ones known. */
export class DuplicateName extends Error {}

/** Reads the object the walker stands on and takes its hash, made of its members, into the running hash. */
export function readObject(walker: JsonWalker, names: KeyNames, visit: MemberVisitor, overridden?: Overridden): void {
  const outerA = walker.hashA
  const outerB = walker.hashB
  let sumA = OPEN_OBJECT
  let sumB = CLOSE_OBJECT
  let seen = 0
  if (walker.enter(CLOSE_OBJECT)) {
    do {
      walker.seed()
      walker.key()
      const keyStart = walker.stringStart
      const name = names.find(walker)
      if (name !== '') {
        const bit = 1 << names.names.indexOf(name)
        if (overridden === undefined) {
          if ((seen & bit) !== 0) throw new DuplicateName()
          seen |= bit
        } else if (overridden.has(keyStart)) {
          walker.value()
          continue
        }
      }
      const absent = walker.peek() === NULL_START
      if (visit(name) && !absent) {
        sumA = (sumA + avalanche(walker.hashA)) | 0
        sumB = (sumB + avalanche(walker.hashB ^ walker.hashA)) | 0
      }
    } while (walker.more(CLOSE_OBJECT))
  }
  walker.hashA = outerA
  walker.hashB = outerB
  walker.mix(sumA, sumB)
}

/** Reads the array the walker stands on; the visitor must read each item to its end. Returns the number of items. */
export function readArray(walker: JsonWalker, visit: (index: number) => void): number {
  let count = 0
  walker.mix(OPEN_ARRAY, 0)
  if (walker.enter(CLOSE_ARRAY)) {
    do {
      walker.peek()
      visit(count++)
    } while (walker.more(CLOSE_ARRAY))
  }
  walker.mix(CLOSE_ARRAY, count)
  return count
}

/** All members that a later one of the same name overrides, in the levels that readers look at. */
export function findOverridden(source: JsonWalker): Overridden {
  const walker = new JsonWalker(source.body)
  const overridden = new Set<number>()
  const readLevel = (depth: number): void => {
    const byte = walker.peek()
    if (depth > READ_DEPTH || (byte !== OPEN_OBJECT && byte !== OPEN_ARRAY)) return walker.value()
    if (byte === OPEN_ARRAY) {
      readArray(walker, () => readLevel(depth + 1))
      return
    }
    const last = new Map<string, number>()
    if (!walker.enter(CLOSE_OBJECT)) return
    do {
      walker.key()
      const name = decodeString(walker.body, walker.stringStart, walker.stringEnd)
      const earlier = last.get(name)
      if (earlier !== undefined) overridden.add(earlier)
      last.set(name, walker.stringStart)
      readLevel(depth + 1)
    } while (walker.more(CLOSE_OBJECT))
  }
  readLevel(0)
  return overridden
}
