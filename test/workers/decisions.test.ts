/** The decision log: from the queue's message to the row, and out again when its time has passed. */
import {
  applyD1Migrations,
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { DecisionRecord } from '../../src/core/decisions/decision-record.ts'
import type { QueuedMessage } from '../../src/decisions/consume.ts'
import worker from '../../src/index.ts'
import { eachInTurn } from '../../src/scheduled.ts'
import type { Position } from '../../src/store/conditions.ts'
import { listDecisions, type DecisionPage } from '../../src/store/decisions.ts'
import { planOfLoggedTurns, sumLoggedTurns } from '../../src/store/logged-turns.ts'
import { loggedDecision } from './logged-decision.ts'

beforeAll(async () => {
  await applyD1Migrations(env.DB, (env as unknown as { TEST_MIGRATIONS: D1Migration[] }).TEST_MIGRATIONS)
})

type D1Migration = Parameters<typeof applyD1Migrations>[1][number]

const record = (id: string, changes: Partial<DecisionRecord> = {}): DecisionRecord => loggedDecision({ id, ...changes })

/** As the ledger sends them: texts. */
const deliver = (...messages: unknown[]) => deliverBodies(messages.map((message) => JSON.stringify(message)))

async function deliverBodies(bodies: readonly unknown[]) {
  const messages = bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch<QueuedMessage>('headgate-decisions', messages as never)
  const context = createExecutionContext()
  await worker.queue(batch, env)
  return getQueueResult(batch, context)
}

const logged = async (teamId: string) => (await listDecisions(env.DB, { teamId, limit: 10 })).rows

describe('a delivered record', () => {
  it('is one row with every value as it was', async () => {
    await deliver(record('req_1', { teamId: 'whole', tags: { project: 'a "b"', environment: 'ci' } }))
    expect(await logged('whole')).toMatchObject([
      {
        id: 'req_1',
        tags: { project: 'a "b"', environment: 'ci' },
        subagent: true,
        estimated: false,
        task_type: 'bug_fix',
        task_confidence: 0.8,
        reasons: ['task', 'cheapest'],
        considered: [{ target: 'anthropic/claude-sonnet-5-5', verdict: 'chosen' }],
        attempts: [
          { target: 'anthropic/claude-sonnet-5-5', outcome: 'unreachable', status: null, ms: 4 },
          { target: 'anthropic/claude-sonnet-5-5', outcome: 'answered', status: 200, ms: 8 },
        ],
        cache_read_tokens: 40_000,
        cost_nano: 123_456,
        baseline_nano: null,
        baseline_middle_nano: 200_000,
        baseline_requested_nano: null,
        own_marks_nano: 150_000,
        overhead_nano: 1_000,
        warnings: ['it\'s a "warning"; DROP TABLE decisions'],
      },
    ])
  })

  it('that comes twice is there once, and the first one stays', async () => {
    await deliver(record('req_2', { teamId: 'twice' }), record('req_2', { teamId: 'twice', costNano: 1 }))
    await deliver(record('req_2', { teamId: 'twice', costNano: 2 }))
    expect(await logged('twice')).toMatchObject([{ id: 'req_2', cost_nano: 123_456 }])
  })

  it('that an earlier version wrote, without the newest list, is stored all the same', async () => {
    const { attempts: _, ...earlier } = record('req_old', { teamId: 'earlier' })
    await deliver(earlier)
    expect(await logged('earlier')).toMatchObject([{ id: 'req_old', attempts: [], tags: {} }])
  })

  it('that an earlier version sent parsed is stored beside those sent as texts', async () => {
    const texts = [record('req_text', { teamId: 'two-forms' })].map((one) => JSON.stringify(one))
    await deliverBodies([record('req_parsed', { teamId: 'two-forms' }), ...texts])
    expect((await logged('two-forms')).map(({ id }) => id).toSorted()).toEqual(['req_parsed', 'req_text'])
  })

  it('that is no JSON is tried again alone', async () => {
    const result = await deliverBodies(['{"id":', JSON.stringify(record('req_whole', { teamId: 'torn' }))])
    expect(result.explicitAcks).toEqual(['m1'])
    expect(result.retryMessages).toMatchObject([{ msgId: 'm0' }])
    expect((await logged('torn')).map(({ id }) => id)).toEqual(['req_whole'])
  })

  it('that cannot be stored is tried again alone; the others of its batch are stored', async () => {
    const broken = { ...record('req_4', { teamId: 'mixed' }), at: 'not a number' }
    const result = await deliver(record('req_3', { teamId: 'mixed' }), broken, record('req_5', { teamId: 'mixed' }))
    expect(result.explicitAcks).toEqual(['m0', 'm2'])
    expect(result.retryMessages).toMatchObject([{ msgId: 'm1' }])
    expect((await logged('mixed')).map(({ id }) => id)).toEqual(['req_5', 'req_3'])
  })
})

describe("a ledger's notice", () => {
  it('is kept beside the record of the same call, once', async () => {
    const at = 1_800_000_000_000
    const expired = { kind: 'expired', id: 'req_6', teamId: 'noted', keyId: 'k', startedAt: at - 9, at, chargedNano: 5 }
    await deliver(expired, record('req_6', { teamId: 'noted' }), expired)
    expect(await logged('noted')).toMatchObject([{ id: 'req_6' }])
    const { results } = await env.DB.prepare("SELECT * FROM ledger_notices WHERE team_id = 'noted'").all()
    expect(results).toEqual([{ id: 'req_6', kind: 'expired', team_id: 'noted', at, body: JSON.stringify(expired) }])
  })
})

describe('reading', () => {
  it('goes newest first, a page at a time, without gaps where times are equal', async () => {
    const at = 1_800_000_000_000
    await deliver(
      ...['a', 'b', 'c', 'd', 'e'].map((id) => record(`req_p${id}`, { teamId: 'paged', at: id < 'c' ? at : at + 1 })),
    )
    const seen: unknown[] = []
    let cursor: Position | null = null
    do {
      const page: DecisionPage = await listDecisions(env.DB, { teamId: 'paged', limit: 2, cursor })
      seen.push(...page.rows.map(({ id }) => id))
      cursor = page.next
    } while (cursor !== null)
    expect(seen).toEqual(['req_pe', 'req_pd', 'req_pc', 'req_pb', 'req_pa'])
  })

  it('looks through so many rows a page at most, and goes on where it ended', async () => {
    const at = 1_800_000_000_000
    await deliver(
      ...Array.from({ length: 11 }, (_, index) =>
        record(`req_r${index}`, { teamId: 'rare', at: at - index, tier: index % 5 === 4 ? 1 : 3 }),
      ),
    )
    const pages: unknown[][] = []
    let cursor: Position | null = null
    do {
      const filter = { teamId: 'rare', tier: 1, limit: 10, cursor }
      const page: DecisionPage = await listDecisions(env.DB, filter, 3)
      pages.push(page.rows.map(({ id }) => id))
      cursor = page.next
    } while (cursor !== null)
    expect(pages).toEqual([[], ['req_r4'], [], ['req_r9']])
    expect((await listDecisions(env.DB, { teamId: 'rare', tier: 1, limit: 10 })).next).toBeNull()
  })
})

describe('the hourly work', () => {
  it('deletes what is older than the retention and nothing else', async () => {
    const now = 1_800_000_000_000
    const day = 24 * 60 * 60 * 1000
    await deliver(
      record('req_old', { teamId: 'kept', at: now - 91 * day }),
      record('req_young', { teamId: 'kept', at: now - 89 * day }),
    )
    await worker.scheduled({ scheduledTime: now } as ScheduledController, env)
    expect((await logged('kept')).map(({ id }) => id)).toEqual(['req_young'])
  })

  it('deletes alerts with their deliveries, and leaves younger ones', async () => {
    const now = 1_800_000_000_000
    const day = 24 * 60 * 60 * 1000
    const alert = (id: string, at: number) => [
      env.DB.prepare(
        `INSERT INTO alerts (id, kind, severity, team_id, at, title, details) VALUES (?1, 'pace', 'info', 'kept', ?2, '', '{}')`,
      ).bind(id, at),
      env.DB.prepare(
        `INSERT INTO alert_deliveries (alert_id, channel_id, at, state, next_at) VALUES (?1, 'channel', ?2, 'done', ?2)`,
      ).bind(id, at),
    ]
    await env.DB.batch([...alert('alert_old', now - 91 * day), ...alert('alert_young', now - 89 * day)])
    await worker.scheduled({ scheduledTime: now } as ScheduledController, env)
    const { results } = await env.DB.prepare(
      `SELECT id FROM alerts WHERE team_id = 'kept' UNION ALL SELECT alert_id FROM alert_deliveries WHERE channel_id = 'channel'`,
    ).all()
    expect(results).toEqual([{ id: 'alert_young' }, { id: 'alert_young' }])
  })

  it('does the rest where a part fails, and counts as failed', async () => {
    const done: string[] = []
    const job = (name: string) => () => Promise.resolve(void done.push(name))
    const failing = () => Promise.reject(new Error('no such table'))
    await expect(eachInTurn([job('first'), failing, job('last')])).rejects.toThrow('no such table')
    expect(done).toEqual(['first', 'last'])
  })
})

describe('what a team learns from its log', () => {
  const now = 1_800_000_000_000
  const hour = 60 * 60 * 1000
  const week = 7 * 24 * hour
  // A provider is configured, so that a decision can be asked for; nothing is sent to it.
  const gateway = { ...env, ANTHROPIC_API_KEY: 'none' }

  async function ask(path: string, token: string, body: unknown): Promise<Record<string, unknown>> {
    const context = createExecutionContext()
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const request = new Request(`https://gateway.test${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const answer = await worker.fetch(request as never, gateway, context)
    const text = await answer.text()
    await waitOnExecutionContext(context)
    if (!answer.ok) throw new Error(text)
    return JSON.parse(text) as Record<string, unknown>
  }

  async function newTeam(): Promise<{ readonly teamId: string; readonly key: string }> {
    const admin = 'admin-token-of-the-tests'
    const teamId = String((await ask('/admin/v1/teams', admin, { name: 'Learning' }))['id'])
    return { teamId, key: String((await ask(`/admin/v1/teams/${teamId}/keys`, admin, { name: 'dev' }))['key']) }
  }

  /** What a fresh session's first call is weighed with. */
  async function expectedNow(
    key: string,
  ): Promise<{ readonly iterationsLeft: number; readonly growthPerCall: number }> {
    const messages = [{ role: 'user', content: 'Fix the bug in parse(): it drops the last line' }]
    const body = { model: 'auto', max_tokens: 50, messages }
    const { measures, task } = await ask('/v1/route?dialect=anthropic-messages', key, body)
    expect(task).toMatchObject({ taskType: 'bug_fix' })
    return measures as { iterationsLeft: number; growthPerCall: number }
  }

  /** Turns of two calls, the second of which adds `growth` tokens. */
  const shortTurns = (teamId: string, count: number, { at = now - 2 * hour, growth = 300 } = {}) =>
    Array.from({ length: count }, (_, turn) =>
      [1, 2].map((iteration) =>
        record(`req_${teamId}_${turn}_${iteration}_${at}`, {
          teamId,
          subagent: false,
          at: at + turn,
          sessionId: `s${turn % 9}`,
          turn: turn + 1,
          iteration,
          turnGrowthTokens: iteration === 1 ? 0 : growth,
        }),
      ),
    ).flat()

  const hourly = () => worker.scheduled({ scheduledTime: now } as ScheduledController, gateway)

  it('decides its next session, from the next admission on', async () => {
    const { teamId, key } = await newTeam()
    const before = await expectedNow(key)
    await deliver(...shortTurns(teamId, 400))
    await hourly()
    const after = await expectedNow(key)
    expect(after.iterationsLeft).toBeLessThan(before.iterationsLeft / 2)
    expect(after.growthPerCall).toBeLessThan(before.growthPerCall * 0.6)
    // Nothing new in the log: nothing new to hand out.
    await hourly()
    expect(await expectedNow(key)).toEqual(after)
  })

  it('is hardly anything from few turns, and nothing from those that are old, not over, or not its own', async () => {
    const [few, old, other] = [await newTeam(), await newTeam(), await newTeam()]
    const shipped = await expectedNow(other.key)
    await deliver(
      ...shortTurns(few.teamId, 5),
      ...shortTurns(old.teamId, 300, { at: now - 3 * week }),
      ...shortTurns(old.teamId, 300, { at: now - hour / 2 }),
    )
    await hourly()
    const { iterationsLeft } = await expectedNow(few.key)
    expect(iterationsLeft).toBeLessThan(shipped.iterationsLeft)
    expect(iterationsLeft).toBeGreaterThan(0.8 * shipped.iterationsLeft)
    expect([await expectedNow(old.key), await expectedNow(other.key)]).toEqual([shipped, shipped])
  })

  it('is not moved far by rows that are garbage', async () => {
    const [clean, dirty] = [await newTeam(), await newTeam()]
    const broken = [
      { iteration: -3 },
      { iteration: 1e9 },
      { turnGrowthTokens: -1e12, iteration: 3 },
      { turnGrowthTokens: 1e15, iteration: 3 },
      { turn: 0 },
      { task: { taskType: 'nothing known', source: 'rule', confidence: 0, rule: null } },
      { iteration: 999, turnGrowthTokens: 2_000_000 },
    ].map((changes, index) =>
      record(`req_garbage_${index}`, {
        ...({ teamId: dirty.teamId, subagent: false, at: now - 2 * hour, sessionId: `g${index}` } as object),
        ...(changes as object),
      }),
    )
    await deliver(...shortTurns(clean.teamId, 400))
    await deliver(...broken, ...shortTurns(dirty.teamId, 400))
    await hourly()
    const [expected, found] = [await expectedNow(clean.key), await expectedNow(dirty.key)]
    expect(found.iterationsLeft / expected.iterationsLeft).toBeGreaterThan(0.75)
    expect(found.iterationsLeft / expected.iterationsLeft).toBeLessThan(1.33)
    expect(found.growthPerCall).toBeLessThan(expected.growthPerCall + 300)
  })

  it('counts whole turns of main conversations, and is read through the index of team and time', async () => {
    const teamId = 'summed'
    const call = (id: string, changes: Partial<DecisionRecord>) =>
      record(`req_sum_${id}`, { teamId, subagent: false, at: now - 2 * hour, ...changes })
    const docs = { taskType: 'docstring', source: 'turn', confidence: 1, rule: null } as const
    await deliver(
      call('a1', { iteration: 1, turnGrowthTokens: 0, task: { ...docs, source: 'rule' } }),
      call('a2', { iteration: 2, turnGrowthTokens: 500, task: docs }),
      call('a3', { iteration: 3, turnGrowthTokens: 900, task: docs }),
      call('b1', { turn: 2, iteration: 1, turnGrowthTokens: 0 }),
      call('sub', { threadId: 'x', subagent: true, iteration: 9 }),
      call('small', { threadId: 'y', task: { taskType: 'utility', source: 'agent', confidence: 1, rule: null } }),
      call('stopped', { turn: 3, iteration: 30, ending: 'surfaced' }),
    )
    const wanted = { teamId, since: now - week, endedBefore: now - hour, now }
    expect(await sumLoggedTurns(env.DB, wanted)).toEqual([
      { taskType: 'bug_fix', turns: 1, calls: 1, steps: 0, grownTokens: 0 },
      { taskType: 'docstring', turns: 1, calls: 3, steps: 2, grownTokens: 900 },
    ])
    expect((await planOfLoggedTurns(env.DB, wanted)).join()).toContain(
      'USING INDEX decisions_by_team (team_id=? AND at>? AND at<?)',
    )
  })
})
