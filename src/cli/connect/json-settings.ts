/** Settings put into a JSON file: everything else keeps its place, the file keeps its indentation and line ends. */
import { ConnectError } from './connect-error.ts'

export interface JsonRecord {
  readonly [name: string]: unknown
}

/**
 * The text with the settings in it. Objects are merged, member by member; any other value replaces what was there.
 *
 * @param before null or blank: a new file
 * @throws ConnectError when the text is not a plain JSON object, for example because it holds comments
 */
export function mergedJson(before: string | null, settings: JsonRecord): string {
  if (before === null || before.trim() === '') return `${JSON.stringify(settings, null, 2)}\n`
  // Some editors begin a file with a byte order mark, which JSON.parse refuses.
  const mark = before.startsWith('\uFEFF') ? '\uFEFF' : ''
  const text = before.slice(mark.length)
  const written = JSON.stringify(mergedObjects(parsedObject(text), settings), null, indentationOf(text))
  const end = /\s*$/.exec(text)?.[0] ?? ''
  const lines = text.includes('\r\n') ? written.replaceAll('\n', '\r\n') : written
  return mark + lines + end
}

function parsedObject(text: string): JsonRecord {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ConnectError('it is not plain JSON (comments?), so it was left as it is', error)
  }
  if (!isRecord(value)) throw new ConnectError('it does not hold a JSON object, so it was left as it is')
  return value
}

function mergedObjects(old: JsonRecord, added: JsonRecord): JsonRecord {
  const merged = new Map(Object.entries(old))
  for (const [name, value] of Object.entries(added)) {
    const known = merged.get(name)
    merged.set(name, isRecord(known) && isRecord(value) ? mergedObjects(known, value) : value)
  }
  return Object.fromEntries(merged)
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The white space before the first member. A file on one line stays on one line. */
function indentationOf(text: string): string {
  return /^\s*\{\r?\n([ \t]+)"/.exec(text)?.[1] ?? (text.trim().includes('\n') ? '  ' : '')
}
