/**
 * Whether a JSON schema can be asked for strictly at OpenAI: every object closed and every property required. A schema
 * that is not is asked for without the guarantee, since the API refuses it with one.
 * See https://developers.openai.com/api/docs/guides/structured-outputs.
 */
import { isObject, listOf, objectOf } from '../chat/json-value.ts'

export function canBeStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(canBeStrict)
  if (!isObject(schema)) return true
  const properties = objectOf(schema['properties'])
  if (schema['type'] === 'object' || isObject(schema['properties'])) {
    const required = new Set(listOf(schema['required']))
    if (schema['additionalProperties'] !== false) return false
    if (!Object.keys(properties).every((name) => required.has(name))) return false
  }
  return [...Object.values(properties), ...Object.values(objectOf(schema['$defs'])), ...innerSchemas(schema)].every(
    canBeStrict,
  )
}

function innerSchemas(schema: Readonly<Record<string, unknown>>): unknown[] {
  return [schema['items'], schema['anyOf']].filter((inner) => inner !== undefined)
}
