/** `npm run replay`: what recorded work would have cost under other policies. */
import { writeFileSync } from 'node:fs'
import { UnreadableLog, type RecordedThread } from '../core/replay/recorded-thread.ts'
import { NotReplayable } from '../core/replay/replay-session.ts'
import { reportOf } from '../core/replay/replay-report.ts'
import { compareOnThread, shareCaches, type ComparisonInput, type ThreadOutcome } from '../core/replay/replay-thread.ts'
import { seededRandom } from '../core/replay/seeded-random.ts'
import { HELP, parseReplayFlags, type ReplayFlags } from './replay/flags.ts'
import { htmlReport } from './replay/html-report.ts'
import { readPolicies } from './replay/policies.ts'
import { progressBar } from './replay/progress.ts'
import { reachableProviders, readLog, type ReplayableLog } from './replay/read-input.ts'
import { textReport, type ReportHeading } from './replay/text-report.ts'

interface Replayed {
  readonly outcomes: readonly ThreadOutcome[]
  /** Threads that could not be replayed, and why. */
  readonly left: ReadonlyMap<string, number>
}

function replayAll(threads: readonly RecordedThread[], input: ComparisonInput): Replayed {
  const bar = progressBar('replaying', process.stderr, Date.now)
  const calls = threads.reduce((sum, { trace }) => sum + trace.calls.length, 0)
  const outcomes: ThreadOutcome[] = []
  const left = new Map<string, number>()
  const shared = shareCaches(threads, input)
  let done = 0
  for (const thread of threads) {
    try {
      outcomes.push(compareOnThread(thread, { ...input, shared }))
    } catch (error) {
      if (!(error instanceof NotReplayable)) throw error
      left.set(error.message, (left.get(error.message) ?? 0) + 1)
    }
    done += thread.trace.calls.length
    bar.show(done, calls)
  }
  bar.end()
  return { outcomes, left }
}

function headingOf(log: ReplayableLog, flags: ReplayFlags, { left }: Replayed): ReportHeading {
  const providers = [...reachableProviders(flags.providers, log.providers).keys()]
  return {
    source: flags.path ?? flags.persist ?? flags.url ?? '',
    assumptions: [
      `prices of ${new Date(flags.pricedAt).toISOString().slice(0, 10)}, ${flags.catalog} models of ${providers.join(' and ')}, ` +
        '5-minute caches per model, the same prompts and answers whoever gives them',
      flags.ignoreRequested || log.kind === 'sessions'
        ? 'no call is bound to the model it asked for'
        : 'the model asked for is honoured as each policy says',
      ...log.notes,
      ...[...left].map(([reason, threads]) => `${threads} threads are left out: ${reason}`),
    ],
    by: flags.by,
    tasksKnown: log.kind !== 'sessions',
  }
}

function writePage(path: string, page: string): void {
  try {
    writeFileSync(path, page)
  } catch (error) {
    throw new UnreadableLog(`The page cannot be written to ${path} (${(error as NodeJS.ErrnoException).code}).`)
  }
}

async function run(flags: ReplayFlags): Promise<void> {
  const reading = progressBar('reading', process.stderr, Date.now)
  const log = await readLog(flags, (done, total) => reading.show(done, total)).finally(() => reading.end())
  const policies = readPolicies(flags.policies, {
    catalog: flags.catalog,
    providers: reachableProviders(flags.providers, log.providers),
    pricedAt: flags.pricedAt,
  })
  const replayed = replayAll(log.threads, {
    policies,
    withBest: flags.best,
    ignoreRequested: flags.ignoreRequested,
  })
  if (replayed.outcomes.length === 0) {
    throw new UnreadableLog(`Nothing could be replayed: ${[...replayed.left.keys()].join('; ')}.`)
  }
  const report = reportOf(replayed.outcomes, { resamples: flags.resamples, random: () => seededRandom(1) })
  const heading = headingOf(log, flags, replayed)
  if (flags.html !== null) writePage(flags.html, htmlReport(report, heading))
  const { source, assumptions } = heading
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ source, assumptions, ...report }, null, 2)}\n`
      : `${textReport(report, heading)}\n`,
  )
}

try {
  const flags = parseReplayFlags(process.argv.slice(2), Date.now(), process.env)
  if (flags.help) process.stdout.write(HELP)
  else await run(flags)
} catch (error) {
  if (!(error instanceof UnreadableLog)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
