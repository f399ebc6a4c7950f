import { describe, expect, it } from 'vitest'
import { DIALECTS } from '../../../src/core/dialects/dialect.ts'
import { readDecisionRow, threadsOfDecisions } from '../../../src/core/replay/read-decision-rows.ts'
import { UnreadableLog } from '../../../src/core/replay/recorded-thread.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy } from '../../../src/core/routing/policy.ts'
import { decisionRow, decisionSession } from './decision-row.ts'

const { models } = buildCatalog(resolvePolicy({ schema: 1 }).catalog)
const read = (rows: readonly unknown[]) =>
  threadsOfDecisions(
    rows.map((row, index) => readDecisionRow(row, `line ${index + 1}`)),
    models,
  )

describe('readDecisionRow', () => {
  it('reads rows of the admin API and of the database alike', () => {
    const fromApi = readDecisionRow(decisionRow(), 'line 1')
    const fromTable = readDecisionRow(decisionRow({ subagent: 0, reasons: '["task","cheapest"]' }), 'line 1')
    expect(fromTable).toEqual(fromApi)
  })

  it('takes rows from before the newer columns were kept', () => {
    const { own_marks_nano: _one, overhead_nano: _other, ...older } = decisionRow()
    expect(readDecisionRow(older, 'line 1')).toMatchObject({ own_marks_nano: null, overhead_nano: null })
  })

  it('says which line is none, and why', () => {
    const reading = (row: unknown) => () => readDecisionRow(row, 'log.ndjson, line 7,')
    expect(reading({})).toThrow(UnreadableLog)
    expect(reading(decisionRow({ at: 'monday' }))).toThrow(/^log\.ndjson, line 7, is no decision: at: /)
    expect(reading('text')).toThrow(/line 7/)
  })
})

describe('threadsOfDecisions', () => {
  it('keeps the API each call was made in, and takes every one where the log tells none', () => {
    const dialectsOf = (change: Readonly<Record<string, unknown>>) =>
      read([decisionRow(change)]).threads[0]?.works[0]?.map(({ dialects }) => dialects)
    expect(dialectsOf({ dialect: 'openai-responses' })).toEqual([['openai-responses']])
    expect(dialectsOf({})).toEqual([DIALECTS])
  })

  it('puts rows in the order of time and each once', () => {
    const rows = decisionSession('s1', 4)
    const { threads } = read([...rows.toReversed(), rows[2]])
    expect(threads).toHaveLength(1)
    expect(threads[0]?.trace.calls.map(({ atMs }) => atMs)).toEqual([0, 60_000, 120_000, 180_000])
    expect(threads[0]?.trace.calls.map(({ promptTokens }) => promptTokens)).toEqual([40_000, 41_000, 42_000, 43_000])
    expect(threads[0]?.trace.calls.map(({ startsTurn }) => startsTurn)).toEqual([true, false, false, false])
  })

  it('keeps threads, sessions and keys apart', () => {
    const { threads } = read([
      decisionRow(),
      decisionRow({ id: 'a', thread_id: 't2', subagent: true }),
      decisionRow({ id: 'b', session_id: 's2' }),
      decisionRow({ id: 'c', key_id: 'key_2' }),
    ])
    expect(threads.map(({ sessionId, subagent }) => [sessionId, subagent])).toEqual([
      ['key_1 s1', false],
      ['key_1 s1', true],
      ['key_1 s2', false],
      ['key_2 s1', false],
    ])
  })

  it('recounts the tokens of newer models, and leaves out rows that used nothing', () => {
    const { threads, withoutUsage } = read([
      decisionRow({ target: 'anthropic/claude-opus-5-5', cache_write_short_tokens: 52_000, output_tokens: 390 }),
      decisionRow({ id: 'refused', cache_write_short_tokens: 0, output_tokens: 0 }),
    ])
    expect(threads[0]?.trace.calls).toMatchObject([{ promptTokens: 40_000, outputTokens: 300 }])
    expect(withoutUsage).toBe(1)
  })

  it('gives floors back as the signals that set them', () => {
    const workOf = (...reasons: string[]) => read([decisionRow({ reasons })]).threads[0]?.works[0]?.[0]
    expect(workOf('plan_mode')?.signals).toEqual({ planMode: true })
    expect(workOf('stack_trace_files')?.signals).toEqual({ stackTrace: true, stackTraceFiles: 3 })
    expect(workOf('file_paths')?.signals.filePaths).toHaveLength(2)
    for (const [reason, testsFailed] of [
      ['evidence_tool_errors', false],
      ['evidence_failing_tests', true],
    ] as const) {
      expect(workOf(reason)).toMatchObject({ toolErrorsInARow: 3, signals: { toolErrors: 1, testsFailed } })
    }
    expect(workOf('evidence_repeated_call')).toMatchObject({ repeatedCalls: 3 })
    expect(workOf('task')).toMatchObject({ signals: {}, task: { taskType: 'bug_fix', rule: 'fix' } })
  })

  it('tells the control group', () => {
    const { threads } = read([decisionRow({ reasons: ['out_of_scope'] }), decisionRow({ id: 'b' })])
    expect(threads[0]?.recorded.map(({ outOfScope }) => outOfScope)).toEqual([true, false])
  })
})
