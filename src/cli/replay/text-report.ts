/** The report of a replay as a table for a terminal. */
import type { GroupRow, ScopeRow } from '../../core/replay/replay-groups.ts'
import type { RecordedRow, ReplayReport, StrategyRow } from '../../core/replay/replay-report.ts'
import {
  controlSentence,
  count,
  dollars,
  inexactNotes,
  KIND_TITLES,
  loggedSentences,
  percent,
  percentWithin,
  ratioWithin,
  RECORDED_HEAD,
  recordedRows,
  savingsSentence,
} from './report-words.ts'

export interface ReportHeading {
  /** Where the log came from. */
  readonly source: string
  /** What a reader must know to read the numbers. */
  readonly assumptions: readonly string[]
  readonly by: readonly ('task' | 'scope')[]
  /** The tasks are named by the log or its texts; else they stand for what was drawn. */
  readonly tasksKnown: boolean
}

type Cells = readonly string[]

/** The whole report, ready to print. */
export function textReport(report: ReplayReport, heading: ReportHeading): string {
  const { sessions, threads, calls, subagentCalls } = report
  const subagents = subagentCalls === 0 ? '' : `, ${count(subagentCalls)} of them by sub-agents`
  return [
    `${heading.source}: ${count(sessions)} sessions, ${count(threads)} threads, ${count(calls)} calls${subagents}`,
    ...heading.assumptions.map((line) => `  ${line}`),
    ...inexactNotes(report).map((line) => `  ${line}`),
    ...report.tables.flatMap(({ of, rows }) => ['', KIND_TITLES[of], ...table(strategyCells(rows))]),
    ...loggedSentences(report).map((line) => `  ${line}`),
    ...(report.recorded === null ? [] : recordedLines(report.recorded)),
    ...(heading.by.includes('task') ? ['', 'By task', ...table(groupCells(report.byTask))] : []),
    ...(heading.by.includes('scope') ? ['', 'Routed calls beside the control group', ...scopeLines(report.scope)] : []),
  ].join('\n')
}

function strategyCells(rows: readonly StrategyRow[]): readonly Cells[] {
  return [
    ['strategy', 'USD', 'of all-top (95%)', 'saved', 'of the best (95%)', 'tiers 1/2/3', 'switches', 'cached'],
    ...rows.map((row) => [
      row.name,
      dollars(row.costNano),
      percentWithin(row.ofTop),
      percent(1 - row.ofTop.ratio),
      row.ofBest === null ? '' : ratioWithin(row.ofBest),
      row.tiers === null ? '' : [1, 2, 3].map((tier) => percent(row.tiers?.[tier as 1] ?? 0, 0)).join(' '),
      row.switches === null ? '' : count(row.switches),
      row.cacheShare === null ? '' : percent(row.cacheShare),
    ]),
  ]
}

function groupCells(rows: readonly GroupRow[]): readonly Cells[] {
  return [
    ['policy', 'group', 'sessions', 'calls', 'USD', 'all-top USD', 'of all-top (95%)'],
    ...rows.map((row) => [
      row.policy,
      row.group,
      count(row.sessions),
      count(row.calls),
      dollars(row.costNano),
      dollars(row.topNano),
      percentWithin(row.ofTop),
    ]),
  ]
}

function scopeLines(rows: readonly ScopeRow[]): readonly string[] {
  if (rows.length === 0) return ['  no call was left alone by a scope: there is no control group']
  return [
    ...table(groupCells(rows.flatMap(({ routed, control }) => [routed, control]))),
    ...rows.map((row) => `  ${controlSentence(row)}`),
  ]
}

function recordedLines(row: RecordedRow): readonly string[] {
  return [
    '',
    `What the log says was saved (${dollars(row.costNano)} USD billed)`,
    ...table([RECORDED_HEAD, ...recordedRows(row)]),
    `  ${savingsSentence(row)}`,
  ]
}

/** First column to the left, the others to the right. */
function table(rows: readonly Cells[]): readonly string[] {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  // A column that is empty below its title says nothing.
  const shown = widths.map((_width, column) => rows.slice(1).some((row) => (row[column] ?? '') !== ''))
  return rows.map((row) =>
    `  ${widths
      .flatMap((width, column) => {
        if (shown[column] !== true) return []
        const cell = row[column] ?? ''
        return [column === 0 ? cell.padEnd(width) : cell.padStart(width)]
      })
      .join('  ')}`.trimEnd(),
  )
}
