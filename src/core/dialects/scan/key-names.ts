/**
 * Recognises the few property names and words a reader cares about from their bytes, without making a string of each.
 * It decides which known name a key is; an unknown one is the empty string.
 */
import type { JsonWalker } from './json-walker.ts'
import { decodeString } from './string-text.ts'

const QUOTE = 0x22

export class KeyNames {
  readonly names: readonly string[]
  private readonly byStart: readonly (readonly string[])[]

  /** At most 31 names, each of ASCII. */
  constructor(names: readonly string[]) {
    this.names = names
    const slots: string[][] = Array.from({ length: 64 }, () => [])
    for (const name of names) slots[slotOf(name.length, name.charCodeAt(0))]?.push(name)
    this.byStart = slots
  }

  /** The known name that the walker's last string spells, escapes resolved, or ''. */
  find(walker: JsonWalker): string {
    const { bytes, stringStart: start, stringEnd: end } = walker
    if (walker.stringLoss !== 0) {
      const name = decodeString(walker.body, start, end)
      return this.names.includes(name) ? name : ''
    }
    if (start === end) return ''
    const candidates = this.byStart[slotOf(end - start, bytes[start] as number)] as readonly string[]
    for (const name of candidates) if (spells(bytes, start, end, name)) return name
    return ''
  }
}

/** Reads a value that is nearly always one of a few known words; '' if it is no string. */
export function readWord(walker: JsonWalker, known: KeyNames): string {
  const isText = walker.peek() === QUOTE
  walker.value()
  if (!isText) return ''
  const word = known.find(walker)
  return word === '' ? decodeString(walker.body, walker.stringStart, walker.stringEnd) : word
}

function slotOf(length: number, first: number): number {
  return (Math.imul(length, 7) ^ first) & 63
}

function spells(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false
  for (let index = 0; index < name.length; index++) {
    if (bytes[start + index] !== name.charCodeAt(index)) return false
  }
  return true
}
