/** How every statement finds its rows: no list, report or hourly work reads a whole table. */
import { createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_ROUTES } from '../../../src/http/admin/routes.ts'
import worker from '../../../src/index.ts'
import { explained } from '../explained-database.ts'
import { loggedDecision } from '../logged-decision.ts'
import { ask, migrate, newTeam, type TeamOfTest } from './asking.ts'
import { askRoute, sampleOf } from './asked-route.ts'

const { db, plans } = explained(env.DB)
const bindings = { ...env, DB: db } as typeof env
let team: TeamOfTest
let found: ReadonlyMap<string, readonly string[]>

/** Filters of lists and reports, each alone and all at once, by an auditor, by a member and by the operator. */
const FILTERED = [
  '/decisions?',
  '/decisions?tier=3',
  '/decisions?taskType=bug_fix&from=1&to=2&cursor=5_x',
  '/decisions?sessionId=s',
  '/decisions?tag=project=a',
  '/decisions?keyId=key_1',
  '/decisions?keyId=key_1&tier=3&tag=project=a&from=1&to=2&cursor=5_x',
  '/audit?',
  '/audit?actor=operator&action=keys+create&object=x&from=1&to=2&cursor=5_x',
  '/alerts?',
  '/alerts?kind=cap_hit&severity=warning&undelivered=true&cursor=5_x',
] as const
const REPORTS = ['day', 'key', 'owner', 'task', 'tier', 'model', 'agent', 'tag:project'] as const

beforeAll(async () => {
  await migrate()
  team = await newTeam()
  for (const route of ADMIN_ROUTES) {
    await askRoute(route, { teamId: team.id, sample: await sampleOf(route, team), env: bindings })
  }
  const asking = (path: string, token?: string) =>
    ask('GET', `/admin/v1${path}`, { env: bindings, ...(token === undefined ? {} : { token }) })
  for (const path of FILTERED) {
    expect((await asking(path)).status).toBe(200)
    expect((await asking(`${path}&teamId=${team.id}`, team.tokens.auditor)).status).toBe(200)
    if (path.startsWith('/decisions')) expect((await asking(path, team.tokens.member)).status).toBe(200)
  }
  for (const by of REPORTS) {
    for (const token of [team.tokens.auditor, team.tokens.member]) {
      expect((await asking(`/teams/${team.id}/usage?by=${by}`, token)).status).toBe(200)
    }
  }
  for (const query of ['', '?owner=x', '?tag=project=a', '?owner=x&tag=project=a&cursor=5_x']) {
    expect((await asking(`/teams/${team.id}/keys${query}`)).status).toBe(200)
  }
  const bodies = [
    loggedDecision({ id: 'req_planned', teamId: team.id }),
    { kind: 'unaccounted', id: 'noted', teamId: team.id, scope: 'key:k', at: 1, upToNano: 5 },
  ]
  const messages = bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body }))
  await worker.queue(createMessageBatch('headgate-decisions', messages as never), bindings)
  await worker.scheduled({ scheduledTime: Date.now() } as ScheduledController, bindings)
  found = await plans()
}, 60_000)

/** Statements that read few rows although their plan is a scan. */
const SMALL: readonly RegExp[] = [
  // It has one row at most, and of teams the first row tells enough.
  /EXISTS \(SELECT 1 FROM bootstrap\)/,
  // Only while a pepper is rotated.
  /SELECT id, sealed_url AS sealedUrl FROM alert_channels$/,
]

/** Indexes that hold few rows at a time. */
const SMALL_INDEXES = /open_alert_deliveries|dead_alert_channels/

/** What of a plan reads a whole table; an index that is followed until a limit is reached does not. */
function scansIn(sql: string, plan: readonly string[]): readonly string[] {
  if (SMALL.some((one) => one.test(sql))) return []
  return plan.filter((step) => {
    const table = /^SCAN (?!CONSTANT)(\w+)/.exec(step)?.[1]
    if (table === undefined || step.includes('VIRTUAL TABLE')) return false
    if (!new RegExp(`(?:FROM|JOIN|UPDATE|INTO) (?:\\w+ (?:AS )?)?${table}\\b`).test(sql)) return false
    if (/\b(?:recent|turns)\b/.test(table)) return false
    const byIndex = /USING (?:COVERING )?INDEX/.test(step)
    return !(byIndex && (/\bLIMIT\b/.test(sql) || SMALL_INDEXES.test(step)))
  })
}

describe('every statement', () => {
  it('was seen', () => {
    const tables = [
      'decisions',
      'api_keys',
      'audit_log',
      'alerts',
      'alert_channels',
      'ledger_notices',
      'teams',
      'members',
    ]
    for (const table of tables) expect([...found.keys()].some((sql) => sql.includes(`FROM ${table}`))).toBe(true)
    expect(found.size).toBeGreaterThan(60)
  })

  it('finds its rows by an index', () => {
    const scans = [...found].flatMap(([sql, plan]) => scansIn(sql, plan).map((step) => `${step}: ${sql}`))
    expect(scans).toEqual([])
  })

  it('about calls of one key or one person goes by the key, not through the log of the team', () => {
    const own = [...found].filter(
      ([sql]) => /FROM decisions/.test(sql) && /key_id (?:=|IN)/.test(sql) && / at /.test(sql),
    )
    expect(own.length).toBeGreaterThan(5)
    for (const [sql, plan] of own) {
      if (/WHERE \(id = \?\)/.test(sql)) continue
      expect(plan.join('; '), sql).toContain('USING INDEX decisions_by_key (key_id=?')
    }
  })

  it('that finds a scan is told by this test', () => {
    expect(scansIn('SELECT id FROM decisions WHERE task_type = ?', ['SCAN decisions'])).toHaveLength(1)
    const byTime = ['SCAN decisions USING INDEX decisions_by_time']
    expect(scansIn('SELECT id FROM decisions ORDER BY at', byTime)).toHaveLength(1)
    expect(scansIn('SELECT id FROM decisions ORDER BY at LIMIT 5', byTime)).toEqual([])
  })
})
