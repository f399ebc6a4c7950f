/**
 * What choosing the lifetime of cache entries saves on real coding-agent sessions, all at the top tier.
 *
 *     npm run bench:lifetime -- ../shared/data/agent_sessions.jsonl.gz [--json]
 *
 * The gaps expected of a session that has shown none are read off one half of the sessions, by the hash of their id; the
 * other half is billed with them. `worst case`: the provider drops what a short entry wrote although a long one stands
 * behind it, which its documents do not say.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildPriceBook, priceOf, type KnownPrice } from '../../src/core/pricing/price-book.ts'
import { addGap, NO_GAPS, STARTING_GAPS, type GapCounts } from '../../src/core/prompt-cache/gaps.ts'
import { bootstrapRatio, type RatioEstimate } from '../../src/core/replay/bootstrap.ts'
import { halfOf, seededRandom } from '../../src/core/replay/seeded-random.ts'
import type { TraceSession } from '../../src/core/replay/trace.ts'
import { readSessions } from './bill/read-sessions.ts'
import { billLifetimes, type CacheModel, type LifetimeRule } from './cache-lifetime/bill-lifetimes.ts'

const LEAST_CALLS = 3
const RESAMPLES = 2000
/** As how many gaps the expected ones count. */
const STRENGTHS = [5, 10, 20, 40, 80] as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
const path = positionals[0]
if (path === undefined || !existsSync(path)) {
  console.error(
    path === undefined
      ? 'usage: node test/bench/cache-lifetime.ts <agent_sessions.jsonl.gz> [--json]'
      : `no session log at ${path}`,
  )
  process.exit(2)
}

interface Row {
  readonly usd: number
  readonly ofShort: RatioEstimate
  readonly ofLong: RatioEstimate
}

interface Block {
  readonly name: string
  readonly sessions: number
  /** Gaps that the tuned choice begins with; null: the shipped ones. */
  readonly expected: GapCounts | null
  readonly rows: Readonly<Record<'short' | 'long' | 'choice' | 'choiceWorstCase', Row>>
}

const price = topPrice()
const sessions = readSessions(path, LEAST_CALLS)
const halves = ([0, 1] as const).map((half) => sessions.filter(({ id }) => halfOf(id) === half))
const blocks: Block[] = [
  blockOf('all sessions, as shipped', sessions, null),
  ...halves.map((held, half) => blockOf(`half ${half}, tuned on the other`, held, tunedOn(halves[1 - half] ?? []))),
]
console.log(values.json ? JSON.stringify({ sessions: sessions.length, blocks }, null, 2) : table(blocks))

function bills(list: readonly TraceSession[], rule: LifetimeRule, model: CacheModel = 'entries'): number[] {
  return list.map((session) => billLifetimes(session, rule, { price, model }))
}

/** The strength with the least bill, of gaps as often as these sessions had them. */
function tunedOn(list: readonly TraceSession[]): GapCounts {
  let counts = NO_GAPS.map(() => 0)
  for (const { calls } of list) {
    for (const [index, call] of calls.entries()) {
      const before = calls[index - 1]
      if (before === undefined) continue
      const one = addGap(NO_GAPS, call.atMs - before.atMs)
      counts = counts.map((count, bin) => count + (one[bin] ?? 0))
    }
  }
  const total = sum(counts)
  const candidates = STRENGTHS.map((strength) => counts.map((count) => (count / total) * strength))
  const cost = (expected: GapCounts): number => sum(bills(list, { expected }))
  return candidates.reduce((best, next) => (cost(next) < cost(best) ? next : best))
}

function blockOf(name: string, list: readonly TraceSession[], expected: GapCounts | null): Block {
  const short = bills(list, 'short')
  const long = bills(list, 'long')
  const rule = { expected: expected ?? STARTING_GAPS.attended }
  const row = (billed: readonly number[]): Row => ({
    usd: sum(billed) / 1e9,
    ofShort: bootstrapRatio({ above: billed, below: short }, RESAMPLES, seededRandom(1)),
    ofLong: bootstrapRatio({ above: billed, below: long }, RESAMPLES, seededRandom(2)),
  })
  const rows = {
    short: row(short),
    long: row(long),
    choice: row(bills(list, rule)),
    choiceWorstCase: row(bills(list, rule, 'parts')),
  }
  return { name, sessions: list.length, expected, rows }
}

function topPrice(): KnownPrice {
  const found = priceOf(buildPriceBook(), 'anthropic/claude-opus-4-6', Date.UTC(2026, 10, 1))
  if (found.status === 'unpriced') throw new Error('the top model of the reference catalogue has no price')
  return found
}

function sum(list: readonly number[]): number {
  return list.reduce((total, value) => total + value, 0)
}

function table(list: readonly Block[]): string {
  const titles = {
    short: 'always 5 minutes',
    long: 'always 1 hour',
    choice: 'chosen by the gaps',
    choiceWorstCase: 'chosen by the gaps, worst case',
  } as const
  const ratio = ({ ratio: value, interval: [low, high] }: RatioEstimate): string =>
    `${value.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`
  return list
    .flatMap(({ name, sessions: count, rows }) => [
      '',
      `${name} (${count} sessions)`,
      `  ${'lifetime'.padEnd(34)}${'USD'.padStart(7)}  ${'of always 5 min (95%)'.padEnd(24)}of always 1 h (95%)`,
      ...(Object.keys(titles) as (keyof typeof titles)[]).map(
        (key) =>
          `  ${titles[key].padEnd(34)}${rows[key].usd.toFixed(0).padStart(7)}  ` +
          `${ratio(rows[key].ofShort).padEnd(24)}${ratio(rows[key].ofLong)}`,
      ),
    ])
    .join('\n')
}
