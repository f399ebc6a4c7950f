/**
 * Cheap looks at the JSON of an event or an answer: by its bytes where it is a delta, parsed where it is small, member
 * by member where it is large. Nothing here throws on broken input.
 */
import type { ByteRange } from '../dialects/body-text.ts'
import type { ObjectMembers } from '../dialects/json-members.ts'
import { latin1, memberValue, smallValue } from '../dialects/json-members.ts'
import type { ReadingDraft } from './stream-reading.ts'

export type Json = Readonly<Record<string, unknown>>

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const LETTER_N = 0x6e

/** ASCII text as bytes, for comparisons without building strings. */
export function ascii(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0))
}

/** Whether `pattern` stands at `at`. */
export function standsAt(bytes: Uint8Array, pattern: Uint8Array, at: number): boolean {
  for (let index = 0; index < pattern.length; index += 1) {
    if (bytes[at + index] !== pattern[index]) return false
  }
  return true
}

/** An object, else an empty one. */
export function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text that is not empty, else null. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** A count: an integer from 0 up; null: it is none. */
export function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** A count of tokens; whatever is none counts as 0. */
export function tokens(value: unknown): number {
  return count(value) ?? 0
}

/** The whole of a small JSON text. Text outside ASCII in it is not decoded. */
export function parsed(data: Uint8Array): Json {
  try {
    return record(JSON.parse(latin1(data, 0, data.length)))
  } catch {
    return {}
  }
}

/** One member of a large object, parsed. */
export function member(bytes: Uint8Array, object: ObjectMembers | null, name: string): unknown {
  return smallValue(bytes, memberValue(object, name))
}

/** Bytes of the values of such members in a stretch of JSON, however deep they lie. */
export function bytesOfValues(json: Uint8Array, names: readonly Uint8Array[]): number {
  const counter = { outputBytes: 0 }
  countDelta(counter, json, { counted: names, marks: [] })
  return counter.outputBytes
}

export function rangeLength(range: ByteRange | undefined): number {
  return range === undefined ? 0 : range.end - range.start
}

export interface DeltaKeys {
  /** Members whose string values are output. */
  readonly counted: readonly Uint8Array[]
  /** Members whose presence, other than null, makes the event worth parsing. */
  readonly marks: readonly Uint8Array[]
}

/**
 * Adds the bytes of the counted strings to the draft's output; true if a mark was met. One pass, no strings built: a
 * quote inside a value is always escaped, so nothing a model writes is taken for a member.
 */
export function countDelta(draft: Pick<ReadingDraft, 'outputBytes'>, data: Uint8Array, keys: DeltaKeys): boolean {
  let marked = false
  let counting = false
  for (let at = 0; at < data.length; at += 1) {
    if (data[at] !== QUOTE) continue
    const end = closingQuote(data, at)
    if (data[end + 1] === COLON || data[end + 2] === COLON) {
      counting = isOneOf(data, at + 1, end, keys.counted)
      marked ||= isOneOf(data, at + 1, end, keys.marks) && !isNull(data, end + 1)
    } else if (counting) {
      draft.outputBytes += end - at - 1
      counting = false
    }
    at = end
  }
  return marked
}

function closingQuote(data: Uint8Array, open: number): number {
  let at = open + 1
  while (at < data.length && data[at] !== QUOTE) at += data[at] === BACKSLASH ? 2 : 1
  return at
}

function isNull(data: Uint8Array, from: number): boolean {
  let at = from
  while (data[at] === COLON || data[at] === 0x20) at += 1
  return data[at] === LETTER_N
}

function isOneOf(data: Uint8Array, start: number, end: number, names: readonly Uint8Array[]): boolean {
  for (const name of names) {
    if (name.length === end - start && standsAt(data, name, start)) return true
  }
  return false
}
