/** Reading of untyped JSON: narrows what a client sent without trusting it. Knows nothing of any dialect. */

/** A JSON object whose members have not been looked at yet. */
export type JsonObject = Record<string, unknown>

/** True for a plain JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as an object, or an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** The value as an array, or an empty one. */
export function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** The value as a string, or the fallback. */
export function stringOf(value: unknown, fallback = ''): string {
  return typeof value === 'string' ? value : fallback
}

/** The value as a finite number, or null. */
export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** A copy of the object without the named member. */
export function without(value: JsonObject, name: string): JsonObject {
  if (!(name in value)) return value
  const copy = { ...value }
  delete copy[name]
  return copy
}
