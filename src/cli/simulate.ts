/** `npm run simulate`: the bill of a working day, and of a team's month and year, one measure after the other. */
import { UnreadableLog } from '../core/replay/recorded-thread.ts'
import { NotReplayable, type ReplayInput } from '../core/replay/replay-session.ts'
import { seededRandom } from '../core/replay/seeded-random.ts'
import { billDay, drawDay, tierTarget, type DayBills } from '../core/replay/working-day.ts'
import { readPolicies } from './replay/policies.ts'
import { reachableProviders } from './replay/read-input.ts'
import { HELP, parseSimulateFlags, SimulateError, type SimulateFlags } from './simulate/flags.ts'
import { dayRows, type DayRow } from './simulate/published.ts'

function inputOf(flags: SimulateFlags): ReplayInput {
  const [policy] = readPolicies([flags.policy], {
    catalog: flags.catalog,
    providers: reachableProviders(flags.providers, []),
    pricedAt: flags.pricedAt,
  })
  if (policy === undefined) throw new SimulateError('--policy takes a policy.')
  return { ...policy.input, lifetimeMs: flags.cacheLifetimeMs }
}

function meanBills(flags: SimulateFlags, input: ReplayInput): DayBills {
  const days = Array.from({ length: flags.draws }, (_, index) =>
    billDay(drawDay(flags.day, seededRandom(index + 1)), input),
  )
  const mean = (name: keyof DayBills): number => days.reduce((sum, day) => sum + day[name], 0) / days.length
  return {
    allTop: mean('allTop'),
    allMiddle: mean('allMiddle'),
    routed: mean('routed'),
    cached: mean('cached'),
    batched: mean('batched'),
    waitingTop: mean('waitingTop'),
    waitingBatched: mean('waitingBatched'),
    cacheShare: mean('cacheShare'),
    allTopCached: mean('allTopCached'),
    allMiddleCached: mean('allMiddleCached'),
  }
}

const usd = (value: number): string => {
  const digits = value >= 1000 ? 0 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
const percent = (share: number): string => `${(100 * share).toFixed(0)}%`

function textOf(flags: SimulateFlags, rows: readonly DayRow[], bills: DayBills): string {
  const { day, days, months, team } = flags
  const cells = [
    ['', 'USD a session', 'published', 'saved', 'published', 'USD a month', 'USD a year'],
    ...rows.map((row) => [
      row.title,
      usd(row.usd),
      row.publishedUsd === null ? '' : `${usd(row.publishedUsd.least)}-${usd(row.publishedUsd.most)}`,
      row.name === 'allTop' ? '' : percent(row.saved),
      row.publishedSaved === null || row.name === 'batched'
        ? ''
        : `${percent(row.publishedSaved.least)}-${percent(row.publishedSaved.most)}`,
      usd(row.usd * days * team),
      usd(row.usd * days * team * months),
    ]),
  ]
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? []
  const batched = rows.find(({ name }) => name === 'batched')
  return [
    `A session is a working day: ${day.calls} calls, ${percent(day.shares.easy)} easy, ${percent(day.shares.medium)} medium, ` +
      `${percent(1 - day.shares.easy - day.shares.medium)} hard; a month of ${days} days, a year of ${months} months, ${team} developers`,
    ...cells.map((row) =>
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`.trimEnd(),
    ),
    '',
    batched === undefined || batched.savedOfWaiting === null || batched.publishedSaved === null
      ? 'Nothing of it can wait for a batch.'
      : `Of the work that can wait (${percent(day.batchShare)} of the turns) ${percent(batched.savedOfWaiting)} is saved; ` +
        `published ${percent(batched.publishedSaved.least)}-${percent(batched.publishedSaved.most)}.`,
    `The first three rows are without any cache, as published. With it, all-top is ${usd(bills.allTopCached / 1e9)} and ` +
      `all-middle ${usd(bills.allMiddleCached / 1e9)} USD a session, and routing with caching saves ` +
      `${percent(1 - bills.cached / bills.allTopCached)} of that all-top.`,
    ...rows.flatMap(({ title, why }) => why.map((sentence) => `${title}: ${sentence}`)),
    '',
    `Assumed: ${day.conversations} conversations a day, ${day.callsPerTurn} calls a turn, first prompt ` +
      `${day.firstPromptTokens} tokens, ${day.growthTokens} more a call, answers of ${day.outputTokens}; ` +
      `${day.callGapMs / 1000} s between calls, ${day.turnGapMs / 1000} s between turns; caches of ` +
      `${flags.cacheLifetimeMs / 60_000} minutes; ${flags.catalog} models of ${flags.providers.join(', ')} at the prices of ` +
      `${new Date(flags.pricedAt).toISOString().slice(0, 10)}; policy ${flags.policy}; mean of ${flags.draws} drawn days. ` +
      'Each is a flag: --help.',
  ].join('\n')
}

function run(flags: SimulateFlags): string {
  const input = inputOf(flags)
  const bills = meanBills(flags, input)
  const targets = { 1: tierTarget(1, input), 2: tierTarget(2, input), 3: tierTarget(3, input) }
  const rows = dayRows({ shape: flags.day, bills, targets })
  if (!flags.json) return textOf(flags, rows, bills)
  const monthly = flags.days * flags.team
  const scaled = rows.map((row) =>
    Object.assign({ monthUsd: row.usd * monthly, yearUsd: row.usd * monthly * flags.months }, row),
  )
  const { json: _json, help: _help, ...assumptions } = flags
  return JSON.stringify({ assumptions, rows: scaled, bills }, null, 2)
}

try {
  const flags = parseSimulateFlags(process.argv.slice(2), Date.now())
  process.stdout.write(flags.help ? HELP : `${run(flags)}\n`)
} catch (error) {
  const known = error instanceof SimulateError || error instanceof UnreadableLog || error instanceof NotReplayable
  if (!known) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
