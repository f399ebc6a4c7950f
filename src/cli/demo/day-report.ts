/** The day as tables of text. */
import type { DayBill } from './day-bill.ts'
import type { Difficulty } from './day-plan.ts'
import type { LogRow } from './read-log.ts'

export interface DayCall {
  readonly difficulty: Difficulty
  readonly row: LogRow
}

function dollars(nano: number): string {
  return `$${(nano / 1e9).toFixed(4)}`
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(0)}%`
}

/** Columns as wide as their widest cell; the first to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '))
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n')
}

function tierTable(title: string, groups: ReadonlyMap<string, readonly LogRow[]>): string {
  const lines = [...groups].map(([name, rows]) => {
    const share = (tier: number): string => percent(rows.filter((row) => row.tier === tier).length, rows.length)
    const sum = (pick: (row: LogRow) => number | null): number => rows.reduce((all, row) => all + (pick(row) ?? 0), 0)
    const cost = sum((row) => row.cost_nano)
    const top = sum((row) => row.baseline_nano)
    return [name, String(rows.length), share(1), share(2), share(3), dollars(cost), dollars(top)]
  })
  return table([[title, 'calls', 'tier 1', 'tier 2', 'tier 3', 'cost', 'all on top'], ...lines])
}

function grouped(calls: readonly DayCall[], name: (call: DayCall) => string): ReadonlyMap<string, readonly LogRow[]> {
  const groups = Map.groupBy(calls, name)
  const sorted = [...groups].toSorted((a, b) => b[1].length - a[1].length)
  return new Map(sorted.map(([key, members]) => [key, members.map(({ row }) => row)]))
}

/** Bills of the same day on one model alone, as it was sent; null: it was not. */
export interface Measured {
  readonly allTopNano: number
  readonly allMiddleNano: number
}

function billTable(bill: DayBill, measured: Measured | null): string {
  const { allTopNano, allMiddleNano } = measured ?? bill
  const line = (name: string, nano: number): readonly string[] => [
    name,
    dollars(nano),
    percent(nano, allTopNano),
    percent(nano, allMiddleNano),
  ]
  const only = (model: string): string => `every call on ${model}`
  const { displayName: top } = bill.top.model
  const { displayName: middle } = bill.middle.model
  return table([
    ['bill', 'cost', 'of all-top', 'of all-middle'],
    line('Headgate', bill.costNano),
    ...(measured === null
      ? []
      : [line(`${only(middle)}, sent`, allMiddleNano), line(`${only(top)}, sent`, allTopNano)]),
    line(`${only(middle)}, by the log`, bill.allMiddleNano),
    line(`${only(top)}, by the log`, bill.allTopNano),
  ])
}

/** The bill beside all-top and all-middle, then where the calls went by difficulty, task type and model. */
export function dayReport(calls: readonly DayCall[], bill: DayBill, measured: Measured | null): string {
  const groups = (title: string, name: (call: DayCall) => string): string => tierTable(title, grouped(calls, name))
  return [
    billTable(bill, measured),
    groups('written as', (call) => call.difficulty),
    groups('routed as', (call) => call.row.task_type),
    groups('answered by', (call) => call.row.target),
  ].join('\n\n')
}
