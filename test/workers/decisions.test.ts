/** The decision log: from the queue's message to the row, and out again when its time has passed. */
import { applyD1Migrations, createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { NO_USAGE } from '../../src/core/chat/usage.ts'
import type { DecisionRecord } from '../../src/core/decisions/decision-record.ts'
import type { OutboxMessage } from '../../src/core/ledger/outbox-message.ts'
import worker from '../../src/index.ts'
import { listDecisions } from '../../src/store/decisions.ts'

beforeAll(async () => {
  await applyD1Migrations(env.DB, (env as unknown as { TEST_MIGRATIONS: D1Migration[] }).TEST_MIGRATIONS)
})

type D1Migration = Parameters<typeof applyD1Migrations>[1][number]

function record(id: string, changes: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    id,
    at: 1_800_000_000_000,
    teamId: 'team',
    keyId: 'key',
    dialect: 'anthropic-messages',
    agent: 'claude-code',
    sessionId: 's',
    threadId: 't',
    subagent: true,
    turn: 1,
    iteration: 2,
    task: { taskType: 'bug_fix', source: 'rule', confidence: 0.8, rule: 'fix' },
    floor: 2,
    ceiling: 3,
    tier: 2,
    target: 'anthropic/claude-sonnet-5-5',
    provider: 'anthropic',
    model: 'claude-sonnet-5-5',
    requestedModel: 'auto',
    policyVersion: 4,
    reasons: ['task', 'cheapest'],
    considered: [
      { target: 'anthropic/claude-sonnet-5-5', tier: 2, verdict: 'chosen', warmTokens: 3, nowNano: 5, turnNano: 9 },
    ],
    attempts: [
      { target: 'anthropic/claude-sonnet-5-5', outcome: 'unreachable', status: null, ms: 4 },
      { target: 'anthropic/claude-sonnet-5-5', outcome: 'answered', status: 200, ms: 8 },
    ],
    contextTokens: 41_000,
    turnGrowthTokens: 10,
    sessionGrowthTokens: 20,
    usage: { ...NO_USAGE, inputTokens: 7, cacheReadTokens: 40_000, outputTokens: 9 },
    costNano: 123_456,
    baselineNano: null,
    baselineMiddleNano: 200_000,
    baselineRequestedNano: null,
    ownMarksNano: 150_000,
    overheadNano: 1_000,
    estimated: false,
    status: 200,
    ending: 'complete',
    stopReason: 'end_turn',
    firstByteMs: 12,
    totalMs: 30,
    admitMs: 2,
    adaptations: ['max_tokens:128000->64000'],
    warnings: ['it\'s a "warning"; DROP TABLE decisions'],
    ...changes,
  }
}

async function deliver(...bodies: unknown[]) {
  const messages = bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch<OutboxMessage>('headgate-decisions', messages as never)
  const context = createExecutionContext()
  await worker.queue(batch, env)
  return getQueueResult(batch, context)
}

const logged = (teamId: string) => listDecisions(env.DB, { teamId, limit: 10 })

describe('a delivered record', () => {
  it('is one row with every value as it was', async () => {
    await deliver(record('req_1', { teamId: 'whole' }))
    expect(await logged('whole')).toMatchObject([
      {
        id: 'req_1',
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
    expect(await logged('earlier')).toMatchObject([{ id: 'req_old', attempts: [] }])
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
    let cursor: { at: number; id: string } | undefined
    for (;;) {
      const page = await listDecisions(env.DB, { teamId: 'paged', limit: 2, cursor })
      seen.push(...page.map(({ id }) => id))
      const last = page.at(-1)
      if (page.length < 2 || last === undefined) break
      cursor = { at: Number(last.at), id: String(last.id) }
    }
    expect(seen).toEqual(['req_pe', 'req_pd', 'req_pc', 'req_pb', 'req_pa'])
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
})
