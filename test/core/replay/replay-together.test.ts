import { describe, expect, it } from 'vitest'
import { buildPriceBook } from '../../../src/core/pricing/price-book.ts'
import { readDecisionRow, threadsOfDecisions } from '../../../src/core/replay/read-decision-rows.ts'
import type { RecordedThread } from '../../../src/core/replay/recorded-thread.ts'
import {
  compareOnThread,
  shareCaches,
  type ComparisonInput,
  type NamedPolicy,
  type ThreadOutcome,
} from '../../../src/core/replay/replay-thread.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy } from '../../../src/core/routing/policy.ts'
import { decisionRow } from './decision-row.ts'

const HAIKU = 'anthropic/claude-haiku-4-5'
const SONNET = 'anthropic/claude-sonnet-4-6'
const OPUS = 'anthropic/claude-opus-4-6'
const BEGINNING = 20_000
const MINUTE = 60_000

const policy = resolvePolicy({ schema: 1, catalog: { preset: 'reference' } })
const own: NamedPolicy = {
  name: 'own',
  input: {
    policy,
    catalog: buildCatalog(policy.catalog),
    prices: buildPriceBook(),
    providers: new Map([['anthropic', ['anthropic-messages']]]),
    pricedAt: Date.UTC(2026, 10, 1),
    lifetimeMs: 5 * MINUTE,
  },
}
const input: ComparisonInput = { policies: [own], withBest: false, ignoreRequested: false }

interface Logged {
  readonly session: string
  readonly atMin: number
  readonly task: 'docstring' | 'bug_fix' | 'architecture'
  readonly read: number
  readonly agent?: string
  readonly firstByteMs?: number
}

const TARGETS = { docstring: HAIKU, bug_fix: SONNET, architecture: OPUS }

/** A log of one-call turns, each of 40,000 tokens of prompt. */
function log(...calls: readonly Logged[]): readonly RecordedThread[] {
  const rows = calls.map(({ session, atMin, task, read, agent = 'claude-code', firstByteMs = 500 }, index) =>
    decisionRow({
      id: `call_${index}`,
      at: Date.UTC(2026, 10, 2, 9) + atMin * MINUTE,
      agent,
      session_id: session,
      thread_id: session,
      turn: index + 1,
      first_byte_ms: firstByteMs,
      task_type: task,
      target: TARGETS[task],
      cache_read_tokens: read,
      cache_write_short_tokens: 40_000 - read,
    }),
  )
  return threadsOfDecisions(
    rows.map((row) => readDecisionRow(row, 'row')),
    own.input.catalog.models,
  ).threads
}

function replayed(...calls: readonly Logged[]): readonly ThreadOutcome[] {
  const threads = log(...calls)
  const shared = shareCaches(threads, input)
  return threads.map((thread) => compareOnThread(thread, { ...input, shared }))
}

/** Tokens that each thread read from caches under the policy. */
const reads = (...calls: readonly Logged[]): readonly (number | undefined)[] =>
  replayed(...calls).map(({ policies }) => policies['own']?.cacheReadTokens)

const first: Logged = { session: 'first', atMin: 0, task: 'docstring', read: 0 }

describe('a beginning that sessions have in common', () => {
  it('is read at a model where another session has been, within its lifetime', () => {
    expect(reads(first, { ...first, session: 'other', atMin: 4, read: BEGINNING })).toEqual([0, BEGINNING])
  })

  it('is cold at a model where nobody has been', () => {
    const other = { session: 'other', read: BEGINNING } as const
    const [, outcome] = replayed(
      first,
      { ...other, atMin: 1, task: 'docstring' },
      { ...other, atMin: 2, task: 'architecture', read: 0 },
    )
    // At the small model; nothing at the large one, as the log has it.
    expect(outcome?.policies['own']?.cacheReadTokens).toBe(BEGINNING)
    expect(outcome?.policies['own']?.asLogged.calls).toBe(2)
  })

  it('is not there yet while the call that brings it is not answered', () => {
    const meanwhile = { ...first, session: 'meanwhile', task: 'architecture', atMin: 1 } as const
    const threads = (slow: boolean): readonly (number | undefined)[] =>
      reads(
        { ...first, task: 'architecture', firstByteMs: slow ? 2 * MINUTE : 500 },
        { ...meanwhile, task: 'docstring', atMin: 0.5, read: BEGINNING },
        meanwhile,
      )
    expect(threads(true)).toEqual([0, BEGINNING])
    expect(threads(false)).toEqual([0, 2 * BEGINNING])
  })

  it('is cold again after its lifetime, unless the log shows that calls outside of it kept it', () => {
    const late = { ...first, session: 'late', atMin: 10 }
    const seen = { ...first, session: 'seen', atMin: 4, read: BEGINNING }
    expect(reads(first, seen, late)).toEqual([0, BEGINNING, 0])
    expect(reads({ ...late, read: BEGINNING })).toEqual([BEGINNING])
  })

  it('is found alike in whatever order the log has its rows', () => {
    // Both began at the same moment, and one of them read what a call outside of the log kept.
    const one = [first, { ...first, task: 'architecture', atMin: 2, read: BEGINNING }] as const
    const other = { ...first, session: 'with', read: BEGINNING }
    const topOf = (...calls: readonly Logged[]): Readonly<Record<string, number>> =>
      Object.fromEntries(replayed(...calls).map(({ sessionId, topNano }) => [sessionId, topNano]))
    expect(topOf(other, ...one)).toEqual(topOf(...one, other))
  })

  it('is not that of another agent', () => {
    const codex = { session: 'codex', agent: 'codex' } as const
    expect(
      reads(
        { session: 'claude', atMin: 1, task: 'architecture', read: 0 },
        { ...codex, atMin: 2, task: 'docstring', read: BEGINNING },
        { ...codex, atMin: 3, task: 'architecture', read: 0 },
      ),
    ).toEqual([0, BEGINNING])
  })

  it('is counted at the top model too, where all go: one session warms it for the next', () => {
    const threads = replayed(first, { ...first, session: 'other', atMin: 1, read: BEGINNING })
    const [one = 0, other = 0] = threads.map(({ topNano }) => topNano)
    expect(one - other).toBe(BEGINNING * (6_250 - 500))
  })

  it('is known to routing only where the session itself has been', () => {
    const threads = log(
      first,
      { ...first, session: 'other', atMin: 1, read: BEGINNING },
      { ...first, session: 'other', atMin: 2, read: 40_000 },
    )
    const shared = shareCaches(threads, input).policies['own']?.[0]?.get(threads[1]!)
    expect(shared?.map(({ warm, known }) => [[...warm], [...known]])).toEqual([
      [[HAIKU], []],
      [[HAIKU], [HAIKU]],
    ])
  })
})

describe('a log under the policy that it was made with', () => {
  it('costs what the log says', () => {
    const price = (tokens: number, [read, write, output]: readonly [number, number, number]): number =>
      tokens * read + (40_000 - tokens) * write + 300 * output
    const haiku = [100, 1_250, 5_000] as const
    const opus = [500, 6_250, 25_000] as const
    const outcomes = replayed(
      first,
      { ...first, session: 'b', atMin: 1, read: BEGINNING },
      { session: 'b', atMin: 2, task: 'architecture', read: 0 },
      { session: 'c', atMin: 3, task: 'architecture', read: BEGINNING },
      { session: 'c', atMin: 4, task: 'docstring', read: BEGINNING },
    )
    expect(outcomes.map(({ policies }) => policies['own']?.costNano)).toEqual([
      price(0, haiku),
      price(BEGINNING, haiku) + price(0, opus),
      price(BEGINNING, opus) + price(BEGINNING, haiku),
    ])
  })
})
