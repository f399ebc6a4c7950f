/**
 * A JSON schema as the Messages API takes it for its answers: objects closed, and without the constraints the API
 * refuses. What is left out is said in the description, as the provider's own SDKs do.
 * API: https://platform.claude.com/docs/en/build-with-claude/structured-outputs.
 */
import { isObject } from '../../chat/json-value.ts'
import type { Warnings } from '../../chat/warnings.ts'

/** Keywords the API answers with a 400. */
const REFUSED: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
])

/** Members whose value maps names to schemas: the names are not keywords. */
const NAMED_SCHEMAS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions'])

/** Members whose value is data, not a schema. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required'])

export function closedSchema(schema: unknown, warnings: Warnings): unknown {
  if (Array.isArray(schema)) return schema.map((inner) => closedSchema(inner, warnings))
  if (!isObject(schema)) return schema
  const kept: [string, unknown][] = []
  const left: string[] = []
  for (const [name, value] of Object.entries(schema)) {
    if (REFUSED.has(name) || (name === 'minItems' && value !== 0 && value !== 1)) {
      left.push(`${name}: ${JSON.stringify(value)}`)
    } else if (DATA.has(name)) kept.push([name, value])
    else if (NAMED_SCHEMAS.has(name) && isObject(value)) kept.push([name, closedEach(value, warnings)])
    else kept.push([name, closedSchema(value, warnings)])
  }
  const closed: Record<string, unknown> = Object.fromEntries(kept)
  if (left.length > 0) {
    warnings.note('output_schema:loosened')
    const before = typeof closed['description'] === 'string' ? `${closed['description']}\n` : ''
    closed['description'] = `${before}{${left.join(', ')}}`
  }
  if (isObjectSchema(closed) && closed['additionalProperties'] !== false) {
    warnings.note('output_schema:closed')
    closed['additionalProperties'] = false
  }
  return closed
}

function closedEach(schemas: Readonly<Record<string, unknown>>, warnings: Warnings): unknown {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, closedSchema(schema, warnings)]))
}

function isObjectSchema(schema: Readonly<Record<string, unknown>>): boolean {
  const { type } = schema
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isObject(schema['properties'])
}
