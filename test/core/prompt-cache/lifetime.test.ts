import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addGap, gapChance, NO_GAPS, STARTING_GAPS, type GapCounts } from '../../../src/core/prompt-cache/gaps.ts'
import { chooseLifetime, type CacheOdds, type CacheWrite } from '../../../src/core/prompt-cache/lifetime.ts'

const MINUTE = 60_000
const OPUS = { cacheRead: 500, cacheWriteShort: 6_250, cacheWriteLong: 10_000 }

function gapsOf(...minutes: readonly number[]): GapCounts {
  return minutes.reduce<GapCounts>((gaps, gap) => addGap(gaps, gap * MINUTE), NO_GAPS)
}

function odds(change: Partial<CacheOdds> = {}): CacheOdds {
  return { seen: NO_GAPS, expected: STARTING_GAPS.attended, longLost: false, ...change }
}

function write(change: Partial<CacheWrite> = {}): CacheWrite {
  return { caching: 'marked', rates: OPUS, promptTokens: 80_000, warmTokens: 78_750, ...change }
}

describe('the histogram of gaps', () => {
  it('counts each gap once, an end of a bin to the bin below it', () => {
    expect(gapsOf(0, 5, 5.1, 30, 31, 60, 61, 720, 721)).toEqual([2, 2, 2, 2, 1])
  })

  it('forgets by halves, so that it stays small and follows new habits', () => {
    const many = Array.from({ length: 2_000 }).reduce<GapCounts>((gaps) => addGap(gaps, 1), NO_GAPS)
    expect(addGap(many, 10 * MINUTE)).toEqual([1_000, 0, 0, 0, 0])
  })

  it('weighs what was seen with what is expected', () => {
    const range = { overMs: 5 * MINUTE, upToMs: 60 * MINUTE }
    expect(gapChance(NO_GAPS, [90, 9, 1, 0, 0], range)).toBeCloseTo(0.1)
    expect(gapChance([0, 50, 50, 0, 0], [90, 9, 1, 0, 0], range)).toBeCloseTo(0.55)
  })
})

describe('the lifetime', () => {
  it.each<[string, CacheOdds, Partial<CacheWrite>, string]>([
    ['a small addition to a long prompt', odds(), {}, 'long'],
    ['a prompt that is written as a whole', odds(), { warmTokens: 0 }, 'short'],
    ['a large tool result', odds(), { warmTokens: 70_000 }, 'short'],
    [
      'the same result after many long pauses',
      odds({ seen: gapsOf(...Array(20).fill(12)) }),
      { warmTokens: 70_000 },
      'long',
    ],
    ['a session that never paused', odds({ seen: gapsOf(...Array(400).fill(1)) }), {}, 'short'],
    ['a sub-agent, whom nobody keeps waiting', odds({ expected: STARTING_GAPS.unattended }), {}, 'short'],
    ['pauses that outlive both', odds({ seen: gapsOf(...Array(400).fill(90)) }), {}, 'short'],
    ['a model without a cache', odds(), { caching: 'none' }, 'short'],
    ['an automatic cache, which keeps half an hour anyway', odds(), { caching: 'automatic' }, 'short'],
    [
      'an automatic cache and pauses of some hours',
      odds({ seen: gapsOf(...Array(20).fill(120)) }),
      { caching: 'automatic' },
      'long',
    ],
    [
      'a session whose long entries got lost, by its pauses',
      odds({ longLost: true, seen: gapsOf(12, 1, 1) }),
      { warmTokens: 0 },
      'long',
    ],
    ['the same without pauses', odds({ longLost: true, seen: gapsOf(...Array(400).fill(1)) }), {}, 'short'],
  ])('for %s', (_name, wish, change, expected) => {
    expect(chooseLifetime(wish, write(change))).toBe(expected)
  })

  it('is what was settled', () => {
    expect(chooseLifetime('long', write({ warmTokens: 0 }))).toBe('long')
    expect(chooseLifetime('short', write())).toBe('short')
  })

  it('never has the higher expected cost', () => {
    const counts = fc.array(fc.nat({ max: 50 }), { minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(
        counts,
        fc.nat({ max: 500_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seen, promptTokens, share) => {
          const warmTokens = Math.floor(promptTokens * share)
          const range = { overMs: 5 * MINUTE, upToMs: 60 * MINUTE }
          const lost =
            gapChance(seen, STARTING_GAPS.attended, range) * promptTokens * (OPUS.cacheWriteShort - OPUS.cacheRead)
          const cost = {
            short: (promptTokens - warmTokens) * OPUS.cacheWriteShort + lost,
            long: (promptTokens - warmTokens) * OPUS.cacheWriteLong,
          }
          const chosen = chooseLifetime(odds({ seen }), write({ promptTokens, warmTokens }))
          expect(cost[chosen]).toBeLessThanOrEqual(Math.min(cost.short, cost.long) + 1e-3)
        },
      ),
    )
  })
})
