import { describe, expect, it } from 'vitest'
import { InvalidTrace, readTraceHeader, readTraceSession, turnNumbers } from '../../../src/core/replay/trace.ts'
import { traceOf } from './traces.ts'

const CALL_FIELDS = [
  'dt_s',
  'model',
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output_logged',
  'output_chars',
  'starts_human_turn',
  'tool_result_chars_before',
  'tool_errors_before',
  'after_compaction',
  'tools',
]
const header = readTraceHeader({ call_fields: CALL_FIELDS, tools: ['Bash', 'Edit'] })

describe('a trace', () => {
  const session = readTraceSession(
    {
      id: 's',
      calls: [
        [0, 2, 10, 100, 0, 20, 6, 1542, 1, 0, 0, 0, [0]],
        [48.9, 2, 8, 130, 5, 0, 900, 70, 0, 6502, 0, 1, [1, 0]],
      ],
    },
    header,
  )

  it('adds up times and all prompt tokens, and takes the larger account of the output', () => {
    expect(session.calls).toEqual([
      { atMs: 0, promptTokens: 130, outputTokens: 441, startsTurn: true, afterCompaction: false, edited: false },
      { atMs: 48_900, promptTokens: 143, outputTokens: 900, startsTurn: false, afterCompaction: true, edited: true },
    ])
  })

  it('numbers turns from the first call on, whether or not someone typed before it', () => {
    const calls = [false, false, true, false, true].map((startsTurn) => ({ startsTurn }))
    expect(turnNumbers(traceOf(calls))).toEqual([0, 0, 1, 1, 2])
  })

  it.each([null, {}, { call_fields: ['dt_s'], tools: [] }, { call_fields: CALL_FIELDS }])(
    'refuses the header %j',
    (line) => {
      expect(() => readTraceHeader(line)).toThrow(InvalidTrace)
    },
  )

  it.each([null, { id: 's' }, { id: 's', calls: [3] }, { id: 's', calls: [['x']] }])(
    'refuses the session %j',
    (line) => {
      expect(() => readTraceSession(line, header)).toThrow(InvalidTrace)
    },
  )
})
