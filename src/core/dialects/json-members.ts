/**
 * Where the members of a JSON object or array stand in its bytes, one level deep. Values are stepped over, never built,
 * so a long history costs a walk and no memory. It decides nothing and never changes a byte; broken JSON gives null.
 */
import type { ByteRange } from './body-text.ts'

export interface Member {
  readonly name: string
  /** From the opening quote of the name to after its closing quote. */
  readonly key: ByteRange
  readonly value: ByteRange
}

export interface ObjectMembers {
  /** Index of the opening brace. */
  readonly open: number
  /** Index of the closing brace. */
  readonly close: number
  /** In the order of the bytes, duplicates included. */
  readonly members: readonly Member[]
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** Index of the first byte at or after `index` that is not JSON whitespace. */
function skipSpace(bytes: Uint8Array, index: number): number {
  let at = index
  for (;;) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at += 1
  }
}

/** Index after the closing quote of the string that opens at `start`; -1 if it does not close. */
function stringEnd(bytes: Uint8Array, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1)
  while (quote !== -1) {
    let backslashes = 0
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return quote + 1
    quote = bytes.indexOf(QUOTE, quote + 1)
  }
  return -1
}

/** Index after the value that begins at `start`; -1 if it does not end. */
function valueEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start]
  if (first === QUOTE) return stringEnd(bytes, start)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return nestedEnd(bytes, start)
  let at = start
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 0x20) break
  }
  return at === start ? -1 : at
}

function nestedEnd(bytes: Uint8Array, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at = stringEnd(bytes, at) - 1
      if (at < 0) return -1
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}

/** Bytes as a string of one character a byte: JSON.parse of it is right wherever only ASCII matters. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  const STEP = 8192
  if (end - start <= STEP) return String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[])
  let text = ''
  for (let at = start; at < end; at += STEP) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, Math.min(at + STEP, end)) as unknown as number[])
  }
  return text
}

function parsed(bytes: Uint8Array, range: ByteRange): unknown {
  try {
    return JSON.parse(latin1(bytes, range.start, range.end))
  } catch {
    return undefined
  }
}

/** Nearly no name has an escape; undefined where it is not JSON. */
function nameOf(bytes: Uint8Array, key: ByteRange): unknown {
  const name = latin1(bytes, key.start + 1, key.end - 1)
  return name.includes('\\') ? parsed(bytes, key) : name
}

/** The value of a small range, parsed; non-ASCII text in it is not decoded. Undefined where it is not JSON. */
export function smallValue(bytes: Uint8Array, range: ByteRange | undefined): unknown {
  return range === undefined ? undefined : parsed(bytes, range)
}

/**
 * The members of the object whose opening brace is at or after `start` (whitespace between).
 * `known`: ends of values by their starts, where the caller has them, so that they are not walked again.
 */
export function objectMembers(
  bytes: Uint8Array,
  start: number,
  known?: ReadonlyMap<number, number>,
): ObjectMembers | null {
  const open = skipSpace(bytes, start)
  if (bytes[open] !== OPEN_BRACE) return null
  const members: Member[] = []
  let at = skipSpace(bytes, open + 1)
  if (bytes[at] === CLOSE_BRACE) return { open, close: at, members }
  for (;;) {
    if (bytes[at] !== QUOTE) return null
    const keyEnd = stringEnd(bytes, at)
    if (keyEnd === -1) return null
    const colon = skipSpace(bytes, keyEnd)
    if (bytes[colon] !== COLON) return null
    const valueStart = skipSpace(bytes, colon + 1)
    const end = known?.get(valueStart) ?? valueEnd(bytes, valueStart)
    if (end === -1) return null
    const key = { start: at, end: keyEnd }
    const name = nameOf(bytes, key)
    if (typeof name !== 'string') return null
    members.push({ name, key, value: { start: valueStart, end } })
    const next = skipSpace(bytes, end)
    if (bytes[next] === CLOSE_BRACE) return { open, close: next, members }
    if (bytes[next] !== COMMA) return null
    at = skipSpace(bytes, next + 1)
  }
}

/** The ranges of an array's elements; null if there is no array at `start`. */
export function arrayElements(bytes: Uint8Array, start: number): ByteRange[] | null {
  const open = skipSpace(bytes, start)
  if (bytes[open] !== OPEN_BRACKET) return null
  const elements: ByteRange[] = []
  let at = skipSpace(bytes, open + 1)
  if (bytes[at] === CLOSE_BRACKET) return elements
  for (;;) {
    const end = valueEnd(bytes, at)
    if (end === -1) return null
    elements.push({ start: at, end })
    const next = skipSpace(bytes, end)
    if (bytes[next] === CLOSE_BRACKET) return elements
    if (bytes[next] !== COMMA) return null
    at = skipSpace(bytes, next + 1)
  }
}

/** The value of a member; of a duplicated name the last one, as JSON.parse takes it. */
export function memberValue(object: ObjectMembers | null, name: string): ByteRange | undefined {
  return object?.members.findLast((member) => member.name === name)?.value
}
