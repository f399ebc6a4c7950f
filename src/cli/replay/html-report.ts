/** The report of a replay as one page that loads nothing: plots, tables, and what was assumed. */
import type { GroupRow } from '../../core/replay/replay-groups.ts'
import type { RecordedRow, ReplayReport, StrategyRow } from '../../core/replay/replay-report.ts'
import { billPlot, coursePlot, escaped, tierPlot } from './plots.ts'
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
import type { ReportHeading } from './text-report.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9d9e0; --paper: #fcfcfd; --top: #8b8d98;
  --policy: #0d74ce; --recorded: #ab6400; --best: #218358; --t1: #46a758; --t2: #0090ff; --t3: #e5484d; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #b0b4ba; --line: #363a3f; --paper: #111113;
  --top: #777b84; --policy: #3b9eff; --recorded: #ffca16; --best: #3dd68c; --t1: #3d9a50; --t2: #0079d5; --t3: #d13438; } }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
p, li { color: var(--soft); } ul { padding-left: 1.2rem; margin: .25rem 0; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
svg { width: 100%; min-width: 38rem; height: auto; display: block; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); } .label, .axis { text-anchor: end; } .axis, .value { fill: var(--soft); }
.inside { text-anchor: middle; fill: #fff; } .bar.top { fill: var(--top); } .bar.policy { fill: var(--policy); }
.bar.recorded { fill: var(--recorded); } .bar.best { fill: var(--best); } .whisker { stroke: var(--ink); fill: none; }
.tier1 { fill: var(--t1); } .tier2 { fill: var(--t2); } .tier3 { fill: var(--t3); }
.grid { stroke: var(--line); } .line { fill: none; stroke-width: 2; }
.hue0 { stroke: var(--top); } .hue1 { stroke: var(--policy); } .hue2 { stroke: var(--recorded); }
.hue3 { stroke: var(--best); } .hue4 { stroke: var(--t3); } .hue5 { stroke: var(--t2); }
text.hue0, text.hue1, text.hue2, text.hue3, text.hue4, text.hue5 { stroke: none; }
text.hue0 { fill: var(--top); } text.hue1 { fill: var(--policy); } text.hue2 { fill: var(--recorded); }
text.hue3 { fill: var(--best); } text.hue4 { fill: var(--t3); } text.hue5 { fill: var(--t2); }
`

/** The page. */
export function htmlReport(report: ReplayReport, heading: ReportHeading): string {
  const [all] = report.tables
  const rows = all?.rows ?? []
  const sections = [
    section('Bill, USD', billPlot(rows)),
    section('Share of calls by tier', tierPlot(rows)),
    ...(report.course.length > 1 ? [section('Cumulated bill, USD', coursePlot(report.course))] : []),
    ...report.tables.map(({ of, rows: ofKind }) => section(KIND_TITLES[of], strategyTable(ofKind))),
    ...loggedSentences(report).map((line) => `<p>${escaped(line)}</p>`),
    ...(report.recorded === null ? [] : [section('What the log says was saved', recordedTable(report.recorded))]),
    ...(report.scope.length === 0
      ? []
      : [
          section(
            'Routed calls beside the control group',
            groupTable(report.scope.flatMap(({ routed, control }) => [routed, control])) +
              report.scope.map((row) => `<p>${escaped(controlSentence(row))}</p>`).join(''),
          ),
        ]),
    ...(heading.tasksKnown ? [section('By task', groupTable(report.byTask))] : []),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headgate replay</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Replay</h1>
<p>${escaped(heading.source)}: ${count(report.sessions)} sessions, ${count(report.calls)} calls</p>
<ul>${[...heading.assumptions, ...inexactNotes(report)].map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>
${sections.join('\n')}
</body>
</html>
`
}

function section(title: string, body: string): string {
  return `<section><h2>${escaped(title)}</h2>${body}</section>`
}

function strategyTable(rows: readonly StrategyRow[]): string {
  return table(
    ['strategy', 'USD', 'of all-top (95%)', 'saved', 'of the best (95%)', 'switches', 'cached'],
    rows.map((row) => [
      row.name,
      dollars(row.costNano),
      percentWithin(row.ofTop),
      percent(1 - row.ofTop.ratio),
      row.ofBest === null ? '' : ratioWithin(row.ofBest),
      row.switches === null ? '' : count(row.switches),
      row.cacheShare === null ? '' : percent(row.cacheShare),
    ]),
  )
}

function recordedTable(row: RecordedRow): string {
  const rows = recordedRows(row)
  return table(RECORDED_HEAD, rows) + `<p>${escaped(savingsSentence(row))}</p>`
}

function groupTable(rows: readonly GroupRow[]): string {
  return table(
    ['policy', 'group', 'sessions', 'calls', 'USD', 'of all-top (95%)'],
    rows.map((row) => [
      row.policy,
      row.group,
      count(row.sessions),
      count(row.calls),
      dollars(row.costNano),
      percentWithin(row.ofTop),
    ]),
  )
}

/** A column that is empty below its title says nothing, and is left out. */
function table(titles: readonly string[], texts: readonly (readonly string[])[]): string {
  const filled = (_cell: string, column: number): boolean => texts.some((row) => (row[column] ?? '') !== '')
  const head = titles.filter(filled)
  const rows = texts.map((row) => row.filter(filled))
  const line = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`
  return `<div class="scroll"><table><thead>${line(head, 'th')}</thead><tbody>${rows
    .map((row) => line(row, 'td'))
    .join('')}</tbody></table></div>`
}
