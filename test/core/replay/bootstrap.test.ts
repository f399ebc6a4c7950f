import { describe, expect, it } from 'vitest'
import { bootstrapRatio } from '../../../src/core/replay/bootstrap.ts'
import { halfOf, seededRandom } from '../../../src/core/replay/seeded-random.ts'

describe('bootstrapRatio', () => {
  it('is certain where every session has the same ratio', () => {
    const below = [1, 5, 20]
    const estimate = bootstrapRatio({ above: below.map((bill) => bill * 2), below }, 200, seededRandom(1))
    expect(estimate).toEqual({ ratio: 2, interval: [2, 2] })
  })

  it('covers the true ratio about 95 times in 100', () => {
    let covered = 0
    for (let trial = 0; trial < 200; trial += 1) {
      const random = seededRandom(trial)
      const below = Array.from({ length: 60 }, () => 1 + random())
      const above = below.map((bill) => bill * (1 + random()))
      const { interval } = bootstrapRatio({ above, below }, 300, random)
      if (interval[0] <= 1.5 && 1.5 <= interval[1]) covered += 1
    }
    expect(covered).toBeGreaterThan(175)
    expect(covered).toBeLessThan(200)
  })

  it('refuses sides that do not match', () => {
    expect(() => bootstrapRatio({ above: [1], below: [] }, 10, seededRandom(1))).toThrow(RangeError)
    expect(() => bootstrapRatio({ above: [], below: [] }, 10, seededRandom(1))).toThrow(RangeError)
  })
})

describe('chance that repeats', () => {
  it('is the same for the same seed, in [0, 1)', () => {
    const draw = (seed: number): readonly number[] => Array.from({ length: 1000 }, seededRandom(seed))
    expect(draw(3)).toEqual(draw(3))
    expect(draw(3)).not.toEqual(draw(4))
    expect(draw(3).every((value) => value >= 0 && value < 1)).toBe(true)
  })

  it('splits in two', () => {
    const halves = Array.from({ length: 2000 }, (_, index) => halfOf(`session-${index}`))
    expect(halves.filter((half) => half === 0).length).toBeGreaterThan(900)
    expect(halves.filter((half) => half === 1).length).toBeGreaterThan(900)
  })
})
