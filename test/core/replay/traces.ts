/** Small traces for replay tests. */
import * as fc from 'fast-check'
import type { TraceCall, TraceSession } from '../../../src/core/replay/trace.ts'

export function traceOf(calls: readonly Partial<TraceCall>[]): TraceSession {
  return {
    id: 'trace',
    calls: calls.map((call, index) => ({
      atMs: index * 10_000,
      promptTokens: 40_000 + index * 1_000,
      outputTokens: 200,
      startsTurn: index === 0,
      afterCompaction: false,
      edited: false,
      ...call,
    })),
  }
}

/** Traces of up to `most` calls: gaps around a cache's lifetime, prompts that mostly grow, some compactions. */
export function anyTrace(most: number): fc.Arbitrary<TraceSession> {
  const call = fc.record({
    gapMs: fc.constantFrom(0, 5_000, 60_000, 200_000, 300_000, 300_001, 4_000_000),
    grows: fc.integer({ min: -5_000, max: 20_000 }),
    outputTokens: fc.integer({ min: 0, max: 3_000 }),
    startsTurn: fc.boolean(),
    afterCompaction: fc.constantFrom(false, false, false, true),
  })
  return fc.array(call, { minLength: 1, maxLength: most }).map((rows) => {
    let atMs = 0
    let promptTokens = 40_000
    return traceOf(
      rows.map(({ gapMs, grows, outputTokens, startsTurn, afterCompaction }) => {
        atMs += gapMs
        promptTokens = Math.max(1_000, afterCompaction ? 20_000 : promptTokens + grows)
        return { atMs, promptTokens, outputTokens, startsTurn, afterCompaction }
      }),
    )
  })
}
