import { describe, expect, it } from 'vitest'
import { addSeenText, bytesPerToken } from '../../../src/core/session/averages.ts'
import { ScriptedSession, rounds } from './scripted-session.ts'
import { restoreSession, type SessionSummary, type ThreadState } from '../../../src/core/session/session-state.ts'
import { estimateContext } from '../../../src/core/routing/context.ts'

const NOTHING = { seenBytes: 0, seenTokens: 0 }

describe('bytes per token', () => {
  it("are a thread's own, else its session's, else general, and always within bounds", () => {
    expect(bytesPerToken(null, null)).toBe(3.6)
    expect(bytesPerToken(NOTHING, 3)).toBe(3)
    expect(bytesPerToken(addSeenText(NOTHING, 5_000, 2_000), 3)).toBe(2.5)
    expect(bytesPerToken({ seenBytes: 1, seenTokens: 1_000 }, null)).toBe(1.5)
    expect(bytesPerToken({ seenBytes: 90_000, seenTokens: 1_000 }, null)).toBe(8)
  })

  it('follow the newest text, and leave out what cannot be text', () => {
    let seen = addSeenText(NOTHING, 400_000, 100_000)
    for (let answers = 0; answers < 8; answers++) seen = addSeenText(seen, 6_000, 2_000)
    expect(bytesPerToken(seen, null)).toBeCloseTo(3, 1)
    expect(addSeenText(seen, 500_000, 1_000)).toBe(seen)
    expect(addSeenText(seen, 20, 8)).toBe(seen)
  })

  it('are read from rows written while bytes were not weighed, and soon corrected', () => {
    const session = new ScriptedSession()
    for (const count of [0, 1, 2]) session.call(rounds('fix', count))
    const [thread] = session.state.threads.values()
    const { summary } = session.state
    // A token was thought to have 2.9 plain bytes.
    const old = { ...thread, seenBytes: 2_900, seenTokens: 1_000 } as ThreadState
    const row = <Row>(value: Row): Row => JSON.parse(JSON.stringify(value)) as Row
    session.state = restoreSession(row<SessionSummary>({ ...summary, bytesPerToken: 2.9 }), [row(old)])
    const off: number[] = []
    for (let count = 3; count < 9; count++) {
      const begun = session.begin(rounds('fix', count))
      const size = { staticBytes: 0, conversationBytes: begun.call.contextBytes }
      off.push(estimateContext(begun, size).contextTokens / (begun.call.contextBytes / 4) - 1)
      session.record(begun)
    }
    for (const error of off) expect(Math.abs(error)).toBeLessThan(0.05)
    expect(Math.abs(off.at(-1) ?? 1)).toBeLessThan(Math.abs(off[0] ?? 0) + 1e-9)
  })
})
