/** The text of a flag as the value its field takes, by the field's schema. */
import { readFileSync } from 'node:fs'
import { AdminError } from './admin-error.ts'
import { choicesOf, type FieldChoice, type FieldSchema } from './command.ts'

/**
 * `null` (or `none`) is no value where a field may have none. A list repeats its flag. A map takes `name=value`, repeated,
 * or JSON, or `@file` with JSON in it. A time takes a date as in 2026-11-27 or 2026-11-27T12:00:00Z.
 *
 * @param texts what was given, in order; at least one
 * @throws AdminError where the text is no such value
 */
export function fieldValue(flag: string, schema: FieldSchema, texts: readonly (string | true)[]): unknown {
  const last = texts.at(-1)
  if (last === undefined || last === true) return true
  const choices = choicesOf(schema)
  if ((last === 'null' || last === 'none') && choices.some(({ type }) => type === 'null')) return null
  const all = texts.map(String)
  const list = choices.find(({ type }) => type === 'array')
  if (list !== undefined) return all.map((text) => scalar(flag, choicesOf(list.items ?? {}), text))
  const map = choices.find(({ type }) => type === 'object')
  if (map !== undefined) return mapValue(flag, map, all)
  if (all.length > 1) throw new AdminError(`--${flag} is given twice.`)
  return scalar(flag, choices, last)
}

function scalar(flag: string, choices: readonly FieldChoice[], text: string): unknown {
  for (const choice of choices) {
    const value = oneKind(choice, text)
    if (value !== undefined) return value
  }
  throw new AdminError(`--${flag} must be ${wordsFor(choices)}, not "${text}".`)
}

/** undefined: the text is nothing of that kind. */
function oneKind(schema: FieldChoice, text: string): unknown {
  const fixed = schema.const === undefined ? schema.enum : [schema.const]
  if (fixed !== undefined) return fixed.find((value) => String(value) === text)
  if (schema.type === 'number' || schema.type === 'integer') return numberValue(schema, text)
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined
  if (schema.type === 'null') return text === 'null' ? null : undefined
  return schema.type === 'string' || schema.type === undefined ? text : undefined
}

function numberValue(schema: FieldChoice, text: string): number | undefined {
  if (/^-?\d+(\.\d+)?$/.test(text)) return withinBounds(schema, Number(text))
  if (schema.format !== 'epoch-ms' || !isDay(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/** Begins with a day that there is: Date.parse takes the 30th of February for a day in March. */
function isDay(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0]
  const at = Date.parse(`${day}T00:00Z`)
  return day !== undefined && !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
}

function withinBounds(schema: FieldChoice, value: number): number | undefined {
  if (schema.type === 'integer' && !Number.isInteger(value)) return undefined
  const { least, above, most } = boundsOf(schema)
  const within =
    (least === null || value >= least) && (above === null || value > above) && (most === null || value <= most)
  return within ? value : undefined
}

/** What a schema says of every whole number is no bound. */
function boundsOf({ minimum, exclusiveMinimum, maximum }: FieldChoice) {
  const own = (bound: number | undefined): number | null =>
    bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? null : bound
  return { least: own(minimum), above: own(exclusiveMinimum), most: own(maximum) }
}

function mapValue(flag: string, schema: FieldSchema, texts: readonly string[]): unknown {
  const [first = ''] = texts
  if (first.startsWith('@')) return jsonFile(flag, first.slice(1))
  if (first.startsWith('{')) return json(`--${flag}`, first)
  const entries = texts.map((text) => {
    const split = text.indexOf('=')
    if (split < 1) throw new AdminError(`--${flag} must be name=value, JSON, or @file, not "${text}".`)
    const [name, value] = [text.slice(0, split), text.slice(split + 1)]
    const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
    const named = schema.properties?.[name]
    return [name, scalar(named === undefined ? flag : `${flag} ${name}`, choicesOf(named ?? rest), value)] as const
  })
  return Object.fromEntries(entries)
}

/**
 * A document from a file, or from standard input where the name is `-`.
 * @throws AdminError
 */
export function jsonFile(flag: string, path: string): unknown {
  let text
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw new AdminError(`--${flag}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  return json(path, text)
}

function json(what: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AdminError(`${what} is not JSON.`)
  }
}

/** What a field takes, in a few words. */
export function wordsFor(choices: readonly FieldChoice[]): string {
  const kinds = [...new Set(choices.filter(({ type }) => type !== 'null').map(wordFor))].join(' or ')
  return choices.some(({ type }) => type === 'null') ? `${kinds}, or none` : kinds
}

function wordFor(schema: FieldChoice): string {
  if (schema.const !== undefined) return String(schema.const)
  if (schema.enum !== undefined)
    return schema.enum
      .map(String)
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1')
  if (schema.type === 'array') return `${wordsFor(choicesOf(schema.items ?? {}))} (repeat the flag for more)`
  if (schema.type === 'object') return mapWords(schema)
  if (schema.format === 'epoch-ms') return 'a date such as 2026-11-27 or 2026-11-27T09:30Z'
  if (schema.type === 'integer') return `a whole number${boundWords(schema)}`
  if (schema.type === 'number') return `a number${boundWords(schema)}`
  return schema.type === 'boolean' ? 'true or false' : 'text'
}

function mapWords({ properties, additionalProperties }: FieldChoice): string {
  const names = Object.keys(properties ?? {})
  if (names.length > 0 && names.length < 6)
    return `any of ${names.map((name) => `${name}=...`).join(', ')} (repeat the flag)`
  const ofText = typeof additionalProperties === 'object' && additionalProperties.type === 'string'
  return ofText ? 'name=value (repeat the flag for more)' : 'JSON, or @file'
}

function boundWords(schema: FieldChoice): string {
  const { least, above, most } = boundsOf(schema)
  if (above !== null) return ` above ${above}${most === null ? '' : `, ${most} at most`}`
  if (least !== null) return most === null ? ` from ${least} on` : ` from ${least} to ${most}`
  return most === null ? '' : ` up to ${most}`
}
