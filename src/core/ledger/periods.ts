/**
 * Calendar windows in UTC. It knows no clock: the time is an argument.
 */
export const PERIODS = ['day', 'week', 'month', 'total'] as const

export type Period = (typeof PERIODS)[number]

/** What a budget may be for: a window of the calendar, or a session from its first call to its last. */
export const BUDGET_PERIODS = [...PERIODS, 'session'] as const

export type BudgetPeriod = (typeof BUDGET_PERIODS)[number]

const DAY_MS = 24 * 60 * 60_000
/** 1970-01-05 was the first Monday after the epoch: weeks begin on Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS

/** When the window that holds `now` began; a total, and a session, began at the epoch. */
export function periodStart(period: BudgetPeriod, now: number): number {
  switch (period) {
    case 'day':
      return now - modulo(now, DAY_MS)
    case 'week':
      return now - modulo(now - FIRST_MONDAY_MS, 7 * DAY_MS)
    case 'month': {
      const date = new Date(now)
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
    }
    case 'total':
    case 'session':
      return 0
  }
}

/** When the window that began at `startsAt` ends; null: never. */
export function periodEnd(period: BudgetPeriod, startsAt: number): number | null {
  switch (period) {
    case 'day':
      return startsAt + DAY_MS
    case 'week':
      return startsAt + 7 * DAY_MS
    case 'month': {
      const date = new Date(startsAt)
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
    }
    case 'total':
    case 'session':
      return null
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
