/**
 * Settings put into a TOML file line by line, so that comments, order and spacing stay: https://toml.io/en/v1.0.0.
 * It knows just enough of TOML to find top-level keys and one table, and refuses what it would have to guess.
 */
import { ConnectError } from './connect-error.ts'

export interface TomlSettings {
  /** Keys before the first table, and their values as TOML text. */
  readonly topLevel: Readonly<Record<string, string>>
  /** A table of our own, which is written anew. */
  readonly table: string
  readonly members: Readonly<Record<string, string>>
}

/** One line of a file, and whether it begins something: lines inside of a text or a list do not. */
interface Line {
  readonly text: string
  readonly begins: boolean
}

/** @throws ConnectError when the table is written in a form that cannot be replaced line by line */
export function withTomlSettings(before: string, { topLevel, table, members }: TomlSettings): string {
  const end = before.includes('\r\n') ? '\r\n' : '\n'
  const kept = withoutTable(linesOf(before), table)
  if (kept.some(({ text, begins }) => begins && namesTable(text, table)))
    throw new ConnectError(`it sets ${table} in a form of its own, so it was left as it is`)
  const firstTable = kept.findIndex(({ text, begins }) => begins && /^\s*\[/.test(text))
  const head = firstTable === -1 ? kept : kept.slice(0, firstTable)
  const tail = firstTable === -1 ? [] : kept.slice(firstTable)
  const parts = [withKeys(head, topLevel), tail.map(({ text }) => text), [`[${table}]`, ...assignments(members)]]
  return `${parts
    .map(trimmedEnd)
    .filter((part) => part.length > 0)
    .map((part) => part.join(end))
    .join(end + end)}${end}`
}

function assignments(members: Readonly<Record<string, string>>): string[] {
  return Object.entries(members).map(([name, value]) => `${name} = ${value}`)
}

/** Keys that are there get their new value in place; the others come first, where no table can swallow them. */
function withKeys(head: readonly Line[], keys: Readonly<Record<string, string>>): string[] {
  const missing = new Map(Object.entries(keys))
  const lines = head.map(({ text, begins }) => {
    const name = begins ? /^\s*"?([\w-]+)"?\s*=/.exec(text)?.[1] : undefined
    const value = name === undefined ? undefined : missing.get(name)
    if (name === undefined || value === undefined) return text
    missing.delete(name)
    if (/=\s*("""|''')/.test(text)) throw new ConnectError(`${name} spans several lines, so the file was left as it is`)
    return `${name} = ${value}`
  })
  return [...assignments(Object.fromEntries(missing)), ...lines]
}

/** Whether a line speaks of the table other than by its plain header. */
function namesTable(text: string, table: string): boolean {
  const compact = text.replaceAll(/[\s"']/g, '')
  const parent = table.slice(0, table.lastIndexOf('.'))
  return [table, `[${table}.`, `[${table}]`, `[[${table}`, `${parent}={`].some((form) => compact.startsWith(form))
}

function withoutTable(lines: readonly Line[], table: string): Line[] {
  let inside = false
  return lines.filter(({ text, begins }) => {
    if (begins && /^\s*\[/.test(text)) inside = text.replaceAll(/\s|#.*$/g, '') === `[${table}]`
    return !inside
  })
}

/** Follows texts and lists over several lines, so that what looks like a key inside of them is not taken for one. */
function linesOf(file: string): Line[] {
  if (file.trim() === '') return []
  let open: '"""' | "'''" | null = null
  let depth = 0
  return file.split(/\r?\n/).map((text) => {
    const begins = open === null && depth === 0
    ;({ open, depth } = after(text, { open, depth }, begins))
    return { text, begins }
  })
}

interface Reading {
  readonly open: '"""' | "'''" | null
  readonly depth: number
}

const TOKENS = /"""|'''|"(?:[^"\\]|\\.)*"|'[^']*'|#.*|[[\]{}]/g

function after(line: string, { open, depth }: Reading, begins: boolean): Reading {
  // A header's own brackets open nothing.
  if (begins && /^\s*\[/.test(line)) return { open, depth }
  let rest = line
  for (;;) {
    if (open !== null) {
      const close = rest.indexOf(open)
      if (close === -1) return { open, depth }
      rest = rest.slice(close + 3)
      open = null
    }
    TOKENS.lastIndex = 0
    let opened: Reading['open'] = null
    for (const match of rest.matchAll(TOKENS)) {
      const [token] = match
      if (token === '"""' || token === "'''") {
        opened = token
        rest = rest.slice(match.index + 3)
        break
      }
      if (token === '[' || token === '{') depth += 1
      if (token === ']' || token === '}') depth = Math.max(0, depth - 1)
    }
    if (opened === null) return { open: null, depth }
    open = opened
  }
}

function trimmedEnd(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line.trim() !== '')
  return lines.slice(0, last + 1)
}
