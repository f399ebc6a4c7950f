/** The tables: medians over the rounds, how far the rounds lay apart, and ratios to the bare proxy of the same harness. */
import type { Measurement } from './measure.ts'
import type { Subject, SubjectName } from './subjects.ts'

/** All measurements of one cell, of every subject and round. */
export interface CellResult {
  readonly title: string
  readonly rows: readonly Measurement[]
}

type Figure = (row: Measurement) => number

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}

function of(cell: CellResult, name: SubjectName, figure: Figure): number[] {
  return cell.rows.filter(({ subject }) => subject === name).map(figure)
}

/** Medians of the rounds, the provider's own taken off round by round: rounds are interleaved for this. */
function added(cell: CellResult, name: SubjectName, figure: Figure): number {
  const direct = of(cell, 'direct', figure)
  return median(of(cell, name, figure).map((value, round) => value - (direct[round] ?? NaN)))
}

const ms = (microseconds: number, digits = 2): string =>
  Number.isNaN(microseconds) ? '-' : (microseconds / 1_000).toFixed(digits)
const us = (value: number, digits = 0): string => (Number.isNaN(value) ? '-' : value.toFixed(digits))
const times = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(1)}x` : '-')

/** The least and the most of the rounds. */
function spread(values: readonly number[]): string {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.length === 0 ? '-' : `${us(Math.min(...known))}..${us(Math.max(...known))}`
}

const P50: Figure = (row) => row.total.p50
const CPU: Figure = (row) => row.cpuPerRequest

function bodyColumns(cell: CellResult, subject: Subject): Record<string, string> {
  const { name, bare } = subject
  const ratio = (figure: (of: SubjectName) => number): string =>
    name === 'direct' || name === bare ? '-' : times(figure(name) / figure(bare))
  return {
    'p50 ms': ms(median(of(cell, name, P50))),
    'added p50 ms': name === 'direct' ? '-' : ms(added(cell, name, P50)),
    '/ bare': ratio((one) => added(cell, one, P50)),
    'p99 ms': ms(median(of(cell, name, (row) => row.total.p99))),
    'requests/s': us(median(of(cell, name, (row) => row.perSecond))),
    'CPU us': us(median(of(cell, name, CPU))),
    'CPU us, rounds': spread(of(cell, name, CPU)),
    'CPU / bare': ratio((one) => median(of(cell, one, CPU))),
    'bytes arrived': us(median(of(cell, name, (row) => row.bytesArrived))),
  }
}

function streamColumns(cell: CellResult, subject: Subject): Record<string, string> {
  const { name } = subject
  const deltas = median(cell.rows.map((row) => row.deltas / Math.max(1, row.counted)))
  const first: Figure = (row) => row.firstByte.p50
  return {
    'first byte p50 ms': ms(median(of(cell, name, first))),
    'added p50 ms': name === 'direct' ? '-' : ms(added(cell, name, first)),
    'added p99 ms': name === 'direct' ? '-' : ms(added(cell, name, (row) => row.firstByte.p99)),
    'relay p50 us': us(median(of(cell, name, (row) => row.relay.p50))),
    'relay p99 us': us(median(of(cell, name, (row) => row.relay.p99))),
    'streams/s': us(median(of(cell, name, (row) => row.perSecond))),
    'CPU us a stream': us(median(of(cell, name, CPU))),
    'CPU us, rounds': spread(of(cell, name, CPU)),
    'CPU us a delta': us(median(of(cell, name, CPU)) / deltas, 1),
  }
}

function manyColumns(cell: CellResult, { name }: Subject): Record<string, string> {
  const deltas = median(cell.rows.map((row) => row.deltas / Math.max(1, row.counted)))
  return {
    'first byte p50 ms': ms(median(of(cell, name, (row) => row.firstByte.p50)), 0),
    'first byte p99 ms': ms(median(of(cell, name, (row) => row.firstByte.p99)), 0),
    'relay p50 ms': ms(median(of(cell, name, (row) => row.relay.p50))),
    'relay p99 ms': ms(median(of(cell, name, (row) => row.relay.p99))),
    'relay most ms': ms(median(of(cell, name, (row) => row.relay.most))),
    'CPU us a delta': us(median(of(cell, name, CPU)) / deltas, 1),
    ...memoryColumns(cell, name),
  }
}

function memoryColumns(cell: CellResult, name: SubjectName): Record<string, string> {
  const most = (figure: Figure): string => Math.max(...of(cell, name, figure)).toFixed(0)
  if (name === 'direct') return {}
  return {
    'RSS before MB': most((row) => row.memory.before),
    'peak MB': most((row) => row.memory.peak),
    'grown MB': most((row) => row.memory.peak - row.memory.before),
  }
}

function bigColumns(cell: CellResult, { name }: Subject): Record<string, string> {
  return {
    'p50 ms': ms(median(of(cell, name, P50)), 0),
    'CPU ms': ms(median(of(cell, name, CPU)), 1),
    ...memoryColumns(cell, name),
  }
}

/** Every table shows how many were answered and lost; a problem is told in words. */
function table(cell: CellResult, subjects: readonly Subject[], columns: typeof bodyColumns): void {
  const loads = cell.rows.map((row) => row.loadAverage)
  console.log(`\n${cell.title} (load average ${Math.min(...loads).toFixed(1)}..${Math.max(...loads).toFixed(1)})`)
  const rows = subjects.map((subject) => {
    const sum = (figure: Figure): number => of(cell, subject.name, figure).reduce((one, other) => one + other, 0)
    const counts = { answered: sum((row) => row.answered), failed: sum((row) => row.failed) }
    return [subject.label, { ...columns(cell, subject), ...counts }] as const
  })
  console.table(Object.fromEntries(rows))
  for (const row of cell.rows.filter(({ failed }) => failed > 0)) console.log(`  ${row.subject}: ${row.problem}`)
}

const TABLES = {
  bodies: bodyColumns,
  streams: streamColumns,
  many: manyColumns,
  big: bigColumns,
} as const

export function printCell(kind: keyof typeof TABLES, cell: CellResult, subjects: readonly Subject[]): void {
  table(cell, subjects, TABLES[kind])
}

/** CPU of streams of several lengths as a price for each call and one for each delta: the line through the two ends. */
export function printDeltaCosts(
  title: string,
  cells: readonly (CellResult & { readonly deltas: number })[],
  subjects: readonly Subject[],
): void {
  const [short, ...others] = cells.toSorted((one, other) => one.deltas - other.deltas)
  const long = others.at(-1)
  if (short === undefined || long === undefined) return
  const costs = (cell: CellResult, { name }: Subject): number => median(of(cell, name, CPU))
  const rows = subjects.map((subject) => {
    const delta = (costs(long, subject) - costs(short, subject)) / (long.deltas - short.deltas)
    const call = costs(short, subject) - delta * short.deltas
    return [subject.label, { 'CPU us each delta': us(delta, 1), 'CPU us each call': us(call) }] as const
  })
  console.log(`\nstreams, ${title}: what does not depend on their length, and what each delta adds`)
  console.table(Object.fromEntries(rows))
}
