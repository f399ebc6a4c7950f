/**
 * The bill of real coding-agent sessions under each way of routing them.
 *
 *     npm run bench:bill -- ../shared/data/agent_sessions.jsonl.gz [--json] [--seeds 5]
 *
 * Reference prices, 5-minute caches per model, sub-agents apart, a 60 / 25 / 15 demand drawn per human turn. What each
 * turn needs is drawn, not known: the bench compares bills, never answers.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readSessions } from './bill/read-sessions.ts'
import { runStrategies, STRATEGIES } from './bill/run-strategies.ts'
import { summarise, type Row, type Summary } from './bill/summarise.ts'

const LEAST_CALLS = 3
/** The shipped horizon was tuned on the other half (`npm run bench:horizon`). */
const REPORTED_HALF = 1

const TITLES: Readonly<Record<keyof Summary['all'], string>> = {
  allTop: 'everything to the top tier',
  everyCall: 'chosen anew at every call',
  ratchet: 'up and never down',
  growthTotal: 'per turn, floors on total context',
  growthSession: 'per turn, floors on growth of the session',
  growthTurn: 'per turn, floors on growth of the turn',
  perTurn: 'per turn, cache not counted',
  headgate: 'Headgate, default policy',
  headgateNoGrowth: 'Headgate, no growth floors',
  headgateFixed: 'the same, 5 calls always expected',
  headgateTuned: 'the same, horizon tuned on the other half',
  headgateKnownTurns: 'the same, length of each turn known',
  optimum: 'best possible, future known',
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, seeds: { type: 'string', default: '5' } },
})
const path = positionals[0]
const seedCount = Number(values.seeds)
if (path === undefined || !existsSync(path) || !Number.isInteger(seedCount) || seedCount < 1) {
  console.error(
    path !== undefined && !existsSync(path)
      ? `no session log at ${path}`
      : 'usage: node test/bench/bill.ts <agent_sessions.jsonl.gz> [--json] [--seeds 5]',
  )
  process.exit(2)
}
const seeds = Array.from({ length: seedCount }, (_, index) => index + 1)
const sessions = readSessions(path, LEAST_CALLS)
const summary = summarise(
  sessions,
  seeds,
  runStrategies(sessions, seeds, { tune: true, onSession: progress(sessions.length * seedCount) }),
)
console.log(values.json ? JSON.stringify({ ...flat(summary), ...summary }, null, 2) : table(summary))

/** Shows how far the run is, on a terminal only. */
function progress(total: number): () => void {
  let done = 0
  return () => {
    done += 1
    if (!process.stderr.isTTY || (done % 20 !== 0 && done !== total)) return
    process.stderr.write(done === total ? '\r\x1b[K' : `\r${Math.round((100 * done) / total)}% of ${total} runs`)
  }
}

/** The totals by name, USD, at the top level of the JSON. */
function flat({ all }: Summary): Record<string, number> {
  return Object.fromEntries(Object.entries(all).map(([name, row]) => [name, row.usd]))
}

function table(run: Summary): string {
  const ratio = ({ ratio: value, interval: [low, high] }: Row['ofOptimum']): string =>
    `${value.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`
  const block = (title: string, rows: Summary['all']): readonly string[] => [
    '',
    title,
    `  ${'strategy'.padEnd(44)}${'USD'.padStart(8)}  ${'of all-top (95%)'.padEnd(22)}of the best (95%)`,
    ...STRATEGIES.map(
      (name) =>
        `  ${TITLES[name].padEnd(44)}${rows[name].usd.toFixed(0).padStart(8)}  ` +
        `${ratio(rows[name].ofAllTop).padEnd(22)}${ratio(rows[name].ofOptimum)}`,
    ),
  ]
  return [
    `${run.sessions} sessions of at least ${LEAST_CALLS} calls, ${run.calls} main-loop calls, seeds ${run.seeds.join(' ')}`,
    'reference prices, 5-minute caches, sub-agents apart, demand 60 / 25 / 15 per human turn',
    ...block('All sessions', run.all),
    ...run.heldOut.flatMap(({ half, sessions: count, tunedHorizon, rows }) =>
      block(`Half ${half} (${count} sessions); tuned on the other half: share ${tunedHorizon.share}`, rows),
    ),
    '',
    'Goals',
    ...goals(run),
    '',
    'Turns that a cap would have surfaced',
    ...run.caps.map(
      ({ cap, turns, surfaced }) =>
        `  ${cap.padEnd(22)}${surfaced} of ${turns} (${((100 * surfaced) / turns).toFixed(1)}%)`,
    ),
    '  the log tells no inputs of tools and no times of sub-agents: repeated calls and trees cannot be counted',
  ].join('\n')
}

/** What the routing is held to, and whether it is met: over all sessions, and on the half that nothing was tuned on. */
function goals({ all, heldOut }: Summary): readonly string[] {
  const reported = heldOut.find(({ half }) => half === REPORTED_HALF)?.rows ?? all
  const places: readonly (readonly [string, Summary['all']])[] = [
    ['all sessions', all],
    [`half ${REPORTED_HALF}`, reported],
  ]
  return places.flatMap(([place, { headgate, headgateNoGrowth, perTurn }]) => [
    goal(`${place}: no growth floors at most 1.03 of the best`, headgateNoGrowth.ofOptimum.ratio, 1.03),
    goal(`${place}: ... and not dearer than per turn`, headgateNoGrowth.usd / perTurn.usd, 1),
    goal(`${place}: default policy at most 0.70 of all-top`, headgate.ofAllTop.ratio, 0.7),
  ])
}

function goal(title: string, value: number, most: number): string {
  return `  ${title.padEnd(58)}${value.toFixed(4)}  ${value <= most ? 'met' : 'MISSED'}`
}
