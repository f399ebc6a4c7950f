/**
 * Same dialect in and out: the client's bytes, patched in place. Unknown fields, key order, spacing and numbers stay as
 * they came, since a provider's prompt cache and signatures depend on them. It never re-serialises a body.
 */
import type { BodyText, ByteRange } from './body-text.ts'
import type { Member, ObjectMembers } from './json-members.ts'
import { objectMembers } from './json-members.ts'

/** Bytes [start, end) give way to `text`, which is ASCII. `start === end`: an insertion. */
export interface Edit extends ByteRange {
  readonly text: string
}

/** What becomes of a field: JSON text in ASCII (see `asciiJson`), null to remove it, or a new name for it. */
export type FieldChange = string | null | { readonly renameTo: string }

/** A JSON text in which every character outside ASCII is escaped, so that it has as many bytes as characters. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * The bytes with every edit made. Edits may come in any order; insertions at one place keep theirs.
 * Throws a RangeError on overlapping or outlying edits and on text that is not ASCII: each is a bug of the caller.
 */
export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  if (edits.length === 0) return bytes
  const pieces = editedPieces(bytes, edits)
  const result = new Uint8Array(lengthOf(pieces))
  let to = 0
  for (const piece of pieces) {
    result.set(piece, to)
    to += piece.length
  }
  return result
}

/** The same as pieces, in order: the parts that stay are not copied. */
export function editedPieces(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array[] {
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end)
  const pieces: Uint8Array[] = []
  let from = 0
  for (const { start, end, text } of sorted) {
    if (start < from || end < start || end > bytes.length) {
      throw new RangeError(`edit [${start}, ${end}) overlaps another or lies outside ${bytes.length} bytes`)
    }
    if (start > from) pieces.push(bytes.subarray(from, start))
    if (text !== '') pieces.push(asciiBytes(text))
    from = end
  }
  if (from < bytes.length) pieces.push(bytes.subarray(from))
  return pieces
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((length, piece) => length + piece.length, 0)
}

function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit > 0x7f) throw new RangeError('the text of an edit is not ASCII')
    bytes[index] = unit
  }
  return bytes
}

/** The top-level members of a request body; the ranges a scan already knows are not walked again. */
export function bodyMembers(body: BodyText, fields: ReadonlyMap<string, ByteRange>): ObjectMembers {
  const known = new Map<number, number>()
  for (const range of fields.values()) known.set(range.start, range.end)
  const object = objectMembers(body.bytes, 0, known)
  if (object === null) throw new RangeError('the body is not a JSON object')
  return object
}

/**
 * The edits that make the changes in one object: a value replaced, a field removed with its comma, a new field put
 * before the closing brace. Every occurrence of a duplicated name is changed, so that no reader sees an old value.
 * Renaming a field that is not there does nothing.
 */
export function editObject(object: ObjectMembers, changes: ReadonlyMap<string, FieldChange>): Edit[] {
  const edits: Edit[] = []
  for (const member of object.members) {
    const change = changes.get(member.name)
    if (typeof change === 'string') edits.push({ ...member.value, text: change })
    else if (change) edits.push({ ...member.key, text: asciiJson(change.renameTo) })
  }
  edits.push(...removals(object.members, (member) => changes.get(member.name) === null))
  const insertion = insertionEdit(object, changes)
  if (insertion !== null) edits.push(insertion)
  return edits
}

/** One field replaced, inserted or removed. */
export function editField(object: ObjectMembers, name: string, change: FieldChange): Edit[] {
  return editObject(object, new Map([[name, change]]))
}

/** Removes the elements of a list that `gone` names, each run of them with the comma that held it. */
export function removeElements(elements: readonly ByteRange[], gone: ReadonlySet<number>): Edit[] {
  return runs(elements.length, (index) => gone.has(index)).map(([first, last]) =>
    removalOfRun(elements, elements, first, last),
  )
}

function removals(members: readonly Member[], gone: (member: Member) => boolean): Edit[] {
  const starts = members.map((member) => member.key)
  const ends = members.map((member) => member.value)
  return runs(members.length, (index) => gone(members[index] as Member)).map(([first, last]) =>
    removalOfRun(starts, ends, first, last),
  )
}

/** The comma before a run goes with it; a run at the beginning takes the comma behind it. */
function removalOfRun(starts: readonly ByteRange[], ends: readonly ByteRange[], first: number, last: number): Edit {
  const before = ends[first - 1]
  const after = starts[last + 1]
  const end = (ends[last] as ByteRange).end
  if (before !== undefined) return { start: before.end, end, text: '' }
  return { start: (starts[first] as ByteRange).start, end: after === undefined ? end : after.start, text: '' }
}

function runs(length: number, gone: (index: number) => boolean): [number, number][] {
  const found: [number, number][] = []
  for (let index = 0; index < length; index += 1) {
    if (!gone(index)) continue
    const open = found.at(-1)
    if (open !== undefined && open[1] === index - 1) open[1] = index
    else found.push([index, index])
  }
  return found
}

function insertionEdit(object: ObjectMembers, changes: ReadonlyMap<string, FieldChange>): Edit | null {
  const present = new Set(object.members.map((member) => member.name))
  const added: string[] = []
  for (const [name, change] of changes) {
    if (typeof change === 'string' && !present.has(name)) added.push(`${asciiJson(name)}:${change}`)
  }
  if (added.length === 0) return null
  const someStay = object.members.some((member) => changes.get(member.name) !== null)
  const at = object.members.at(-1)?.value.end ?? object.open + 1
  return { start: at, end: at, text: `${someStay ? ',' : ''}${added.join(',')}` }
}
