/** A body that a route takes, made from its schema: what the documentation shows is what the checks accept. */
type Json = Readonly<Record<string, unknown>>

/** Of a body whose fields may all be left out, so many are shown. */
const MOST_OPTIONAL = 2

/**
 * The schema's own example, else its required fields with theirs.
 *
 * @param schema JSON Schema of the body, or of a part of it
 */
export function exampleBody(schema: Json): unknown {
  const { examples, default: absent, enum: choices, type } = schema
  if (Array.isArray(examples)) return examples[0] as unknown
  if (schema['const'] !== undefined) return schema['const']
  if (absent !== undefined && absent !== null) return absent
  if (Array.isArray(choices)) return choices[0] as unknown
  const kinds = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(kinds)) return exampleBody(kinds[0] as Json)
  if (type === 'object') return exampleObject(schema)
  if (type === 'array') return [exampleBody((schema['items'] ?? {}) as Json)]
  if (type === 'integer' || type === 'number') return Math.max(1, Number(schema['minimum'] ?? 1))
  return type === 'boolean' ? true : '...'
}

function exampleObject(schema: Json): unknown {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Json>>)
  const required = (schema['required'] ?? []) as readonly string[]
  const needed = properties.filter(([name]) => required.includes(name))
  const shown =
    needed.length > 0 ? needed : properties.filter(([, field]) => saysSomething(field)).slice(0, MOST_OPTIONAL)
  return Object.fromEntries(shown.map(([name, field]) => [name, exampleBody(field)]))
}

function saysSomething({ examples, default: absent }: Json): boolean {
  return examples !== undefined || typeof absent === 'string' || typeof absent === 'number'
}
