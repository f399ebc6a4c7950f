import { describe, expect, it } from 'vitest'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import { lookAtStream, type SeenOfStream, type StreamLife } from '../../../src/core/metering/stream-life.ts'
import { emptyReading, readingOf } from '../../../src/core/metering/stream-reading.ts'

const SILENCE_MS = 60_000

interface Seen {
  readonly at: number
  readonly pieces: number
  readonly outputBytes?: number
  readonly ending?: 'cut' | 'complete' | 'error'
  readonly usageKnown?: 'none' | 'prompt' | 'final'
  readonly outputTokens?: number
}

/** The steps at each look, with one piece seen at 0. */
function stepsOf(looks: readonly Seen[], silenceMs = SILENCE_MS): string[] {
  let life: StreamLife = { seen: { pieces: 1, reading: null }, livedAt: 0 }
  return looks.map(({ at, pieces, outputTokens = 0, ...told }) => {
    const reading = { ...readingOf(emptyReading(), false), ...told, usage: { ...NO_USAGE, outputTokens } }
    const seen: SeenOfStream = { pieces, reading }
    const looked = lookAtStream(life, seen, { silenceMs, now: at })
    life = looked.life
    return looked.step
  })
}

const END = { ending: 'complete', usageKnown: 'final', outputBytes: 10, outputTokens: 3 } as const

describe('a stream whose end was not read', () => {
  it('may be silent for as long as its call, and no longer', () => {
    const looks = [59_999, 60_000, 60_001].map((at) => ({ at, pieces: 1 }))
    expect(stepsOf(looks)).toEqual(['none', 'end', 'end'])
  })

  it('lives by any piece, whether or not it brings output', () => {
    const looks = Array.from({ length: 20 }, (_, index) => ({ at: index * 50_000, pieces: index + 1 }))
    expect(new Set(stepsOf(looks))).toEqual(new Set(['none']))
  })
})

describe('a stream whose end was read', () => {
  it('is settled once no more output comes, and its line is ended a little later', () => {
    const looks = [2_000, 2_900, 3_000, 11_900, 12_000].map((at) => ({ at, pieces: 5, ...END }))
    expect(stepsOf(looks)).toEqual(['none', 'none', 'settle', 'settle', 'end'])
  })

  it('is not kept open by pings', () => {
    const looks = [2_000, 4_000, 12_000].map((at) => ({ at, pieces: at, ...END }))
    expect(stepsOf(looks)).toEqual(['none', 'settle', 'end'])
  })

  it('goes on while other choices are still being written', () => {
    const looks = [2_000, 10_000, 18_000, 26_000].map((at) => ({ at, pieces: at, ...END, outputBytes: at }))
    expect(stepsOf(looks)).toEqual(['none', 'none', 'none', 'none'])
  })

  it.each(['none', 'prompt'] as const)('waits for the usage while that is known as: %s', (usageKnown) => {
    const looks = [2_000, 11_900, 12_000].map((at) => ({ at, pieces: 5, ...END, usageKnown }))
    expect(stepsOf(looks)).toEqual(['none', 'none', 'end'])
  })

  it('waits where a last word on usage counts no output of an answer that has some', () => {
    const looks = [2_000, 11_900, 12_000].map((at) => ({ at, pieces: 5, ...END, outputTokens: 0 }))
    expect(stepsOf(looks)).toEqual(['none', 'none', 'end'])
  })

  it('is never waited for longer than a silence', () => {
    const looks = [500, 2_400, 2_500].map((at) => ({ at, pieces: 5, ...END, usageKnown: 'none' as const }))
    expect(stepsOf(looks, 2_000)).toEqual(['none', 'none', 'end'])
  })
})

it('an answer that comes whole has no end to be read', () => {
  const life: StreamLife = { seen: { pieces: 1, reading: null }, livedAt: 0 }
  const look = (now: number) => lookAtStream(life, { pieces: 1, reading: null }, { silenceMs: SILENCE_MS, now }).step
  expect([look(59_999), look(60_000)]).toEqual(['none', 'end'])
})
