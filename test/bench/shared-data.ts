/** Reads the public data the benchmarks measure on; it is kept outside the repository. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The folder of the data: the argument, else HEADGATE_SHARED, else ../shared beside the repository; null if it is missing. */
export function sharedDataFolder(argument?: string): string | null {
  const root = path.resolve(import.meta.dirname, '../..')
  const folder = argument ?? path.join(process.env['HEADGATE_SHARED'] ?? path.resolve(root, '../shared'), 'data')
  return existsSync(folder) ? path.resolve(folder) : null
}

/** One parsed value per line. */
export function readJsonLines<Row>(file: string): Row[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Row)
}

/** Rows of a CSV file (RFC 4180) by the names of its first line. */
export function readCsv(file: string): Record<string, string>[] {
  const [names, ...rows] = parseCsv(readFileSync(file, 'utf8'))
  return rows.map((cells) => Object.fromEntries((names ?? []).map((name, column) => [name, cells[column] ?? ''])))
}

function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}
