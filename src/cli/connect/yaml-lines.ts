/**
 * Settings put into a YAML file line by line, so that comments and order stay: https://yaml.org/spec/1.2.2.
 * It knows plain top-level keys and one list of blocks, and refuses what it would have to guess.
 */
import { ConnectError } from './connect-error.ts'

const BEGIN = '# headgate: begin'
const END = '# headgate: end'

/** The text with each top-level key set; keys that are there get their new value in place. */
export function withYamlKeys(before: string, keys: Readonly<Record<string, string>>): string {
  const missing = new Map(Object.entries(keys))
  const end = endOf(before)
  const lines = linesOf(before)
  const changed = lines.map((line, index) => {
    const name = /^([\w-]+)\s*:/.exec(line)?.[1]
    const value = name === undefined ? undefined : missing.get(name)
    if (name === undefined || value === undefined) return line
    if (/^\s+\S/.test(lines[index + 1] ?? ''))
      throw new ConnectError(`${name} spans several lines, so the file was left as it is`)
    missing.delete(name)
    return `${name}: ${value}`
  })
  const added = [...missing].map(([name, value]) => `${name}: ${value}`)
  return `${[...changed, ...added].join(end)}${end}`
}

/**
 * The text with blocks at the beginning of a top-level list, between marks by which they are found and replaced later.
 *
 * @param blocks lines of the list's items, the items' dashes at column 0
 * @throws ConnectError when the list is written on one line
 */
export function withYamlBlocks(before: string, list: string, blocks: readonly string[]): string {
  const end = endOf(before)
  const lines = withoutMarked(linesOf(before))
  const key = lines.findIndex((line) => new RegExp(`^${list}\\s*:`).test(line))
  if (key === -1) return `${[...lines, `${list}:`, ...marked(blocks, '  ')].join(end)}${end}`
  if (!/:\s*(#.*)?$/.test(lines[key] ?? ''))
    throw new ConnectError(`its "${list}" are written on one line, so it was left as it is`)
  const item = lines.slice(key + 1).find((line) => line.trim() !== '' && !line.trim().startsWith('#'))
  const indent = /^(\s*)- /.exec(item ?? '')?.[1] ?? '  '
  return `${[...lines.slice(0, key + 1), ...marked(blocks, indent), ...lines.slice(key + 1)].join(end)}${end}`
}

function marked(blocks: readonly string[], indent: string): string[] {
  return [BEGIN, ...blocks, END].map((line) => indent + line)
}

function withoutMarked(lines: readonly string[]): string[] {
  let inside = false
  return lines.filter((line) => {
    const text = line.trim()
    if (text === BEGIN) inside = true
    const kept = !inside
    if (text === END) inside = false
    return kept
  })
}

function linesOf(text: string): string[] {
  const trimmed = text.replace(/\s+$/, '')
  return trimmed === '' ? [] : trimmed.split(/\r?\n/)
}

function endOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}
