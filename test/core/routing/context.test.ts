import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coldContextTokens, estimateContext } from '../../../src/core/routing/context.ts'
import { FRESH } from './route-input.ts'

const size = { staticBytes: 40_000, conversationBytes: 80_000 }

describe('estimateContext', () => {
  it('guesses the whole of a fresh thread by its bytes', () => {
    expect(estimateContext(FRESH, size)).toEqual({
      contextTokens: 30_000,
      staticTokens: 10_000,
      growth: { turnTokens: 0, sessionTokens: 0, contextTokens: 30_000 },
    })
  })

  it("adds to the provider's count what came since, in the thread's own bytes per token", () => {
    const session = { ...FRESH, lastContextTokens: 41_000, lastContextBytes: 118_000, bytesPerToken: 2 }
    expect(estimateContext(session, size).contextTokens).toBe(42_000)
  })

  it('adds the whole request to what was counted before an answer that it only names', () => {
    const session = { ...FRESH, lastContextTokens: 41_000, lastContextBytes: 0, bytesPerToken: 2 }
    expect(estimateContext(session, { ...size, staticBytes: 0 }).contextTokens).toBe(81_000)
  })

  it('scales the count of a request that became shorter', () => {
    const session = { ...FRESH, lastContextTokens: 50_000, lastContextBytes: 240_000 }
    expect(estimateContext(session, size).contextTokens).toBe(25_000)
  })

  it('measures growth since turn and session began, and none backwards', () => {
    const session = { ...FRESH, lastContextTokens: 30_000, lastContextBytes: 120_000 }
    const grown = { ...session, threadStartTokens: 10_000, turnStartTokens: 29_000 }
    expect(estimateContext(grown, size).growth).toEqual({
      turnTokens: 1_000,
      sessionTokens: 20_000,
      contextTokens: 30_000,
    })
    const shrunk = { ...session, threadStartTokens: 40_000, turnStartTokens: 35_000 }
    expect(estimateContext(shrunk, size).growth).toMatchObject({ turnTokens: 0, sessionTokens: 0 })
  })

  it('grows with every byte, and is never negative', () => {
    const bytes = fc.integer({ min: 0, max: 10_000_000 })
    const known = fc.record({
      lastContextTokens: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
      lastContextBytes: bytes,
      bytesPerToken: fc.double({ min: 1.5, max: 8, noNaN: true }),
    })
    fc.assert(
      fc.property(known, bytes, bytes, bytes, (session, staticBytes, conversationBytes, more) => {
        const at = (conversation: number): number =>
          estimateContext({ ...FRESH, ...session }, { staticBytes, conversationBytes: conversation }).contextTokens
        expect(at(conversationBytes)).toBeGreaterThanOrEqual(0)
        expect(at(conversationBytes + more)).toBeGreaterThanOrEqual(at(conversationBytes))
        expect(coldContextTokens({ staticBytes, conversationBytes })).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
