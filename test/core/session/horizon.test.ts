import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  iterationsToCountOn,
  RECENT_TURNS,
  SHIPPED_HORIZON,
  taskPace,
  turnFeatures,
  type HorizonModel,
} from '../../../src/core/session/horizon.ts'

const recent = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 8 })

/** A model whose turns end with the same chance at every call. */
function steady(chance: number): HorizonModel {
  return { weights: [Math.log(chance / (1 - chance))], share: 1 }
}

describe('iterationsToCountOn', () => {
  it('is the mean rest where a turn is as likely to end at each call', () => {
    for (const chance of [0.1, 0.25, 0.5]) {
      const left = iterationsToCountOn({ iteration: 3, recentTurns: [], pace: 1 }, steady(chance))
      expect(left).toBeCloseTo((1 - chance) / chance, 6)
    }
  })

  it('does not wait where waiting can only lose: a turn that ends the later the likelier is planned by its mean', () => {
    // Odds rise with the logarithm of the iteration.
    const rising: HorizonModel = { weights: [-3, 0, 2], share: 1 }
    let going = 1
    let mean = 0
    for (let call = 1; call < 60; call += 1) {
      going *= 1 - 1 / (1 + Math.exp(3 - 2 * Math.log(call)))
      mean += going
    }
    expect(iterationsToCountOn({ iteration: 1, recentTurns: [], pace: 1 }, rising)).toBeCloseTo(mean, 4)
  })

  it('counts on less than the mean where turns that go on have longer to go', () => {
    const falling: HorizonModel = { weights: [0, 0, -1], share: 1 }
    const left = iterationsToCountOn({ iteration: 1, recentTurns: [], pace: 1 }, falling)
    // Half of the turns end at once: a call of waiting is worth two.
    expect(left).toBeCloseTo(1, 6)
  })

  it('grows with the turn, and is shorter in a session of single calls', () => {
    const at = (iteration: number, recentTurns: readonly number[]): number =>
      iterationsToCountOn({ iteration, recentTurns, pace: 1 })
    for (const turns of [[], [1, 1, 1, 1], [8, 12, 5, 9]]) {
      expect(at(4, turns)).toBeGreaterThan(at(1, turns))
      expect(at(30, turns)).toBeGreaterThan(at(4, turns))
    }
    expect(at(1, [1, 1, 1, 1])).toBeLessThan(2)
    expect(at(1, [8, 12, 5, 9])).toBeGreaterThan(4)
  })

  it('is finite, never below 0, and falls with the pace', () => {
    fc.assert(
      fc.property(
        recent,
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0.34, max: 3, noNaN: true }),
        (turns, iteration, pace) => {
          const left = iterationsToCountOn({ iteration, recentTurns: turns, pace })
          expect(left).toBeGreaterThanOrEqual(0)
          expect(left).toBeLessThan(500)
          const faster = iterationsToCountOn({ iteration, recentTurns: turns, pace: pace * 1.1 })
          expect(faster).toBeLessThanOrEqual(left + 1e-9)
        },
      ),
    )
  })

  it('looks at the latest turns only', () => {
    fc.assert(
      fc.property(recent, fc.integer({ min: 1, max: 50 }), (turns, iteration) => {
        expect(turnFeatures(iteration, [99, ...turns.slice(-RECENT_TURNS)].slice(-RECENT_TURNS))).toEqual(
          turns.length >= RECENT_TURNS ? turnFeatures(iteration, turns) : turnFeatures(iteration, [99, ...turns]),
        )
      }),
    )
  })

  it('has a weight for every feature', () => {
    expect(SHIPPED_HORIZON.weights).toHaveLength(turnFeatures(1, []).length)
  })
})

describe('taskPace', () => {
  it('is 1 for a task that is all of the session, and where nothing was seen', () => {
    expect(taskPace([3, 5, 9], [3, 5, 9])).toBeCloseTo(1, 9)
    expect(taskPace([], [])).toBe(1)
    expect(taskPace([], [4, 4])).toBe(1)
  })

  it('needs many turns of a task to move far', () => {
    const session = Array.from({ length: 30 }, () => 10)
    const few = taskPace([1, 1], [...session, 1, 1])
    const many = taskPace(
      Array.from({ length: 16 }, () => 1),
      [...session, ...Array.from({ length: 16 }, () => 1)],
    )
    expect(few).toBeGreaterThan(1)
    expect(few).toBeLessThan(1.25)
    expect(many).toBeGreaterThan(few)
    expect(taskPace([90, 90], [...session, 90, 90])).toBeLessThan(0.7)
  })
})
