/**
 * The hourly work: what has passed its retention is deleted, a bounded part at a time, and every team that was at work
 * learns from its log what its next sessions may start with.
 */
import type { Config } from './config.ts'
import { logEntry } from './core/log-events.ts'
import { learnStartingValues } from './core/session/starting-values.ts'
import { deleteAlertsBefore } from './store/alerts.ts'
import { deleteDecisionsBefore } from './store/decisions.ts'
import { deleteExpiredKeys } from './store/idempotency-keys.ts'
import { deleteNoticesBefore } from './store/ledger-notices.ts'
import { sumLoggedTurns, teamsWithCalls } from './store/logged-turns.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const ROWS_A_STATEMENT = 1000
/** Keeps one run within its limits; what is left waits for the next hour. */
const STATEMENTS_A_RUN = 50

/**
 * Does one thing after the other; what fails keeps nothing that comes after it from being done.
 *
 * @throws AggregateError at the end, so that the run counts as failed
 */
export async function eachInTurn(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const job of jobs) await job().catch((error: unknown) => failures.push(error))
  if (failures.length > 0)
    throw new AggregateError(failures, `Of the hourly work failed: ${failures.map(String).join('; ')}`)
}

export async function runScheduled(db: D1Database, config: Config, now: number): Promise<void> {
  const before = now - config.decisionRetentionDays * DAY_MS
  await deleteNoticesBefore(db, before)
  await deleteExpiredKeys(db, now)
  await deleteAlertsBefore(db, before)
  for (let statement = 0; statement < STATEMENTS_A_RUN; statement++) {
    if ((await deleteDecisionsBefore(db, before, ROWS_A_STATEMENT)) < ROWS_A_STATEMENT) return
  }
}

/** Turns of so many days teach. */
const LEARNED_DAYS = 14
/** A turn whose last call is younger may still be going on. */
const TURN_ENDS_AFTER_MS = HOUR_MS
/** Teams that learn in one run, and how far back a call makes a team one of them: a run may be missed. */
const TEAMS_A_RUN = 200
const AT_WORK_MS = 3 * HOUR_MS

/**
 * Teaches teams from their logs. A team that fails is reported and tried again an hour later; the others learn.
 *
 * @param tell hands a team's values, as JSON, to its ledger
 */
export async function learnFromLogs(
  db: D1Database,
  tell: (teamId: string, starting: string) => Promise<void>,
  now: number,
): Promise<void> {
  for (const teamId of await teamsWithCalls(db, now - AT_WORK_MS, TEAMS_A_RUN)) {
    try {
      const wanted = { teamId, since: now - LEARNED_DAYS * DAY_MS, endedBefore: now - TURN_ENDS_AFTER_MS, now }
      await tell(teamId, JSON.stringify(learnStartingValues(await sumLoggedTurns(db, wanted))))
    } catch (error) {
      const { level, line } = logEntry('starting_values_not_learned', { teamId, error: String(error) })
      console[level](line)
    }
  }
}
