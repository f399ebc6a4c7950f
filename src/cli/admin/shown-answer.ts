/** An answer for people: what was done in a sentence, a list as a table, one thing as lines. Times are UTC. */
import { choicesOf, type Command, type FieldSchema } from './command.ts'
import { printable } from './printable.ts'

type Item = Readonly<Record<string, unknown>>

export function shownAnswer(command: Command, answer: unknown): string {
  if (!isItem(answer)) return 'Done.\n'
  const { ifNone, done, removes } = command
  if (ifNone !== undefined && isNothing(answer[ifNone.field])) return `${filled(ifNone.words, answer, command)}\n`
  const sentence = done === undefined ? '' : `${filled(done, answer, command)}\n`
  if (removes && sentence !== '') return sentence
  return `${sentence}${sentence === '' ? '' : '\n'}${shownWhole(command, answer)}`
}

function isNothing(value: unknown): boolean {
  return value === 0 || (Array.isArray(value) && value.length === 0)
}

/** The sentence with the fields of the answer in the place of their names in braces. */
function filled(words: string, answer: Item, { answer: schema }: Command): string {
  return words.replaceAll(/\{(\w+)(?:\.(\w+))?\}/g, (_, name: string, inner: string | undefined) => {
    const value = answer[name]
    const field = schema.properties?.[name] ?? {}
    if (inner === undefined) return shown(value, field, ' UTC')
    return shown(isItem(value) ? value[inner] : undefined, field.properties?.[inner] ?? {}, ' UTC')
  })
}

function shownWhole(command: Command, answer: Item): string {
  const list = Object.entries(answer).find(([, value]) => Array.isArray(value))
  if (list === undefined || command.columns === undefined) return linesOf(answer, command)
  const [name, rows] = list as [string, readonly unknown[]]
  const cursor = answer['nextCursor']
  const more = typeof cursor === 'string' ? `More: --cursor ${printable(cursor)}\n` : ''
  if (rows.length === 0) return more === '' ? `No ${name}.\n` : `No ${name} so far.\n${more}`
  return `${table(rows.filter(isItem), command.answer.properties?.[name]?.items ?? {}, command.columns)}${more}`
}

function table(rows: readonly Item[], schema: FieldSchema, names: readonly string[]): string {
  const cells = [
    names.map((name) => heading(name) + (isTime(schema.properties?.[name] ?? {}) ? ' (UTC)' : '')),
    ...rows.map((row) => names.map((name) => shown(row[name], schema.properties?.[name] ?? {}))),
  ]
  const widths = names.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ''))))
  const numeric = names.map((name) => isNumber(schema.properties?.[name] ?? {}))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - width(cell))
        return numeric[column] === true ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return `${cells.map(line).join('\n')}\n`
}

function linesOf(item: Item, { answer, secrets }: Command): string {
  const flat = flattened(item, answer, '')
  const widest = Math.max(...flat.map(([name]) => width(name)))
  const lines = flat.map(([name, value]) => `${name}${' '.repeat(widest - width(name))}  ${value}`)
  const once = secrets.some((name) => typeof item[name] === 'string')
  return `${lines.join('\n')}\n${once ? `\nKeep ${secrets.join(' and ')} now: it is shown this once.\n` : ''}`
}

/** Members of members as `current cost`, unless they fit into a line as a flag takes them; what lies deeper stays JSON. */
function flattened(item: Item, schema: FieldSchema, prefix: string): [string, string][] {
  return Object.entries(item).flatMap(([name, value]): [string, string][] => {
    const field = choicesOf(schema.properties?.[name] ?? {}).find(({ type }) => type !== 'null') ?? {}
    const inner = prefix === '' && isItem(value) && field.properties !== undefined && !isMap(value, field)
    if (inner) return flattened(value, field, `${heading(name)} `)
    return [[prefix + heading(name), shown(value, schema.properties?.[name] ?? {}, ' UTC')]]
  })
}

/** `limitNano` is shown in dollars, so it is called `limit`; `createdAt` is `created at`. */
function heading(name: string): string {
  const words = name.replace(/(?:_nano|Nano)$/, '').replaceAll('_', ' ')
  return printable(words.replaceAll(/[a-z][A-Z]/g, ([end = '', start = '']) => `${end} ${start.toLowerCase()}`))
}

/** @param zone what a time is followed by, where no heading says it */
function shown(value: unknown, schema: FieldSchema, zone = ''): string {
  if (value === null || value === undefined) return '-'
  const format = formatOf(schema)
  if (typeof value === 'number') {
    if (format === 'epoch-ms') return new Date(value).toISOString().slice(0, 16).replace('T', ' ') + zone
    if (format === 'nano-dollars') return dollars(value)
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
  }
  if (Array.isArray(value) && value.every(isPlain)) return printable(value.join(', ') || '-')
  if (isItem(value) && choicesOf(schema).some((choice) => isMap(value, choice))) return pairs(value)
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}

/** As a flag takes them; what is not set is left out. */
function pairs(item: Item): string {
  const set = Object.entries(item).filter(([, value]) => value !== null)
  return printable(set.map(([name, value]) => `${name}=${shown(value, {})}`).join(', ') || '-')
}

/** Names with plain values that need no words of their own; what may hold anything is no map but a document. */
function isMap(value: Item, { properties, additionalProperties }: FieldSchema): boolean {
  const fields = Object.values(properties ?? {})
  const typed = typeof additionalProperties === 'object' && additionalProperties.type !== undefined
  return (
    Object.values(value).every(isPlain) &&
    (fields.length > 0 || typed) &&
    fields.every((field) => formatOf(field) === undefined)
  )
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function formatOf(schema: FieldSchema): string | undefined {
  return choicesOf(schema).find((choice) => choice.format !== undefined)?.format ?? schema.format
}

function isTime(schema: FieldSchema): boolean {
  return formatOf(schema) === 'epoch-ms'
}

function dollars(nano: number): string {
  const value = nano / 1e9
  const small = value !== 0 && Math.abs(value) < 0.01
  return `$${value.toFixed(small ? 6 : 2)}`
}

function isNumber(schema: FieldSchema): boolean {
  return choicesOf(schema).some(
    ({ type, format }) => (type === 'integer' || type === 'number') && format !== 'epoch-ms',
  )
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Characters, not code units, so that names with signs outside the basic plane line up. */
function width(text: string): number {
  return [...text].length
}
