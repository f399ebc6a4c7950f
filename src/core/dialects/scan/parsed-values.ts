/** Reads parsed JSON of unknown shape without trusting it. */

export type JsonRecord = Readonly<Record<string, unknown>>

const NOTHING: JsonRecord = Object.freeze({})

/** The value if it is an object, else an empty one. */
export function recordOf(value: unknown): JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : NOTHING
}

/** The value if it is a list, else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

/** The value if it is a string, else ''. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** JSON of a value that may be nested too deeply to be written: then ''. */
export function jsonOf(value: unknown, shallow: boolean): string {
  return shallow && value !== undefined ? JSON.stringify(value) : ''
}
