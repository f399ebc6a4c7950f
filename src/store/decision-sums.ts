/** Sums over the decision log, for reports: by day, key, tag and the like; and how requests to providers ended. */
import { Conditions } from './conditions.ts'

export interface SumFilter {
  readonly teamId: string
  /** An e-mail address: only calls of that person's keys. null: all. */
  readonly owner: string | null
  readonly from: number
  readonly to: number
}

export interface DecisionSum {
  /** The day, key id, model or whatever it is by; null: calls without that tag. */
  readonly group: string | null
  readonly calls: number
  readonly costNano: number
  /** Calls whose model has no price: their cost is not in the sum. */
  readonly unpricedCalls: number
  /** Sums over the calls whose log tells both: what they cost, and would have cost at the top. */
  readonly comparedNano: number
  readonly baselineNano: number
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

/** What can be grouped by, as SQL over a decision and its key. */
const GROUPS = {
  day: `date(decisions.at / 1000, 'unixepoch')`,
  key: 'decisions.key_id',
  owner: 'api_keys.owner',
  task: 'decisions.task_type',
  tier: 'CAST(decisions.tier AS TEXT)',
  model: 'decisions.target',
  agent: 'decisions.agent',
} as const

export type SumGroup = keyof typeof GROUPS
export const SUM_GROUPS = Object.keys(GROUPS) as [SumGroup, ...SumGroup[]]

const TAG = `(SELECT value FROM json_each(decisions.tags) WHERE key = ?)`
const MOST_GROUPS = 1000

/** The dearest group first; one of 1,000 at most. */
export async function sumDecisions(
  db: D1DatabaseSession | D1Database,
  filter: SumFilter,
  by: SumGroup | { readonly tag: string },
): Promise<DecisionSum[]> {
  const { where, values } = new Conditions()
    // One person's calls are found by their keys: they are fewer than a team's.
    .add('decisions.key_id IN (SELECT id FROM api_keys WHERE owner = ?)', filter.owner)
    .add(filter.owner === null ? 'decisions.team_id = ?' : '+decisions.team_id = ?', filter.teamId)
    .add('decisions.at >= ?', filter.from)
    .add('decisions.at < ?', filter.to)
  const [group, groupValues] = typeof by === 'string' ? [GROUPS[by], []] : [TAG, [by.tag]]
  const { results } = await db
    .prepare(
      `SELECT ${group} AS "group", count(*) AS calls, total(cost_nano) AS costNano, sum(cost_nano IS NULL) AS unpricedCalls,
         total(iif(baseline_nano IS NULL, 0, cost_nano)) AS comparedNano,
         total(iif(cost_nano IS NULL, 0, baseline_nano)) AS baselineNano,
         sum(input_tokens + cache_read_tokens + cache_write_short_tokens + cache_write_long_tokens) AS promptTokens,
         sum(cache_read_tokens) AS cachedTokens, sum(output_tokens) AS outputTokens
       FROM decisions LEFT JOIN api_keys ON api_keys.id = decisions.key_id ${where}
       GROUP BY 1 ORDER BY costNano DESC LIMIT ${MOST_GROUPS}`,
    )
    .bind(...groupValues, ...values)
    .all<DecisionSum>()
  return results
}

export interface AttemptCount {
  readonly provider: string
  /** As attempts name it: `answered`, `refused`, a fault. */
  readonly outcome: string
  readonly attempts: number
}

/** Of the newest calls since a moment, how the requests for them ended. */
export async function countAttempts(
  db: D1DatabaseSession | D1Database,
  of: { readonly teamId: string; readonly since: number; readonly mostCalls: number },
): Promise<AttemptCount[]> {
  const { results } = await db
    .prepare(
      `SELECT substr(attempt.value ->> '$.target', 1, instr(attempt.value ->> '$.target', '/') - 1) AS provider,
         attempt.value ->> '$.outcome' AS outcome, count(*) AS attempts
       FROM (SELECT attempts FROM decisions WHERE team_id = ?1 AND at >= ?2 ORDER BY at DESC LIMIT ?3) AS recent,
         json_each(recent.attempts) AS attempt
       GROUP BY 1, 2`,
    )
    .bind(of.teamId, of.since, of.mostCalls)
    .all<AttemptCount>()
  return results
}
