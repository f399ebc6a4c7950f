import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  learnStartingValues,
  readStartingValues,
  SHIPPED_STARTING_VALUES,
  startingGrowth,
  startingIterationsLeft,
  type LoggedTurns,
} from '../../../src/core/session/starting-values.ts'
import { TASK_TYPES } from '../../../src/core/tasks/task-types.ts'

/** Turns of so many calls each, of which each but the first adds so many tokens. */
function turns(taskType: string, count: number, length: number, growth = 1_360): LoggedTurns {
  const steps = count * (length - 1)
  return { taskType, turns: count, calls: count * length, steps, grownTokens: steps * growth }
}

describe('what a team learns', () => {
  it('is what is shipped where its log is empty, and near it where it is short', () => {
    expect(learnStartingValues([])).toEqual(SHIPPED_STARTING_VALUES)
    const { pace, growthPerCall } = learnStartingValues([turns('bug_fix', 3, 2, 9_000)])
    expect(pace).toBeGreaterThan(1)
    expect(pace).toBeLessThan(1.05)
    expect(growthPerCall).toBeGreaterThan(1_360)
    expect(growthPerCall).toBeLessThan(1_400)
  })

  it('comes to what its turns are like as they become many, each task by itself', () => {
    const learned = learnStartingValues([
      turns('bug_fix', 400, 5, 600),
      turns('docstring', 900, 2, 300),
      turns('review', 1, 1),
    ])
    const { bug_fix, docstring } = learned.byTask
    expect(docstring?.pace).toBe(3)
    expect(bug_fix?.pace).toBeGreaterThan(2)
    expect(bug_fix?.pace).toBeLessThan(3)
    expect(bug_fix?.growthPerCall).toBeGreaterThan(580)
    expect(bug_fix?.growthPerCall).toBeLessThan(720)
    expect(startingGrowth(learned, 'docstring')).toBeLessThan(startingGrowth(learned, 'bug_fix'))
    expect(startingGrowth(learned, 'architecture')).toBe(learned.growthPerCall)
    for (const iteration of [1, 4, 20]) {
      const shipped = startingIterationsLeft(SHIPPED_STARTING_VALUES, 'docstring', iteration)
      expect(startingIterationsLeft(learned, 'docstring', iteration)).toBeLessThan(shipped)
    }
  })

  it('leaves out rows that no log of turns can hold, and the others teach all the same', () => {
    const good = turns('bug_fix', 50, 4)
    const broken: LoggedTurns[] = [
      turns('no such task', 5_000, 1),
      { ...turns('docstring', 50, 4), turns: -1 },
      { ...turns('docstring', 50, 4), calls: 3 },
      { ...turns('docstring', 50, 4), steps: 1e9 },
      { ...turns('docstring', 50, 4), grownTokens: Number.NaN },
      { ...turns('docstring', 50, 4), grownTokens: Number.POSITIVE_INFINITY },
      { ...turns('docstring', 50, 4), calls: null as never },
    ]
    expect(learnStartingValues([...broken, good])).toEqual(learnStartingValues([good]))
  })

  it('is bounded and can be stored and read, whatever the log holds', () => {
    const count = fc.integer({ min: -5, max: 1e12 })
    const row = fc.record({
      taskType: fc.constantFrom(...TASK_TYPES),
      turns: count,
      calls: count,
      steps: count,
      grownTokens: count,
    })
    const distinct = fc.uniqueArray(row, { selector: ({ taskType }) => taskType, maxLength: 6 })
    fc.assert(
      fc.property(distinct, (rows) => {
        const learned = learnStartingValues(rows)
        expect(readStartingValues(JSON.stringify(learned))).toEqual(learned)
        for (const { pace, growthPerCall } of [learned, ...Object.values(learned.byTask)]) {
          expect(pace).toBeGreaterThanOrEqual(0.33)
          expect(pace).toBeLessThanOrEqual(3)
          expect(growthPerCall).toBeGreaterThanOrEqual(0)
          expect(growthPerCall).toBeLessThanOrEqual(20_000)
        }
      }),
    )
  })
})

describe('stored values', () => {
  it('of another form are as if none had been learned', () => {
    for (const json of ['', 'null', '{}', '{"pace":1e9,"growthPerCall":1,"byTask":{}}', '[1', '{"pace":"2"}']) {
      expect(readStartingValues(json)).toBe(SHIPPED_STARTING_VALUES)
    }
  })
})
