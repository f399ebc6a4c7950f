import { describe, expect, it } from 'vitest'
import { feedTranscript, openTranscript, threadsOfTranscript } from '../../../src/core/replay/read-transcript.ts'
import type { RecordedThread } from '../../../src/core/replay/recorded-thread.ts'
import { readTranscriptLine } from '../../../src/core/replay/transcript-line.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy } from '../../../src/core/routing/policy.ts'
import { answer, toolResult, toolUse, typed } from './transcript-lines.ts'

const { models } = buildCatalog(resolvePolicy({ schema: 1 }).catalog)

function read(lines: readonly unknown[], seen = new Set<string>()): readonly RecordedThread[] {
  const reading = openTranscript('session')
  for (const value of lines) {
    const line = readTranscriptLine(value)
    if (line !== null) feedTranscript(reading, line, seen)
  }
  return threadsOfTranscript(reading, models, (target) => (target.startsWith('anthropic/') ? 7 : null))
}

describe('a transcript', () => {
  it('has one call per answer, though each content block has a line; the last one counted most', () => {
    const [thread] = read([
      typed('Fix the failing checkout test', 0),
      answer({ id: 'msg_1', at: 2_000, write5m: 41_000, output: 3 }),
      answer({ id: 'msg_1', at: 3_000, write5m: 41_000, output: 250, block: toolUse('Edit') }),
      toolResult(5_000, false),
      answer({ id: 'msg_2', at: 9_000, read: 41_000, write5m: 900 }),
    ])
    expect(thread?.trace).toEqual({
      id: 'session',
      sharedTokens: 0,
      beginning: 'main',
      calls: [
        { atMs: 0, promptTokens: 41_004, outputTokens: 250, startsTurn: true, afterCompaction: false, edited: true },
        {
          atMs: 7_000,
          promptTokens: 41_904,
          outputTokens: 200,
          startsTurn: false,
          afterCompaction: false,
          edited: false,
        },
      ],
    })
    expect(thread?.recorded[0]).toMatchObject({
      at: Date.UTC(2026, 10, 3, 8) + 2_000,
      target: 'anthropic/claude-opus-4-6',
      usage: { inputTokens: 4, cacheWriteShortTokens: 41_000, cacheWriteLongTokens: 0, outputTokens: 250 },
      costNano: 7,
    })
  })

  it('keeps blocks of one answer together with tool results between them', () => {
    const [thread] = read([
      typed('Look at both files', 0),
      answer({ id: 'msg_1', at: 1_000, write5m: 40_000, block: toolUse('Read') }),
      toolResult(1_500, false),
      answer({ id: 'msg_1', at: 1_000, write5m: 40_000, block: toolUse('Grep') }),
      toolResult(1_600, true),
      answer({ id: 'msg_2', at: 4_000, read: 40_000 }),
    ])
    expect(thread?.trace.calls).toHaveLength(2)
    expect(thread?.works[0]?.[1]?.signals.toolErrors).toBe(1)
  })

  it('tells long cache writes from short ones', () => {
    const [thread] = read([typed('hello there', 0), answer({ id: 'msg_1', at: 1, write5m: 10, write1h: 30_000 })])
    expect(thread?.recorded[0]?.usage).toMatchObject({ cacheWriteShortTokens: 10, cacheWriteLongTokens: 30_000 })
  })

  it('names the task from what was typed, and holds it for the turn', () => {
    const [thread] = read([
      typed('Add a docstring to the parse function', 0),
      answer({ id: 'msg_1', at: 1_000, write5m: 40_000 }),
      toolResult(2_000, false),
      answer({ id: 'msg_2', at: 3_000, read: 40_000 }),
      typed('Now do a security audit of the login flow for injection vulnerabilities', 60_000),
      answer({ id: 'msg_3', at: 61_000, read: 40_000 }),
    ])
    expect(thread?.works[0]?.map(({ task }) => task.taskType)).toEqual(['docstring', 'docstring', 'security_audit'])
    expect(thread?.trace.calls.map(({ startsTurn }) => startsTurn)).toEqual([true, false, true])
  })

  it('takes for typed only what a person typed', () => {
    const turns = (line: Record<string, unknown>): boolean | undefined =>
      read([
        typed('Fix it', 0),
        answer({ id: 'msg_1', at: 1_000, write5m: 40_000 }),
        line,
        answer({ id: 'msg_2', at: 3_000, read: 40_000 }),
      ])[0]?.trace.calls[1]?.startsTurn
    expect(turns(typed('and the other one too', 2_000))).toBe(true)
    expect(turns(typed('Caveat: The messages below were generated', 2_000, { isMeta: true }))).toBe(false)
    expect(turns(typed('<system-reminder>be brief</system-reminder>', 2_000))).toBe(false)
    expect(turns(typed('<local-command-stdout>ok</local-command-stdout>', 2_000))).toBe(false)
  })

  it('keeps no text', () => {
    const [thread] = read([typed('The secret word is swordfish', 0), answer({ id: 'msg_1', at: 1, write5m: 9_000 })])
    expect(JSON.stringify(thread)).not.toContain('swordfish')
  })

  it('knows plan mode, complaints, traces and tool errors in a row', () => {
    const trace = 'TypeError: x\n    at a (src/a.ts:1:1)\n    at b (src/b.ts:2:2)\n    at c (src/c.ts:3:3)'
    const [thread] = read([
      typed('Plan the migration', 0, { permissionMode: 'plan' }),
      answer({ id: 'msg_1', at: 1_000, write5m: 40_000 }),
      toolResult(2_000, true),
      toolResult(2_100, true),
      answer({ id: 'msg_2', at: 3_000, read: 40_000 }),
      toolResult(4_000, true),
      answer({ id: 'msg_3', at: 5_000, read: 40_000 }),
      typed(`That still does not work:\n${trace}`, 9_000),
      answer({ id: 'msg_4', at: 10_000, read: 40_000 }),
    ])
    const works = thread?.works[0] ?? []
    expect(works[0]?.signals.planMode).toBe(true)
    expect(works.map(({ toolErrorsInARow }) => toolErrorsInARow)).toEqual([0, 2, 3, 0])
    expect(works[3]?.signals).toMatchObject({ complaint: true, stackTrace: true, stackTraceFiles: 3 })
  })

  it('loses its cache by a compaction', () => {
    const compactions = [
      { ...typed('summary', 2_000), isCompactSummary: true },
      { type: 'system', subtype: 'compact_boundary', sessionId: 's', timestamp: '2026-11-03T08:00:02.000Z' },
    ]
    for (const line of compactions) {
      const [thread] = read([
        typed('Fix it', 0),
        answer({ id: 'msg_1', at: 1_000, write5m: 150_000 }),
        line,
        answer({ id: 'msg_2', at: 3_000, write5m: 20_000 }),
      ])
      expect(thread?.trace.calls.map(({ afterCompaction }) => afterCompaction)).toEqual([false, true])
    }
  })

  it('counts a call once that a resumed session repeats', () => {
    const seen = new Set<string>()
    const first = [typed('Fix it', 0), answer({ id: 'msg_1', at: 1_000, write5m: 40_000 })]
    expect(read(first, seen)[0]?.trace.calls).toHaveLength(1)
    const [resumed] = read([...first, typed('go on', 9_000), answer({ id: 'msg_2', at: 10_000, read: 40_000 })], seen)
    expect(resumed?.trace.calls).toHaveLength(1)
    expect(resumed?.recorded[0]?.usage.cacheReadTokens).toBe(40_000)
    expect(resumed?.trace.sharedTokens).toBe(0)
  })

  it('begins with what other conversations keep cached', () => {
    const [thread] = read([typed('Fix it', 0), answer({ id: 'msg_1', at: 1, read: 15_000, write5m: 9_000 })])
    expect(thread?.trace.sharedTokens).toBe(15_000)
  })

  it('passes over what is no answer of a model', () => {
    expect(
      read([
        { type: 'summary', summary: 'Checkout tests', leafUuid: 'x' },
        { type: 'file-history-snapshot', messageId: 'm', snapshot: {} },
        typed('Fix it', 0),
        answer({ id: 'msg_1', at: 1_000, model: '<synthetic>', input: 0, output: 0 }),
        'half a li',
        null,
      ]),
    ).toEqual([])
  })

  it('keeps what was recorded under a model nobody knows, without a cost', () => {
    const [thread] = read([typed('hi there', 0), answer({ id: 'm', at: 1, write5m: 9_000, model: 'claude-next-9' })])
    expect(thread?.recorded[0]).toMatchObject({ target: 'claude-next-9', costNano: null })
    expect(thread?.works[0]?.[0]?.requestedModel).toBe('claude-next-9')
  })
})

describe('sub-agents', () => {
  const side = (agentId?: string) => ({ isSidechain: true, ...(agentId === undefined ? {} : { agentId }) })

  it('are threads of their own, by name', () => {
    const threads = read([
      typed('Do both', 0),
      answer({ id: 'msg_1', at: 1_000, write5m: 40_000, block: toolUse('Task') }),
      typed('Search the repository', 1_500, side('a1')),
      typed('Read the docs', 1_600, side('b2')),
      answer({ id: 'msg_2', at: 2_000, write5m: 12_000, more: side('a1') }),
      answer({ id: 'msg_3', at: 2_100, write5m: 13_000, more: side('b2') }),
      toolResult(2_500, false, side('a1')),
      answer({ id: 'msg_4', at: 3_000, read: 12_000, more: side('a1') }),
      toolResult(4_000, false),
      answer({ id: 'msg_5', at: 5_000, read: 40_000 }),
    ])
    expect(
      threads.map(({ trace, subagent, sessionId }) => [trace.id, trace.calls.length, subagent, sessionId]),
    ).toEqual([
      ['session', 2, false, 'session'],
      ['session/a1', 2, true, 'session'],
      ['session/b2', 1, true, 'session'],
    ])
    expect(threads[1]?.works[0]?.every(({ subagent }) => subagent)).toBe(true)
  })

  it('are told apart by the chain of their lines where they have no name', () => {
    const chained = (line: Record<string, unknown>, uuid: string, parentUuid: string | null) => ({
      ...line,
      ...side(),
      uuid,
      parentUuid,
    })
    const threads = read([
      chained(typed('Search the repository', 0), 'a', null),
      chained(typed('Read the docs', 0), 'b', null),
      chained(answer({ id: 'msg_1', at: 1_000, write5m: 12_000 }), 'a2', 'a'),
      chained(answer({ id: 'msg_2', at: 1_100, write5m: 13_000 }), 'b2', 'b'),
      chained(answer({ id: 'msg_3', at: 2_000, read: 12_000 }), 'a3', 'a2'),
    ])
    expect(threads.map(({ trace }) => trace.calls.length)).toEqual([2, 1])
  })
})
