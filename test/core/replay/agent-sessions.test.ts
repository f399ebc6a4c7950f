import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readSessions } from '../../bench/bill/read-sessions.ts'
import { runStrategies, type Bills, type Strategy } from '../../bench/bill/run-strategies.ts'

const SHARED = process.env['HEADGATE_SHARED'] ?? join(import.meta.dirname, '../../../../shared')
const LOG = join(SHARED, 'data/agent_sessions.jsonl.gz')

/** One seed of the benchmark, on the real sessions; skipped where they are missing (`HEADGATE_SHARED`). */
describe.skipIf(!existsSync(LOG))('the bill of real coding-agent sessions', () => {
  let bills: Bills
  const total = (strategy: Strategy): number => bills.strategies[strategy].reduce((sum, bill) => sum + bill, 0)

  beforeAll(() => {
    bills = runStrategies(readSessions(LOG, 3), [1], { tune: false })
  }, 60_000)

  it('is that of the sessions: all to the top', () => {
    expect(Math.round(total('allTop') / 1e9)).toBe(1684)
  })

  it('is near the best possible without growth floors, and never dearer than plain turns', () => {
    expect(total('headgateNoGrowth') / total('optimum')).toBeLessThanOrEqual(1.03)
    expect(total('headgateNoGrowth')).toBeLessThanOrEqual(total('perTurn'))
  })

  it('is at most 70% of all-top with the default floors', () => {
    expect(total('headgate') / total('allTop')).toBeLessThanOrEqual(0.7)
  })

  it('is never less than the best possible, of any strategy for the same work', () => {
    for (const [name, row] of Object.entries(bills.strategies)) {
      // Its work is drawn call by call.
      if (name === 'everyCall') continue
      for (const [index, bill] of row.entries()) {
        expect(bill, name).toBeGreaterThanOrEqual((bills.strategies.optimum[index] ?? 0) - 1)
      }
    }
  })
})
