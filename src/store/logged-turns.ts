/** The ended turns of a team's decision log, summed by task type: what its sessions' starting values are learned from. */
import type { LoggedTurns } from '../core/session/starting-values.ts'

/**
 * What one turn may say at most: a longer one counts as one of so many calls, and of its growth only so many calls and
 * so many tokens a call. Nearly all real turns lie below, and no single one can move the sums far.
 */
const MOST = { calls: 100, grownCalls: 30, growthPerCall: 6_000 } as const

/** Rows of one team that are read at most, the newest ones. */
const ROWS = 20_000

/**
 * Main conversations only. An agent's own small calls and calls the gateway answered itself say nothing of a turn, and a
 * row whose counts are out of range says nothing at all.
 */
const SUM = `WITH recent AS (
  SELECT key_id, session_id, thread_id, turn, iteration, at, task_type, turn_growth_tokens AS grown
  FROM decisions
  WHERE team_id = ?1 AND at >= ?2 AND at < ?3
    AND subagent = 0 AND task_type NOT IN ('utility', 'autocomplete') AND ending NOT IN ('surfaced', 'blocked')
    AND turn >= 1 AND iteration BETWEEN 1 AND 1000 AND turn_growth_tokens BETWEEN 0 AND 2000000
  ORDER BY at DESC LIMIT ${ROWS}
), turns AS (
  SELECT task_type, max(iteration) AS calls, at, grown
  FROM recent GROUP BY key_id, session_id, thread_id, turn
)
SELECT task_type AS taskType, count(*) AS turns, sum(min(calls, ${MOST.calls})) AS calls,
  sum(min(calls - 1, ${MOST.grownCalls})) AS steps,
  coalesce(sum(min(grown / (calls - 1), ${MOST.growthPerCall}) * min(calls - 1, ${MOST.grownCalls})), 0) AS grownTokens
FROM turns WHERE at < ?4 GROUP BY task_type`

export interface TurnsWanted {
  readonly teamId: string
  /** ms; turns since then, */
  readonly since: number
  /** whose last call is older than this: a later one may still be going on. */
  readonly endedBefore: number
  readonly now: number
}

/** One row a task type. At most 20,000 rows are read, by the index of team and time. */
export async function sumLoggedTurns(db: D1Database, wanted: TurnsWanted): Promise<LoggedTurns[]> {
  const { results } = await statement(db, wanted).all<LoggedTurns>()
  return results
}

/** How the database means to find the rows, for a test of it. */
export async function planOfLoggedTurns(db: D1Database, wanted: TurnsWanted): Promise<string[]> {
  const { results } = await statement(db, wanted, 'EXPLAIN QUERY PLAN ').all<{ detail: string }>()
  return results.map(({ detail }) => detail)
}

function statement(db: D1Database, { teamId, since, endedBefore, now }: TurnsWanted, before = ''): D1PreparedStatement {
  return db.prepare(before + SUM).bind(teamId, since, now, endedBefore)
}

/** Rows that are looked through for teams at most, the newest ones. */
const ROWS_FOR_TEAMS = 50_000

/** Teams with a call since then. */
export async function teamsWithCalls(db: D1Database, since: number, atMost: number): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT team_id AS teamId FROM
         (SELECT team_id FROM decisions WHERE at >= ?1 ORDER BY at DESC LIMIT ${ROWS_FOR_TEAMS}) LIMIT ?2`,
    )
    .bind(since, atMost)
    .all<{ teamId: string }>()
  return results.map(({ teamId }) => teamId)
}
