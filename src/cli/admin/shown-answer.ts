/** An answer for people: a list as a table, one thing as lines. */
import { choicesOf, type Command, type FieldSchema } from './command.ts'
import { printable } from './printable.ts'

type Item = Readonly<Record<string, unknown>>

export function shownAnswer(command: Command, answer: unknown): string {
  if (!isItem(answer)) return 'Done.\n'
  const list = Object.entries(answer).find(([, value]) => Array.isArray(value))
  if (list === undefined || command.columns === undefined) return linesOf(answer, command)
  const [name, rows] = list as [string, readonly unknown[]]
  if (rows.length === 0) return `No ${name}.\n`
  const cursor = answer['nextCursor']
  const more = typeof cursor === 'string' ? `More: --cursor ${printable(cursor)}\n` : ''
  return `${table(rows.filter(isItem), command.answer.properties?.[name]?.items ?? {}, command.columns)}${more}`
}

function table(rows: readonly Item[], schema: FieldSchema, names: readonly string[]): string {
  const cells = [
    names.map(heading),
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

/** Members of members as `current.costNano`; what lies deeper stays JSON. */
function flattened(item: Item, schema: FieldSchema, prefix: string): [string, string][] {
  return Object.entries(item).flatMap(([name, value]): [string, string][] => {
    const field = choicesOf(schema.properties?.[name] ?? {}).find(({ type }) => type !== 'null') ?? {}
    const inner = prefix === '' && isItem(value) && field.properties !== undefined
    if (inner) return flattened(value, field, `${name}.`)
    return [[prefix + heading(name), shown(value, schema.properties?.[name] ?? {})]]
  })
}

/** `limitNano` is shown in dollars, so it is called `limit`. */
function heading(name: string): string {
  return printable(name.replace(/(?:_nano|Nano)$/, ''))
}

function shown(value: unknown, schema: FieldSchema): string {
  if (value === null || value === undefined) return '-'
  const format = choicesOf(schema).find((choice) => choice.format !== undefined)?.format ?? schema.format
  if (typeof value === 'number') {
    if (format === 'epoch-ms') return new Date(value).toISOString().slice(0, 16).replace('T', ' ')
    if (format === 'nano-dollars') return dollars(value)
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
  }
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return printable(value.join(', ') || '-')
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
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
