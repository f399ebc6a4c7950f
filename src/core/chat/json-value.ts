/**
 * Reading values of unknown JSON. A value of another kind than expected counts as absent: whether that is an error is
 * for the dialect that reads it to say. It never throws.
 */
import { nestsDeeperThan } from './json-text.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object, or an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** The list, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The objects of a list; everything else in it is left out. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return listOf(value).filter(isObject)
}

/** The `type` a part, item or tool gives itself; `unknown` where it gives none. */
export function typeOf(part: JsonObject): string {
  return stringOf(part['type']) ?? 'unknown'
}

export function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export function booleanOf(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

/** The members that hold something: neither null nor absent. */
export function present(members: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null))
}

/**
 * Deeper than anything that people, models and schemas write, and far from the thousands at which writing a value as text
 * again, or walking it, exhausts the stack.
 */
const DEEPEST = 500

/** The value a JSON text holds; undefined where it holds none, or one that is nested beyond all reason. */
export function parsedJson(text: string): unknown {
  try {
    if (nestsDeeperThan(DEEPEST, text)) return undefined
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
