import { describe, expect, it } from 'vitest'
import { spendPace, type MonthSoFar } from '../../../src/core/alerts/spend-pace.ts'

const DAY = 24 * 60 * 60_000
/** 2026-11-10 12:00 UTC, a Tuesday. */
const NOW = Date.UTC(2026, 10, 10, 12)
const MIDNIGHT = NOW - DAY / 2

/** So many days before today, each at a price; today at the last. */
function month(nanoPerDay: readonly number[], more: Partial<MonthSoFar> = {}): MonthSoFar {
  const days = nanoPerDay.map((nano, index) => ({ startsAt: MIDNIGHT - (nanoPerDay.length - 1 - index) * DAY, nano }))
  return {
    limitNano: 999,
    spentNano: nanoPerDay.reduce((sum, nano) => sum + nano, 0),
    endsAt: Date.UTC(2026, 11, 1),
    today: days.at(-1)!,
    earlier: days.slice(0, -1).filter(({ nano }) => nano > 0),
    ...more,
  }
}

describe('the pace', () => {
  it('is the last days carried on to the end of the month', () => {
    // 4.5 days at 40 a day; 20.5 days are left.
    const warning = spendPace(month([40, 40, 40, 40, 20]), NOW)
    expect(warning).toMatchObject({ paceNanoPerDay: 40, expectedNano: 180 + 820 })
  })

  it('is nothing to tell where it fits', () => {
    expect(spendPace(month([39, 39, 39, 39, 19]), NOW)).toBeNull()
  })

  it('names the day on which the limit is reached', () => {
    const warning = spendPace(month([80, 80, 80, 80, 40]), NOW)
    expect(warning).toMatchObject({ paceNanoPerDay: 80, reachedAt: NOW + ((999 - 360) / 80) * DAY })
  })

  it('counts days of rest as days', () => {
    const working = [60, 60, 0, 0, 60, 30]
    expect(spendPace(month(working, { spentNano: 300 }), NOW)?.paceNanoPerDay).toBe(Math.round(210 / 5.5))
  })

  it('leaves out what is older than a week', () => {
    const { earlier, ...rest } = month([40, 40, 40, 40, 20])
    const old = { startsAt: MIDNIGHT - 7 * DAY, nano: 1_000_000 }
    expect(spendPace({ ...rest, earlier: [old, ...earlier] }, NOW)?.paceNanoPerDay).toBe(40)
  })

  it.each([
    ['two earlier days', month([300, 300, 300])],
    ['no earlier day', month([900])],
    ['a limit that is reached already', month([400, 400, 400, 400, 10])],
    ['a month that is over', month([40, 40, 40, 40, 200], { endsAt: NOW })],
  ])('says nothing from %s', (_, so) => {
    expect(spendPace(so, NOW)).toBeNull()
  })
})
