/**
 * Whether a month's budget will be passed if the days to come cost what the last seven did. A week, because teams rest
 * at its end; and only after three days of spending, because a first busy day is no pace. It knows no clock.
 */
const DAY_MS = 24 * 60 * 60_000
const WEEK_DAYS = 7
const LEAST_EARLIER_DAYS = 3

/** What was spent in a day, and when it began: ms since epoch, nano-dollars. */
export interface DaySpend {
  readonly startsAt: number
  readonly nano: number
}

export interface MonthSoFar {
  readonly limitNano: number
  readonly spentNano: number
  /** When the month ends. */
  readonly endsAt: number
  readonly today: DaySpend
  /** Days before today that cost something, in order. */
  readonly earlier: readonly DaySpend[]
}

export interface PaceWarning {
  readonly paceNanoPerDay: number
  /** What the month will have cost at this pace. */
  readonly expectedNano: number
  /** When the limit will be reached. */
  readonly reachedAt: number
}

/** Null: the pace fits, there is too little to tell from, or the limit is reached already. */
export function spendPace(month: MonthSoFar, now: number): PaceWarning | null {
  const { limitNano, spentNano, endsAt, today } = month
  const earlier = month.earlier.filter(({ startsAt }) => startsAt > today.startsAt - WEEK_DAYS * DAY_MS)
  const oldest = earlier[0]
  if (oldest === undefined || earlier.length < LEAST_EARLIER_DAYS || spentNano >= limitNano || now >= endsAt)
    return null
  const days = (Math.max(now, today.startsAt) - oldest.startsAt) / DAY_MS
  const paceNanoPerDay = Math.round((earlier.reduce((sum, { nano }) => sum + nano, 0) + today.nano) / days)
  const expectedNano = Math.round(spentNano + (paceNanoPerDay * (endsAt - now)) / DAY_MS)
  if (expectedNano <= limitNano) return null
  const reachedAt = Math.round(now + ((limitNano - spentNano) / paceNanoPerDay) * DAY_MS)
  return { paceNanoPerDay, expectedNano, reachedAt }
}
