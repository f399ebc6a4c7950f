/**
 * How well the shipped rules name the task and the tier, on texts nobody wrote for them. Tuned on one half of each set,
 * reported on the other. Run: `npm run bench:classify -- [data folder] [--half tune|report|both] [--json] [--errors N]`.
 * It asserts nothing; the figures are for reading.
 */
import { parseArgs } from 'node:util'
import { classify } from '../../src/core/tasks/classify.ts'
import { TASK_TYPES, type TaskClassification, type Tier } from '../../src/core/tasks/task-types.ts'
import { bootstrap, Confusion, figuresOf, type Figures, type Interval } from './confusion.ts'
import { labelledSets, tierOf, type LabelledSet, type LabelledText } from './labelled-texts.ts'
import { promptSignals } from './prompt-signals.ts'
import { sharedDataFolder } from './shared-data.ts'

const TIERS: readonly Tier[] = [1, 2, 3]
const HALVES = ['tune', 'report', 'both'] as const
type Wanted = (typeof HALVES)[number]

interface Answer {
  readonly row: LabelledText
  readonly task: TaskClassification
}

interface Measured {
  readonly name: string
  readonly figures: Figures
  readonly intervals: Record<keyof Figures, Interval>
  /** Share of the texts, and of the calls their work took, sent to each tier. */
  readonly share: readonly number[]
  readonly callShare: readonly number[]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    half: { type: 'string', default: 'report' },
    json: { type: 'boolean', default: false },
    errors: { type: 'string', default: '0' },
  },
})
const wantedHalf = HALVES.find((name) => name === values.half)
const dataFolder = sharedDataFolder(positionals[0])
if (!wantedHalf) fail(`--half is one of ${HALVES.join(', ')}`)
else if (!dataFolder) fail('The data is missing: give its folder, or set HEADGATE_SHARED (looked for ../shared/data).')
else run(dataFolder, wantedHalf)

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}

function run(folder: string, half: Wanted): void {
  const reports = labelledSets(folder).map((set) => {
    const answers = answersTo(set.rows)
    printErrors(
      answers.filter(({ row }) => row.half === 'tune'),
      Number(values.errors),
    )
    return reportOn(set, answers, half)
  })
  if (values.json) console.log(JSON.stringify({ half, sets: reports }, null, 2))
  else for (const report of reports) printReport(report, half)
}

/** Classifies in order, so that a conversation's next text knows the task before it. */
function answersTo(rows: readonly LabelledText[]): Answer[] {
  const last = new Map<string, TaskClassification>()
  return rows.map((row) => {
    const previous = row.conversation === null ? null : (last.get(row.conversation) ?? null)
    const task = classify(promptSignals(row.text, previous !== null), previous, [])
    if (row.conversation !== null) last.set(row.conversation, task)
    return { row, task }
  })
}

function reportOn(set: LabelledSet, answers: readonly Answer[], half: Wanted) {
  const scored = answers.filter(({ row }) => half === 'both' || row.half === half)
  const tuneRows = set.rows.filter((row) => row.half === 'tune')
  const [low, high] = lengthThresholds(tuneRows)
  const majority = mostFrequentTier(tuneRows)
  const byLength = (row: LabelledText): Tier => tierByLength(row, low, high)
  const rows = scored.map(({ row }) => row)
  const ruleTier = new Map(scored.map(({ row, task }) => [row, tierOf(task.taskType)]))
  const tiers = [
    measure('rules', rows, (row) => ruleTier.get(row) ?? 2),
    ...TIERS.map((tier) => measure(`always ${tier}`, rows, () => tier)),
    measure(`majority (${majority})`, rows, () => majority),
    measure(`length (${low}, ${high})`, rows, byLength),
  ]
  return {
    name: set.name,
    file: set.file,
    tierMeans: set.tierMeans,
    texts: rows.length,
    clusters: new Set(rows.map((row) => row.cluster)).size,
    tiers,
    confusion: table(
      rows,
      (row) => row.tier,
      (row) => ruleTier.get(row) ?? 2,
      TIERS.map(String),
    ),
    sources: countBy(scored, ({ task }) => task.rule ?? task.source),
    tasks: taskReport(scored),
  }
}

type Report = ReturnType<typeof reportOn>

function measure(name: string, rows: readonly LabelledText[], predict: (row: LabelledText) => Tier): Measured {
  const labels = TIERS.map(String)
  const all = table(rows, (row) => row.tier, predict, labels)
  const calls = rows.reduce((sum, row) => sum + row.calls, 0)
  const share = (weigh: (row: LabelledText) => number, total: number) =>
    TIERS.map((tier) => rows.reduce((sum, row) => (predict(row) === tier ? sum + weigh(row) : sum), 0) / total)
  return {
    name,
    figures: figuresOf(all),
    intervals: bootstrap(byCluster(rows, (row) => row.tier, predict, labels)),
    share: share(() => 1, rows.length),
    callShare: share((row) => row.calls, calls),
  }
}

type Label = (row: LabelledText) => string | number

function table(rows: readonly LabelledText[], truth: Label, predict: Label, labels: readonly string[]): Confusion {
  const confusion = new Confusion(labels)
  for (const row of rows) confusion.count(String(truth(row)), String(predict(row)))
  return confusion
}

function byCluster(
  rows: readonly LabelledText[],
  truth: Label,
  predict: Label,
  labels: readonly string[],
): Confusion[] {
  const groups = Object.groupBy(rows, (row) => row.cluster)
  return Object.values(groups).map((group) => table(group ?? [], truth, predict, labels))
}

/** Task types, on the rows whose source tells one; null where none does. */
function taskReport(scored: readonly Answer[]) {
  const labelled = scored.filter(({ row }) => row.taskType !== null)
  if (labelled.length === 0) return null
  const rows = labelled.map(({ row }) => row)
  const found = new Map(labelled.map(({ row, task }) => [row, task.taskType]))
  const truth: Label = (row) => row.taskType ?? 'general'
  const predict: Label = (row) => found.get(row) ?? 'general'
  const confusion = table(rows, truth, predict, TASK_TYPES)
  const largest = Math.max(...TASK_TYPES.map((_, label) => confusion.truths(label)))
  return {
    texts: rows.length,
    figures: figuresOf(confusion),
    intervals: bootstrap(byCluster(rows, truth, predict, TASK_TYPES)),
    majorityAccuracy: largest / rows.length,
    confusion,
  }
}

function tierByLength(row: LabelledText, low: number, high: number): Tier {
  const words = row.text.split(/\s+/).length
  return words <= low ? 1 : words <= high ? 2 : 3
}

/** The two word counts that give the best macro-F1 on the tune half. */
function lengthThresholds(rows: readonly LabelledText[]): readonly [number, number] {
  const steps = [0, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 25, 30, 40, 60, 100, 200, 400]
  const labels = TIERS.map(String)
  let best: readonly [number, number] = [0, 0]
  let bestScore = -1
  for (const low of steps) {
    for (const high of steps.filter((step) => step >= low)) {
      const score = figuresOf(
        table(
          rows,
          (row) => row.tier,
          (row) => tierByLength(row, low, high),
          labels,
        ),
      ).macroF1
      if (score > bestScore) [best, bestScore] = [[low, high], score]
    }
  }
  return best
}

function mostFrequentTier(rows: readonly LabelledText[]): Tier {
  const counts = TIERS.map((tier) => rows.filter((row) => row.tier === tier).length)
  return TIERS[counts.indexOf(Math.max(...counts))] ?? 2
}

function countBy<Item>(items: readonly Item[], key: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).sort((a, b) => b[1] - a[1]))
}

function printReport(report: Report, half: Wanted): void {
  console.log(`\n${report.name} (${report.file}), ${half} half: ${report.texts} texts in ${report.clusters} clusters`)
  console.log(`needed tier  ${report.tierMeans}`)
  console.log(
    '\n                   accuracy           macro-F1           kappa              under   over    to 1/2/3 (of calls)',
  )
  for (const line of report.tiers) {
    const { figures, intervals } = line
    const cells = (['accuracy', 'macroF1', 'kappa'] as const).map((name) =>
      withInterval(figures[name], intervals[name]).padEnd(19),
    )
    const share = `${line.share.map(percent).join(' ')} (${line.callShare.map(percent).join(' ')})`
    console.log(
      `${line.name.padEnd(19)}${cells.join('')}${percent(figures.under).padEnd(8)}${percent(figures.over).padEnd(8)}${share}`,
    )
  }
  console.log('\nneeded \\ sent to'.padEnd(18) + TIERS.map((tier) => String(tier).padStart(7)).join(''))
  for (const tier of TIERS) {
    console.log(
      `${String(tier).padEnd(17)}${TIERS.map((sent) => String(report.confusion.cell(tier - 1, sent - 1)).padStart(7)).join('')}`,
    )
  }
  printWorth(report.tiers)
  if (report.tasks) printTasks(report.tasks)
  console.log(
    `\ndecided by  ${Object.entries(report.sources)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
  )
}

/** Whether the text told more of the needed tier than chance, and more than its length. */
function printWorth([rules, ...baselines]: readonly Measured[]): void {
  const length = baselines.at(-1)
  if (!rules || !length) return
  const [low, high] = rules.intervals.kappa
  const worth = low <= 0 ? 'no more than chance' : high < 0.2 ? 'hardly more than chance' : 'more than chance'
  const beside = rules.figures.kappa > length.figures.kappa ? 'more than its length does' : 'less than its length does'
  console.log(
    `\nWhat is asked tells the needed tier ${worth} (kappa ${withInterval(rules.figures.kappa, rules.intervals.kappa)}), ` +
      `and ${beside} (${length.figures.kappa.toFixed(2)}).`,
  )
}

function printTasks({ texts, figures, intervals, majorityAccuracy, confusion }: NonNullable<Report['tasks']>): void {
  console.log(
    `\ntask types on the ${texts} labelled: accuracy ${withInterval(figures.accuracy, intervals.accuracy)}, macro-F1 ${withInterval(figures.macroF1, intervals.macroF1)}; always the commonest: ${majorityAccuracy.toFixed(2)}`,
  )
  confusion.labels.forEach((label, truth) => {
    const count = confusion.truths(truth)
    if (count === 0) return
    const right = confusion.cell(truth, truth)
    const precision = right / Math.max(1, confusion.predictions(truth))
    const said = confusion.labels
      .map((name, predicted) => ({ name, count: confusion.cell(truth, predicted) }))
      .filter((entry) => entry.count > 0)
      .sort((a, b) => b.count - a.count)
      .slice(0, 6)
    console.log(
      `  ${label.padEnd(20)} recall ${(right / count).toFixed(2)} precision ${precision.toFixed(2)}  called ${said.map((entry) => `${entry.name} ${entry.count}`).join(', ')}`,
    )
  })
}

/** Misclassified examples of the tune half only: the report half is not for reading. */
function printErrors(tune: readonly Answer[], wanted: number): void {
  const wrong = tune.filter(
    ({ row, task }) => tierOf(task.taskType) !== row.tier || (row.taskType !== null && row.taskType !== task.taskType),
  )
  const step = Math.max(1, Math.floor(wrong.length / Math.max(1, wanted)))
  for (const { row, task } of wrong.filter((_, i) => i % step === 0).slice(0, wanted)) {
    const text = row.text.replace(/\s+/g, ' ').slice(0, 150)
    console.error(
      `needs ${row.tier} ${row.taskType ?? ''} -> ${tierOf(task.taskType)} ${task.taskType} (${task.rule ?? task.source})  ${text}`,
    )
  }
}

function withInterval(value: number, [low, high]: Interval): string {
  return `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)}%`
}
