/** Alerts inside the Worker: from a ledger's notice to a receiver that checks the signature, through real queues and D1. */
import {
  applyD1Migrations,
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AlertKind, Severity } from '../../src/core/alerts/alert.ts'
import type { LedgerNotice } from '../../src/core/ledger/outbox-message.ts'
import worker from '../../src/index.ts'
import { ChannelSecrets } from '../../src/security/channel-secrets.ts'
import { channelDelete, channelInsert, findChannel, type AlertChannel } from '../../src/store/alert-channels.ts'
import { claimDelivery } from '../../src/store/alert-deliveries.ts'
import { listAlerts, type DeliveryKey } from '../../src/store/alerts.ts'
import type { ReceivedAlert } from '../support/received-alert.ts'
import { loggedDecision } from './logged-decision.ts'

type D1Migration = Parameters<typeof applyD1Migrations>[1][number]

const SECRETS = new ChannelSecrets(['pepper-of-the-tests'])
const HOUR = 60 * 60_000

beforeAll(async () => {
  await applyD1Migrations(env.DB, (env as unknown as { TEST_MIGRATIONS: D1Migration[] }).TEST_MIGRATIONS)
})

interface Wishes {
  readonly kind?: AlertChannel['kind']
  readonly kinds?: readonly AlertKind[] | null
  readonly minSeverity?: Severity
  readonly address?: string
  /** Statuses of the receiver's first answers. */
  readonly plan?: readonly number[]
}

/** A channel whose receiver listens at `/<id>`, for a team that is there. */
async function channel(teamId: string, id: string, wishes: Wishes = {}): Promise<AlertChannel> {
  const {
    kind = 'webhook',
    kinds = null,
    minSeverity = 'warning',
    address = `https://hooks.example.com/${id}`,
  } = wishes
  await env.DB.prepare('INSERT OR IGNORE INTO teams (id, name, created_at) VALUES (?1, ?2, 0)')
    .bind(teamId, `Team <${teamId}>`)
    .run()
  const made: AlertChannel = {
    id,
    teamId,
    kind,
    name: `channel ${id}`,
    sealedUrl: await SECRETS.seal(id, address),
    host: 'hooks.example.com',
    kinds,
    minSeverity,
    secretVersion: 1,
    createdAt: Date.now() - HOUR,
    deliveredAt: null,
    lastStatus: null,
    lastError: null,
    deadSince: null,
  }
  await channelInsert(env.DB, made).run()
  await control(id, { secret: await SECRETS.secretOf(made), plan: wishes.plan ?? [] })
  return made
}

async function control(id: string, settings: object): Promise<void> {
  await fetch(`https://control.example.com/${id}`, { method: 'POST', body: JSON.stringify(settings) })
}

async function taken(id: string): Promise<ReceivedAlert[]> {
  return (await fetch(`https://control.example.com/${id}`)).json()
}

const threshold = (teamId: string, more: Partial<Extract<LedgerNotice, { kind: 'threshold' }>> = {}): LedgerNotice => ({
  kind: 'threshold',
  id: `${teamId}:team:month:0:5000000000:0.8`,
  teamId,
  budgetId: 'team:month',
  scope: 'team',
  scopeName: `Team <${teamId}>`,
  period: 'month',
  periodStartsAt: 0,
  threshold: 0.8,
  spentNano: 4_000_000_000,
  limitNano: 5_000_000_000,
  at: Date.now(),
  ...more,
})

/** What a ledger sends, as the consumer of its queue takes it. */
async function notify(...notices: LedgerNotice[]) {
  const messages = notices.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch<LedgerNotice>('headgate-decisions', messages as never)
  const context = createExecutionContext()
  await worker.queue(batch as never, env)
  return getQueueResult(batch, context)
}

async function deliver(...keys: DeliveryKey[]) {
  const messages = keys.map((body, index) => ({ id: `d${index}`, timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch<DeliveryKey>('headgate-alerts', messages as never)
  const context = createExecutionContext()
  await worker.queue(batch as never, env)
  return getQueueResult(batch, context)
}

const sweep = () => worker.scheduled({ scheduledTime: Date.now() } as ScheduledController, env)

const listed = (teamId: string) => listAlerts(env.DB, { teamId, limit: 50 })

async function states(teamId: string): Promise<string[]> {
  const alerts = await listed(teamId)
  return alerts
    .flatMap(({ kind, deliveries }) => deliveries.map((one) => `${kind} ${one.channelId} ${one.state}`))
    .sort()
}

describe('an alert', () => {
  it('reaches a webhook once, signed, however often its notice comes', async () => {
    await channel('signed', 'ach_signed')
    const notice = threshold('signed')
    await notify(notice, notice)
    await notify(notice)
    await expect.poll(() => states('signed')).toEqual(['budget_threshold ach_signed delivered'])
    await notify(notice)
    const got = await taken('ach_signed')
    expect(got).toMatchObject([
      {
        id: `threshold:${notice.id}`,
        signed: true,
        body: {
          id: `threshold:${notice.id}`,
          kind: 'budget_threshold',
          severity: 'warning',
          team: { id: 'signed', name: 'Team <signed>' },
          title: '80% of the month budget of team "Team <signed>" is spent: $4.00 of $5.00.',
          details: { threshold: 0.8, spentNano: 4_000_000_000 },
        },
      },
    ])
    const [alert] = await listed('signed')
    expect(alert!.deliveries).toMatchObject([
      { channelName: 'channel ach_signed', state: 'delivered', attempts: 1, lastStatus: 200, lastError: null },
    ])
    expect(alert!.deliveries[0]!.deliveredAt).toBeGreaterThan(0)
  })

  it('is not taken for one that somebody else signed', async () => {
    await channel('forged', 'ach_forged')
    await control('ach_forged', { secret: 'whsec_another' })
    await notify(threshold('forged'))
    await expect.poll(() => taken('ach_forged')).toMatchObject([{ signed: false }])
  })

  it('reaches a Slack-compatible address as text, with no names turned into mentions', async () => {
    await channel('slack', 'ach_slack', { kind: 'slack' })
    await notify(threshold('slack', { scopeName: '<!channel> & co' }))
    await expect.poll(() => taken('ach_slack')).toHaveLength(1)
    const [got] = await taken('ach_slack')
    expect(got!.body.text).toBe(
      'Headgate, warning: 80% of the month budget of team "&lt;!channel&gt; &amp; co" is spent: $4.00 of $5.00.',
    )
    expect(JSON.stringify(got!.body)).not.toContain('<')
  })

  it('goes only where it is wanted', async () => {
    await channel('wanted', 'ach_all', { minSeverity: 'info' })
    await channel('wanted', 'ach_grave', { minSeverity: 'critical' })
    await channel('wanted', 'ach_caps', { kinds: ['cap_hit', 'iteration_cap'] })
    await channel('other', 'ach_other', { minSeverity: 'info' })
    const at = Date.now()
    const turn = { keyId: 'k', keyName: 'dev', sessionId: 's', threadId: 't', turn: 1 }
    await notify(
      threshold('wanted'),
      threshold('wanted', { id: 'grave', threshold: 0.95 }),
      { kind: 'iteration_cap', id: 'quiet', teamId: 'wanted', ...turn, reason: 'iteration_cap', stopped: true, at },
      { kind: 'iteration_cap', id: 'loud', teamId: 'wanted', ...turn, reason: 'no_progress_cap', stopped: false, at },
      { kind: 'expired', id: 'req', teamId: 'wanted', keyId: 'k', startedAt: at, at, chargedNano: 1 },
      { kind: 'unaccounted', id: 'u1', teamId: 'wanted', scope: 'key:k', at, upToNano: 5 },
    )
    await expect.poll(async () => (await states('wanted')).filter((one) => one.endsWith('delivered'))).toHaveLength(6)
    const ids = async (id: string) => (await taken(id)).map(({ body }) => body.id).sort()
    expect(await ids('ach_all')).toEqual([
      'iteration_cap:loud',
      'iteration_cap:quiet',
      'threshold:grave',
      `threshold:${threshold('wanted').id}`,
    ])
    expect(await ids('ach_grave')).toEqual(['threshold:grave'])
    expect(await ids('ach_caps')).toEqual(['iteration_cap:loud'])
    expect(await taken('ach_other')).toEqual([])
  })

  it('from before its channel was made stays untold', async () => {
    await channel('young', 'ach_young')
    await notify(threshold('young', { at: Date.now() - 2 * HOUR }))
    expect(await states('young')).toEqual([])
    expect(await listed('young')).toHaveLength(1)
  })
})

describe('what comes up in calls', () => {
  const HASH = 'c'.repeat(64)
  const quote = { expectedNano: { 1: 1000, 2: null, 3: null }, worstNano: { 1: 9000, 2: null, 3: null } } as const

  it('goes from the ledger through its outbox and the queue, each crossing as one alert, whatever storm there is', async () => {
    await channel('calls', 'ach_calls', { minSeverity: 'info' })
    const ledger = env.LEDGERS.getByName('calls')
    await ledger.configureTeam({ teamId: 'calls', name: 'Calls' })
    await ledger.putKey({ keyId: 'k', name: 'dev', keyHash: HASH, highestTier: 3, expiresAt: null })
    const admit = (requestId: string) => ledger.admit({ requestId, keyHash: HASH, policyVersion: null, quote })
    const reserved = async (requestId: string) => {
      const answer = await admit(requestId)
      if (!answer.admitted) throw new Error(answer.refusal.code)
      return answer.reservation
    }
    const ofCall = { at: Date.now(), teamId: 'calls', keyId: 'k', target: 'mine/model', provider: 'mine' }
    for (const id of ['u1', 'u2']) {
      const reservation = await reserved(id)
      await ledger.settle({
        reservation,
        costNano: 0,
        estimated: false,
        record: loggedDecision({ ...ofCall, id, costNano: null }),
      })
    }
    for (const id of ['i1', 'i2', 'i3']) {
      const record = loggedDecision({
        ...ofCall,
        id,
        reasons: ['task', 'iteration_cap'],
        ending: 'surfaced',
        attempts: [],
      })
      await ledger.release(await reserved(id), { record })
    }
    const fault = { kind: 'failed', target: 'p/m', provider: 'p', fault: 'overloaded', retryAfterMs: 120_000 } as const
    for (const requestId of ['f1', 'f2']) await ledger.reportHealth({ ...fault, requestId, at: Date.now() })
    await ledger.putBudget({ scope: 'team', keyId: null, period: 'month', limitNano: 500, mode: 'hard' })
    const outboxRows = () =>
      runInDurableObject(ledger, (_, { storage }) => storage.sql.exec('SELECT count(*) AS n FROM outbox').one()['n'])
    expect(await admit('r0')).toMatchObject({ admitted: false, refusal: { code: 'budget_exceeded' } })
    const before = await outboxRows()
    const storm = await Promise.all(Array.from({ length: 200 }, (_, index) => admit(`r${index + 1}`)))
    expect(storm.filter(({ admitted }) => admitted)).toEqual([])
    expect(await outboxRows()).toBe(before)

    await runDurableObjectAlarm(ledger)
    const all = ['cap_hit', 'iteration_cap', 'target_cooling', 'unpriced_model']
    await expect.poll(async () => (await taken('ach_calls')).map(({ body }) => body.kind).sort()).toEqual(all)
    expect((await taken('ach_calls')).every(({ signed }) => signed)).toBe(true)
    expect((await listed('calls')).map(({ kind }) => kind).sort()).toEqual(all)
  })
})

describe('a receiver that fails', () => {
  it('is asked again until it takes the alert, which it then has once', async () => {
    await channel('flaky', 'ach_flaky', { plan: [500, 302] })
    await notify(threshold('flaky'))
    await expect.poll(() => states('flaky')).toEqual(['budget_threshold ach_flaky delivered'])
    expect(await taken('ach_flaky')).toMatchObject([{ signed: true }])
    // A redirect was not followed.
    expect(await taken('elsewhere')).toEqual([])
    expect((await listed('flaky'))[0]!.deliveries).toMatchObject([{ attempts: 3, lastStatus: 200 }])
  })

  it('for good is shown as dead and told to the others; when it is back it gets what it missed', async () => {
    const dead = await channel('dying', 'ach_dying', { plan: Array.from({ length: 4 }, () => 503) })
    await channel('dying', 'ach_alive', { kinds: ['dead_channel'] })
    await notify(threshold('dying'))
    await expect
      .poll(() => taken('ach_alive'))
      .toMatchObject([{ body: { kind: 'dead_channel', severity: 'critical' } }])
    const shown = await findChannel(env.DB, 'dying', dead.id)
    expect(shown).toMatchObject({ lastStatus: 503, lastError: 'http_503' })
    expect(shown!.deadSince).toBeGreaterThan(0)
    expect(await states('dying')).toContain('budget_threshold ach_dying waiting')

    // What comes now waits with it.
    await notify(threshold('dying', { id: 'later' }))
    expect((await states('dying')).filter((one) => one.includes('ach_dying'))).toEqual([
      'budget_threshold ach_dying waiting',
      'budget_threshold ach_dying waiting',
    ])
    // The hourly look finds it dead still, and tells nobody twice.
    await sweep()
    // An attempt is counted when it begins, and over when its delivery waits again.
    await expect
      .poll(async () =>
        (await listed('dying'))
          .flatMap(({ deliveries }) => deliveries)
          .map((one) => `${one.attempts} ${one.state}`)
          .sort(),
      )
      .toEqual(['0 waiting', '1 delivered', '4 waiting'])
    await sweep()
    await expect
      .poll(async () => (await states('dying')).filter((one) => one.includes('ach_dying delivered')))
      .toHaveLength(2)
    expect((await findChannel(env.DB, 'dying', dead.id))!.deadSince).toBeNull()
    expect((await taken('ach_dying')).map(({ signed }) => signed)).toEqual([true, true])
    expect(await taken('ach_alive')).toHaveLength(1)
  })
})

describe('a message', () => {
  it('that comes twice, or while somebody is sending, delivers once', async () => {
    await channel('twice', 'ach_twice')
    const key = { alertId: `threshold:${threshold('twice').id}`, channelId: 'ach_twice' }
    await notify(threshold('twice'))
    await expect.poll(() => taken('ach_twice')).toHaveLength(1)
    const again = await deliver(key, key)
    expect(again.explicitAcks.sort()).toEqual(['d0', 'd1'])
    expect(await taken('ach_twice')).toHaveLength(1)
    // Both at once, while it is still to be done: one sends, the other looks again later.
    await env.DB.prepare(`UPDATE alert_deliveries SET state = 'pending', claimed_until = 0 WHERE alert_id = ?1`)
      .bind(key.alertId)
      .run()
    const atOnce = await deliver(key, key)
    expect([atOnce.explicitAcks.length, atOnce.retryMessages.length]).toEqual([1, 1])
    expect(await taken('ach_twice')).toHaveLength(2)
  })

  it('waits for the one that is sending, and takes over when that one died', async () => {
    await channel('claimed', 'ach_claimed', { plan: [500] })
    const key = { alertId: 'claimed', channelId: 'ach_claimed' }
    const insert = `INSERT INTO alert_deliveries (alert_id, channel_id, at, state, next_at) VALUES ('claimed', 'ach_claimed', ?1, 'pending', ?1)`
    await env.DB.prepare(insert).bind(Date.now()).run()
    expect(await claimDelivery(env.DB, key, Date.now())).toEqual({ claimed: true, attempts: 1 })
    const waiting = await deliver(key)
    expect(waiting.retryMessages).toMatchObject([{ msgId: 'd0' }])
    expect(await claimDelivery(env.DB, key, Date.now() + 61_000)).toEqual({ claimed: true, attempts: 2 })
  })

  it('to a channel that was deleted is given up', async () => {
    const gone = await channel('gone', 'ach_gone', { plan: [500, 500] })
    await notify(threshold('gone'))
    await env.DB.batch(channelDelete(env.DB, gone.id))
    await expect.poll(() => states('gone')).toEqual(['budget_threshold ach_gone given_up'])
  })

  it('that a queue lost is sent by the hourly look', async () => {
    await channel('lost', 'ach_lost')
    const at = Date.now()
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO alerts (id, kind, severity, team_id, at, title, details) VALUES ('lost', 'cap_hit', 'critical', 'lost', ?1, 'Full.', '{}')`,
      ).bind(at),
      env.DB.prepare(
        `INSERT INTO alert_deliveries (alert_id, channel_id, at, state, next_at) VALUES ('lost', 'ach_lost', ?1, 'pending', ?1)`,
      ).bind(at),
    ])
    await sweep()
    await expect.poll(() => taken('ach_lost')).toMatchObject([{ body: { title: 'Full.' } }])
  })

  it('is not worth sending after three days', async () => {
    await channel('old', 'ach_old', { plan: [500, 500, 500] })
    await env.DB.prepare(
      `INSERT INTO alert_deliveries (alert_id, channel_id, at, state, next_at) VALUES ('old', 'ach_old', ?1, 'waiting', 0)`,
    )
      .bind(Date.now() - 73 * HOUR)
      .run()
    await sweep()
    const left = await env.DB.prepare(`SELECT state FROM alert_deliveries WHERE alert_id = 'old'`).first()
    expect(left).toEqual({ state: 'given_up' })
  })
})

describe('the hourly look', () => {
  it('deletes alerts and deliveries of long ago, and no others', async () => {
    await channel('kept', 'ach_kept', { plan: Array.from({ length: 9 }, () => 500) })
    await notify(threshold('kept'), threshold('kept', { id: 'ancient', at: Date.now() - 91 * 24 * HOUR }))
    expect(await listed('kept')).toHaveLength(2)
    await sweep()
    expect((await listed('kept')).map(({ id }) => id)).toEqual([`threshold:${threshold('kept').id}`])
    expect(await states('kept')).toHaveLength(1)
  })
})

describe('an address', () => {
  it('that is not allowed is never asked', async () => {
    await channel('inner', 'ach_inner', { address: 'http://169.254.169.254/latest' })
    await notify(threshold('inner'))
    await expect.poll(() => states('inner')).toContain('budget_threshold ach_inner waiting')
    expect(await findChannel(env.DB, 'inner', 'ach_inner')).toMatchObject({
      lastStatus: null,
      lastError: 'address_not_allowed',
    })
  })

  it('is not readable in D1, and opens for its own channel alone', async () => {
    const { sealedUrl } = await channel('sealed', 'ach_sealed')
    expect(sealedUrl).not.toContain('hooks')
    expect(await SECRETS.open('ach_sealed', sealedUrl)).toEqual({
      text: 'https://hooks.example.com/ach_sealed',
      stale: false,
    })
    expect(await SECRETS.open('ach_other', sealedUrl)).toBeNull()
    expect(await new ChannelSecrets(['another-pepper-entirely']).open('ach_sealed', sealedUrl)).toBeNull()
  })

  it('and signatures survive a change of the pepper while the old one is known', async () => {
    const { sealedUrl, ...made } = await channel('rotated', 'ach_rotated')
    const rotated = new ChannelSecrets(['the-next-pepper-of-all', 'pepper-of-the-tests'])
    expect(await rotated.open('ach_rotated', sealedUrl)).toMatchObject({ stale: true })
    const before = (await SECRETS.signature(made, 'body', 5_000)).split(',')
    const after = (await rotated.signature(made, 'body', 5_000)).split(',')
    expect(after).toHaveLength(3)
    expect(after).toEqual([before[0], expect.stringMatching(/^v1=[0-9a-f]{64}$/), before[1]])
    expect(await SECRETS.secretOf({ ...made, secretVersion: 2 })).not.toBe(await SECRETS.secretOf(made))
  })
})

/** The admin API, as the operator. */
async function admin(method: string, path: string, body?: unknown) {
  const context = createExecutionContext()
  const request = new Request(`https://gateway.test/admin/v1${path}`, {
    method,
    headers: { authorization: 'Bearer admin-token-of-the-tests', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await worker.fetch(request as never, env, context)
  const text = await answer.text()
  await waitOnExecutionContext(context)
  return { status: answer.status, text, json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
}

describe('channels in the admin API', () => {
  const HOOK = { kind: 'webhook', name: 'Ops', url: 'https://hooks.example.com/admin-hook?token=s3cret' }

  async function newTeam(): Promise<string> {
    return String((await admin('POST', '/teams', { name: 'Alerted' })).json['id'])
  }

  it('are made, shown without address or secret, changed, tested, given a new secret, and removed', async () => {
    const team = await newTeam()
    const channels = `/teams/${team}/alert-channels`
    const made = await admin('POST', channels, HOOK)
    expect(made).toMatchObject({
      status: 201,
      json: {
        kind: 'webhook',
        name: 'Ops',
        host: 'hooks.example.com',
        kinds: null,
        minSeverity: 'warning',
        deadSince: null,
      },
    })
    const { secret, ...shown } = made.json
    expect(secret).toMatch(/^whsec_[0-9a-f]{64}$/)
    const one = `${channels}/${String(shown['id'])}`
    const all = await admin('GET', channels)
    expect(all.json).toEqual({ channels: [shown] })
    expect((await admin('GET', one)).json).toEqual(shown)
    const stored = JSON.stringify(await env.DB.prepare('SELECT * FROM alert_channels').all())
    const audited = JSON.stringify(await env.DB.prepare('SELECT * FROM audit_log').all())
    for (const text of [made.text.replace(String(secret), ''), all.text, stored, audited]) {
      expect(text).not.toContain('s3cret')
      expect(text).not.toContain(String(secret).slice(6))
    }

    await control('admin-hook', { secret })
    expect(await admin('POST', `${one}/test`)).toMatchObject({ status: 200, json: { delivered: true, status: 200 } })
    expect(await taken('admin-hook')).toMatchObject([
      { signed: true, body: { kind: 'test', team: { id: team, name: 'Alerted' } } },
    ])
    const rotated = await admin('POST', `${one}/rotate`)
    expect(rotated.json['secret']).not.toBe(secret)
    await control('admin-hook', { secret: rotated.json['secret'], plan: [500] })
    expect((await admin('POST', `${one}/test`)).json).toEqual({ delivered: false, status: 500, error: 'http_500' })
    expect((await admin('POST', `${one}/test`)).json).toMatchObject({ delivered: true })
    expect((await taken('admin-hook')).map(({ signed }) => signed)).toEqual([true, true])

    const change = {
      name: 'Night shift',
      kinds: ['cap_hit'],
      minSeverity: 'critical',
      url: 'https://hooks.example.com/moved',
    }
    const changed = await admin('PATCH', one, change)
    expect(changed.json).toEqual({ ...shown, name: 'Night shift', kinds: ['cap_hit'], minSeverity: 'critical' })
    expect((await admin('POST', `${one}/test`)).json).toMatchObject({ delivered: true })
    expect(await taken('moved')).toHaveLength(1)
    expect(await admin('DELETE', one)).toMatchObject({ status: 200, json: { name: 'Night shift' } })
    expect((await admin('GET', one)).status).toBe(404)
    expect((await admin('GET', channels)).json).toEqual({ channels: [] })
  })

  it('of Slack have no secret', async () => {
    const team = await newTeam()
    const made = await admin('POST', `/teams/${team}/alert-channels`, { ...HOOK, kind: 'slack' })
    expect(made.json['secret']).toBeNull()
    expect((await admin('POST', `/teams/${team}/alert-channels/${String(made.json['id'])}/rotate`)).status).toBe(409)
  })

  it("of one team are not another's, and a team has no end of them", async () => {
    const [one, other] = [await newTeam(), await newTeam()]
    const { json } = await admin('POST', `/teams/${one}/alert-channels`, HOOK)
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/test'],
      ['POST', '/rotate'],
    ] as const) {
      const body = method === 'PATCH' ? {} : undefined
      expect((await admin(method, `/teams/${other}/alert-channels/${String(json['id'])}${path}`, body)).status).toBe(
        404,
      )
    }
    for (let count = 1; count < 20; count++) await admin('POST', `/teams/${one}/alert-channels`, HOOK)
    expect((await admin('POST', `/teams/${one}/alert-channels`, HOOK)).status).toBe(409)
  })

  it.each([
    'http://hooks.example.com/x',
    'ftp://hooks.example.com/x',
    'https://user:pass@hooks.example.com/',
    'https://localhost/x',
    'https://localhost./x',
    'https://intranet/x',
    'https://db.internal/x',
    'https://printer.local/x',
    'https://127.0.0.1/x',
    'https://2130706433/x',
    'https://0x7f.1/x',
    'https://10.0.0.1/x',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/x',
    'https://[::ffff:10.0.0.1]/x',
    'https://[fd00::1]/x',
    'not a url',
    '',
  ])('may not lead to %j', async (url) => {
    const team = await newTeam()
    const made = await admin('POST', `/teams/${team}/alert-channels`, { ...HOOK, url })
    expect(made).toMatchObject({ status: 400, json: { errors: [{ path: 'url' }] } })
  })

  it.each([
    [{ ...HOOK, kind: 'pager' }],
    [{ ...HOOK, kinds: [] }],
    [{ ...HOOK, kinds: ['nothing'] }],
    [{ ...HOOK, minSeverity: 'loud' }],
    [{ ...HOOK, name: '' }],
    [{ ...HOOK, sealedUrl: 'x' }],
  ])('are refused where a field is wrong: %j', async (body) => {
    expect((await admin('POST', `/teams/${await newTeam()}/alert-channels`, body)).status).toBe(400)
  })
})

describe('alerts in the admin API', () => {
  it('of one team are found by the index of its own', async () => {
    const texts: string[] = []
    const db = { prepare: (text: string) => (texts.push(text), env.DB.prepare(text)) } as unknown as D1Database
    await listAlerts(db, { teamId: 'paged', cursor: { at: 1, id: 'x' }, limit: 1 })
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${texts[0]}`).bind('paged', 1, 'x', 1).all()
    expect(JSON.stringify(results)).toContain('SEARCH alerts USING INDEX alerts_by_team (team_id=?')
  })

  it('are listed newest first, a page at a time, and filtered', async () => {
    await channel('paged', 'ach_paged', { minSeverity: 'critical' })
    const at = Date.now() - 1000
    await notify(
      ...[0.5, 0.8, 0.95].map((share, index) =>
        threshold('paged', { id: `${share}/x y`, threshold: share, at: at + index }),
      ),
    )
    await expect.poll(() => taken('ach_paged')).toHaveLength(1)
    await expect.poll(() => states('paged')).toEqual(['budget_threshold ach_paged delivered'])
    const seen: unknown[] = []
    for (let cursor = ''; ;) {
      const { json } = await admin('GET', `/alerts?teamId=paged&limit=1${cursor}`)
      seen.push(...(json['alerts'] as { id: string }[]).map(({ id }) => id))
      if (json['nextCursor'] === null) break
      cursor = `&cursor=${encodeURIComponent(String(json['nextCursor']))}`
    }
    expect(seen).toEqual(['threshold:0.95/x y', 'threshold:0.8/x y', 'threshold:0.5/x y'])
    const found = async (filter: string) =>
      ((await admin('GET', `/alerts?teamId=paged&${filter}`)).json['alerts'] as { id: string }[]).map(({ id }) => id)
    expect(await found('severity=critical')).toEqual(['threshold:0.95/x y'])
    expect(await found('kind=cap_hit')).toEqual([])
    expect(await found('undelivered=true')).toEqual([])
    expect((await admin('GET', '/alerts?teamId=paged&severity=critical')).json).toMatchObject({
      alerts: [{ title: expect.stringContaining('95% of'), deliveries: [{ state: 'delivered', attempts: 1 }] }],
    })
    expect((await admin('GET', "/alerts?kind='")).status).toBe(400)
    expect((await admin('GET', '/alerts?cursor=x')).status).toBe(400)
  })
})
