/**
 * Turns byte ranges of JSON strings into text, whole or as an excerpt of a long one.
 * It never keeps a part of the body alive: what it returns is a copy.
 */
import type { BodyText } from '../body-text.ts'

const BACKSLASH = 0x5c

/** The text of a JSON string whose bytes between the quotes are [start, end), escapes resolved. */
export function decodeString(body: BodyText, start: number, end: number): string {
  const raw = decodeBytes(body, start, end)
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
}

/** Bytes as text: short ASCII without a decoder, the rest as UTF-8. */
export function decodeBytes(body: BodyText, start: number, end: number): string {
  if (end - start > 24) return body.decode(start, end)
  let text = ''
  for (let at = start; at < end; at++) {
    const byte = body.bytes[at] as number
    if (byte >= 0x80) return body.decode(start, end)
    text += String.fromCharCode(byte)
  }
  return text
}

/** How much of a long string is kept, in bytes: its beginning and its end. */
export interface ExcerptSize {
  readonly head: number
  readonly tail: number
}

/** Says in an excerpt how much was left out, so that two excerpts of different length differ. */
export function omission(bytes: number): string {
  return ` … ${bytes} bytes … `
}

/**
 * Where a JSON string of bytes [start, end) may be cut so that [start, headEnd) and [tailStart, end) are whole
 * characters and whole escapes; null if it is short enough to be taken whole.
 */
export function excerptCuts(
  bytes: Uint8Array,
  range: { start: number; end: number },
  size: ExcerptSize,
): { headEnd: number; tailStart: number } | null {
  const { start, end } = range
  if (end - start <= size.head + size.tail) return null
  const headEnd = cutFrom(bytes, start + size.head, range)
  const tailStart = cutFrom(bytes, end - size.tail, range)
  return headEnd < tailStart ? { headEnd, tailStart } : null
}

function cutFrom(bytes: Uint8Array, from: number, range: { start: number; end: number }): number {
  let at = from
  while (at < range.end && !isBoundary(bytes, at, range.start)) at++
  return at
}

/** True if neither a UTF-8 character nor an escape spans the position. */
function isBoundary(bytes: Uint8Array, at: number, start: number): boolean {
  if (((bytes[at] as number) & 0xc0) === 0x80) return false
  if (isEscaping(bytes, at - 1, start)) return false
  for (let back = 1; back <= 4; back++) {
    const letter = at - back
    if (letter > start && bytes[letter] === 0x75 && isEscaping(bytes, letter - 1, start)) return false
  }
  return true
}

/** True if the byte is a backslash that begins an escape: the last of an odd run. */
function isEscaping(bytes: Uint8Array, at: number, start: number): boolean {
  let run = 0
  while (at - run >= start && bytes[at - run] === BACKSLASH) run++
  return run % 2 === 1
}
