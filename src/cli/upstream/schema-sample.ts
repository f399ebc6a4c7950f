import { arrayOf, isObject, objectOf, stringOf, type JsonObject } from './json.ts'

/** Says what a named property should hold, or null to leave it to the schema. */
type Chooser = (name: string) => unknown

/**
 * A value that satisfies a JSON schema (the subset tools and structured outputs use): constants and first enum values,
 * every property in `required` (all when none is), the least of numbers and lengths. `$ref` is followed inside the
 * schema, once for each step down, so that recursive schemas end.
 */
export function sampleOf(schema: JsonObject, choose: Chooser): unknown {
  return sample(schema, { choose, root: schema, name: '', depth: 0 })
}

interface Context {
  choose: Chooser
  root: JsonObject
  name: string
  depth: number
}

function sample(schema: JsonObject, context: Context): unknown {
  const chosen = context.name === '' ? null : context.choose(context.name)
  if (chosen !== null) return chosen
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (typeof schema.$ref === 'string') return sample(resolve(schema.$ref, context.root), deeper(context))
  const variant = [...arrayOf(schema.anyOf), ...arrayOf(schema.oneOf), ...arrayOf(schema.allOf)].find(isObject)
  if (variant !== undefined) return sample(variant, deeper(context))
  return ofType(schema, context)
}

function ofType(schema: JsonObject, context: Context): unknown {
  switch (typeOf(schema)) {
    case 'object':
      return objectSample(schema, context)
    case 'array': {
      const count = Math.min(Number(schema.minItems ?? 0), 20)
      return Array.from({ length: count }, () => sample(objectOf(schema.items), deeper(context)))
    }
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return Number(schema.minimum ?? schema.exclusiveMinimum ?? 0) + ('exclusiveMinimum' in schema ? 1 : 0)
    case 'null':
      return null
    default:
      return textSample(schema, context.name)
  }
}

function typeOf(schema: JsonObject): string {
  const type = Array.isArray(schema.type) ? schema.type.find((name) => name !== 'null') : schema.type
  if (typeof type === 'string') return type
  return isObject(schema.properties) ? 'object' : 'string'
}

function objectSample(schema: JsonObject, context: Context): JsonObject {
  const properties = objectOf(schema.properties)
  const required = arrayOf(schema.required).map((name) => stringOf(name))
  const names = required.length > 0 || context.depth > 6 ? required : Object.keys(properties)
  const value: JsonObject = {}
  for (const name of names) value[name] = sample(objectOf(properties[name]), { ...deeper(context), name })
  return value
}

function textSample(schema: JsonObject, name: string): string {
  const text = name === '' ? 'scripted' : `scripted ${name}`
  return text.padEnd(Number(schema.minLength ?? 0), '.').slice(0, Number(schema.maxLength ?? 1_000))
}

function resolve(reference: string, root: JsonObject): JsonObject {
  let at: unknown = root
  for (const step of reference.replace(/^#\/?/, '').split('/')) {
    if (step !== '') at = objectOf(at)[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return objectOf(at)
}

function deeper(context: Context): Context {
  return { ...context, depth: context.depth + 1 }
}
