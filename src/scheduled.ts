/** The hourly work: what has passed its retention is deleted, a bounded part at a time. */
import type { Config } from './config.ts'
import { deleteDecisionsBefore } from './store/decisions.ts'
import { deleteExpiredKeys } from './store/idempotency-keys.ts'
import { deleteNoticesBefore } from './store/ledger-notices.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const ROWS_A_STATEMENT = 1000
/** Keeps one run within its limits; what is left waits for the next hour. */
const STATEMENTS_A_RUN = 50

export async function runScheduled(db: D1Database, config: Config, now: number): Promise<void> {
  const before = now - config.decisionRetentionDays * DAY_MS
  await deleteNoticesBefore(db, before)
  await deleteExpiredKeys(db, now)
  for (let statement = 0; statement < STATEMENTS_A_RUN; statement++) {
    if ((await deleteDecisionsBefore(db, before, ROWS_A_STATEMENT)) < ROWS_A_STATEMENT) return
  }
}
