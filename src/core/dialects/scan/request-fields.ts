/**
 * Reads the top level of a request: the ranges of its fields, and the small ones of them as values.
 * It decides which types no model could serve; what a field means is its dialect's business.
 */
import type { BodyText, ByteRange } from '../body-text.ts'
import { InvalidRequest } from '../request-scan.ts'
import { JsonWalker } from './json-walker.ts'
import { DuplicateName, findOverridden, type Overridden } from './object-reader.ts'
import { decodeBytes, decodeString } from './string-text.ts'

const CLOSE_OBJECT = 0x7d
const OPEN_OBJECT = 0x7b
const QUOTE = 0x22

/** Fields above this size are not parsed. */
const SMALL_FIELD_BYTES = 256 * 1024
const QUOTES = 2
const MOST_TEXT_BYTES = SMALL_FIELD_BYTES - QUOTES

/** How a provider's API says that a field is wrong, so that clients read the words they know. */
export interface FieldWording {
  missing(field: string): string
  wrongType(field: string, expected: JsonKind, got: JsonKind): string
  empty(field: string, expected: 'string' | 'array'): string
  tooSmall(field: string, minimum: number, got: number): string
  /** Lengths as in the body, in bytes. */
  tooLong(field: string, most: number, got: number): string
}

export type JsonKind = 'string' | 'array' | 'object' | 'boolean' | 'integer' | 'number' | 'null'

/** The kind of the value that begins with this byte. */
export function kindOf(first: number): JsonKind {
  if (first === QUOTE) return 'string'
  if (first === 0x5b) return 'array'
  if (first === OPEN_OBJECT) return 'object'
  if (first === 0x74 || first === 0x66) return 'boolean'
  return first === 0x6e ? 'null' : 'number'
}

/** The first thing found wrong with a request that is otherwise JSON. Thrown only once all of it is known to be JSON. */
export class Complaint {
  private first: InvalidRequest | null = null
  readonly wording: FieldWording

  constructor(wording: FieldWording) {
    this.wording = wording
  }

  note(field: string, message: string): void {
    this.first ??= new InvalidRequest(message, field)
  }

  /** Forgets what an earlier attempt noted. */
  clear(): void {
    this.first = null
  }

  throwIfAny(): void {
    if (this.first !== null) throw this.first
  }
}

/** Reads one top-level field; the walker stands on its value. */
export type FieldReader = (walker: JsonWalker, overridden: Overridden | undefined) => void

/** What a walk over a whole body finds beside what its readers keep. */
interface TopLevel {
  readonly fields: ReadonlyMap<string, ByteRange>
  /** The deepest nesting. */
  readonly deepest: number
  /** A cache mark inside tools, system or messages asks for the long lifetime. */
  readonly longLivedMark: boolean
}

/**
 * Walks over the whole body. `prepare` is called anew for each attempt (a second one is made if some name stands twice)
 * and returns the readers of the fields that have one; all other fields are only checked and measured.
 */
export function readTopLevel(body: BodyText, prepare: () => ReadonlyMap<string, FieldReader>): TopLevel {
  try {
    return attempt(body, prepare(), undefined)
  } catch (error) {
    if (!(error instanceof DuplicateName)) throw error
    return attempt(body, prepare(), findOverridden(new JsonWalker(body)))
  }
}

function attempt(
  body: BodyText,
  readers: ReadonlyMap<string, FieldReader>,
  overridden: Overridden | undefined,
): TopLevel {
  const walker = new JsonWalker(body)
  const fields = new Map<string, ByteRange>()
  const first = walker.peek()
  if (first !== OPEN_OBJECT) {
    walker.value()
    if (!walker.atEnd()) walker.fail('the end of the body')
    throw new InvalidRequest('The request body must be a JSON object.')
  }
  if (walker.enter(CLOSE_OBJECT)) {
    do {
      walker.key()
      const keyStart = walker.stringStart
      const name = decodeString(body, keyStart, walker.stringEnd)
      const start = walker.position
      const reader = readers.get(name)
      if (reader === undefined || overridden?.has(keyStart) === true) walker.value()
      else if (overridden === undefined && fields.has(name)) throw new DuplicateName()
      else reader(walker, overridden)
      fields.set(name, { start, end: walker.position })
    } while (walker.more(CLOSE_OBJECT))
  }
  if (!walker.atEnd()) walker.fail('the end of the body')
  return { fields, deepest: walker.deepest, longLivedMark: walker.longLivedMark }
}

/** The small fields of a request as values. */
export class FieldValues {
  private readonly body: BodyText
  private readonly fields: ReadonlyMap<string, ByteRange>
  private readonly complaint: Complaint
  private readonly parsed = new Map<string, unknown>()

  constructor(body: BodyText, fields: ReadonlyMap<string, ByteRange>, complaint: Complaint) {
    this.body = body
    this.fields = fields
    this.complaint = complaint
  }

  has(name: string): boolean {
    return (this.json(name) ?? null) !== null || this.isLarge(name)
  }

  /** The field parsed; undefined if it is missing or too large to be worth it. */
  json(name: string): unknown {
    const range = this.fields.get(name)
    if (range === undefined || this.isLarge(name)) return undefined
    if (!this.parsed.has(name)) this.parsed.set(name, parseValue(this.body, range))
    return this.parsed.get(name)
  }

  /** A string that must be there and not be empty. */
  requiredText(name: string): string {
    const { wording } = this.complaint
    const value = this.json(name)
    if (typeof value === 'string' && value !== '') return value
    if (value === undefined && !this.fields.has(name)) this.complaint.note(name, wording.missing(name))
    else if (value === '') this.complaint.note(name, wording.empty(name, 'string'))
    else if (this.kind(name) === 'string')
      this.complaint.note(name, wording.tooLong(name, MOST_TEXT_BYTES, this.textBytes(name)))
    else this.complaint.note(name, wording.wrongType(name, 'string', this.kind(name)))
    return ''
  }

  /** True or false; missing and null are false. */
  flag(name: string): boolean {
    const value = this.json(name) ?? false
    if (typeof value === 'boolean') return value
    this.complaint.note(name, this.complaint.wording.wrongType(name, 'boolean', this.kind(name)))
    return false
  }

  /** A whole number of at least `minimum`; null if missing or null. */
  wholeNumber(name: string, minimum: number): number | null {
    if (this.isLarge(name)) {
      this.complaint.note(name, this.complaint.wording.wrongType(name, 'integer', this.kind(name)))
      return null
    }
    const value = this.json(name) ?? null
    if (value === null) return null
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      this.complaint.note(name, this.complaint.wording.wrongType(name, 'integer', this.kind(name)))
      return null
    }
    if (value < minimum) this.complaint.note(name, this.complaint.wording.tooSmall(name, minimum, value))
    return value
  }

  /** A string, or null if the field is missing or something else. */
  text(name: string): string | null {
    const value = this.json(name)
    return typeof value === 'string' ? value : null
  }

  private kind(name: string): JsonKind {
    return kindOf(this.body.bytes[this.fields.get(name)?.start ?? 0] as number)
  }

  /** Without its quotes. */
  private textBytes(name: string): number {
    const { start, end } = this.fields.get(name) ?? { start: 0, end: QUOTES }
    return end - start - QUOTES
  }

  private isLarge(name: string): boolean {
    const range = this.fields.get(name)
    return range !== undefined && range.end - range.start > SMALL_FIELD_BYTES
  }
}

function parseValue(body: BodyText, { start, end }: ByteRange): unknown {
  switch (body.bytes[start]) {
    case QUOTE:
      return decodeString(body, start + 1, end - 1)
    case 0x74:
      return true
    case 0x66:
      return false
    default:
      return JSON.parse(decodeBytes(body, start, end)) as unknown
  }
}
