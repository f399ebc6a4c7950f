/** The two objects inside workerd: sleep and restart, alarms, parallel calls, the outbox, rows touched per call. */
import {
  abortAllDurableObjects,
  applyD1Migrations,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { NO_USAGE } from '../../src/core/chat/usage.ts'
import type { DecisionRecord } from '../../src/core/decisions/decision-record.ts'
import type { AdmitAnswer, AdmitRequest, Reservation, SettleRequest } from '../../src/core/ledger/admission.ts'
import type { BegunSession, CallOpening } from '../../src/core/session/call-opening.ts'
import type { CallOutcome } from '../../src/core/session/call-outcome.ts'
import type { LedgerObject } from '../../src/objects/ledger-object.ts'
import { LedgerStorage } from '../../src/objects/ledger-storage.ts'
import { UnsentMessages } from '../../src/objects/unsent-messages.ts'
import { rowsAfter } from '../core/ledger/ledger-history.ts'
import { meterRows, rowsPerStep, type TouchedRows } from './row-meter.ts'

const HASH = 'a'.repeat(64)
const MINUTE = 60_000

type D1Migration = Parameters<typeof applyD1Migrations>[1][number]

beforeAll(async () => {
  await applyD1Migrations(env.DB, (env as unknown as { TEST_MIGRATIONS: D1Migration[] }).TEST_MIGRATIONS)
})

afterEach(() => {
  vi.restoreAllMocks()
})

async function team(name: string, limitNano: number): Promise<DurableObjectStub<LedgerObject>> {
  const ledger = env.LEDGERS.getByName(name)
  await ledger.configureTeam({ teamId: name, name })
  await ledger.putKey({ keyId: 'k1', name: 'dev', keyHash: HASH, highestTier: 3, expiresAt: null })
  await ledger.putBudget({ scope: 'team', keyId: null, period: 'month', limitNano, mode: 'hard' })
  return ledger
}

function ask(requestId: string, nano: number, more: Partial<AdmitRequest> = {}): AdmitRequest {
  const only = (price: number) => ({ 1: price, 2: null, 3: null })
  const quote = { expectedNano: only(nano), worstNano: only(nano * 10) }
  return { requestId, keyHash: HASH, policyVersion: null, quote, ...more }
}

function reserved(answer: AdmitAnswer): Reservation {
  if (!answer.admitted) throw new Error(`refused: ${answer.refusal.code}`)
  return answer.reservation
}

function settlement(reservation: Reservation, costNano: number): SettleRequest {
  return { reservation, costNano, estimated: false, record: record(reservation.requestId, costNano) }
}

function record(id: string, costNano: number): DecisionRecord {
  return {
    id,
    at: Date.now(),
    teamId: 'team',
    keyId: 'k1',
    dialect: 'anthropic-messages',
    agent: 'generic',
    sessionId: 's',
    threadId: 't',
    subagent: false,
    turn: 1,
    iteration: 1,
    task: { taskType: 'bug_fix', source: 'rule', confidence: 0.8, rule: 'fix' },
    floor: 1,
    ceiling: 3,
    tier: 1,
    target: 'provider/model',
    provider: 'provider',
    model: 'model',
    requestedModel: 'auto',
    policyVersion: 1,
    reasons: ['task'],
    considered: [],
    attempts: [],
    contextTokens: 1,
    turnGrowthTokens: 0,
    sessionGrowthTokens: 0,
    usage: NO_USAGE,
    costNano,
    baselineNano: costNano,
    baselineMiddleNano: costNano,
    baselineRequestedNano: null,
    ownMarksNano: costNano,
    overheadNano: 0,
    estimated: false,
    status: 200,
    ending: 'complete',
    stopReason: 'end_turn',
    firstByteMs: 1,
    totalMs: 2,
    admitMs: 1,
    adaptations: [],
    warnings: [],
  }
}

async function spent(ledger: DurableObjectStub<LedgerObject>): Promise<number | undefined> {
  const { scopes } = await ledger.usage()
  return scopes.find((scope) => scope.scope === 'team')?.spent.month.nano
}

describe('a cap', () => {
  it('is never passed by parallel admissions, also after the object slept', async () => {
    const ledger = await team('cap', 1_000)
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => ledger.admit(ask(`r${index}`, 30))))
    expect(answers.filter((answer) => answer.admitted)).toHaveLength(33)
    // An object that falls asleep leaves exact marks: nothing but the 33 calls is held when it wakes.
    await expect.poll(() => teamMark(ledger), { timeout: 8_000 }).toBe(990)
    await evictDurableObject(ledger)
    const refused = await ledger.admit(ask('later', 30))
    expect(refused).toMatchObject({ admitted: false, refusal: { code: 'budget_reserved', reservedNano: 990 } })
  })

  it('is held over a crash a moment after the admissions', async () => {
    const ledger = await team('crash', 1_000)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ledger.admit(ask(`r${index}`, 30))))
    await abortAllDurableObjects()
    const after = env.LEDGERS.getByName('crash')
    const more = await Promise.all(Array.from({ length: 50 }, (_, index) => after.admit(ask(`s${index}`, 30))))
    const admitted = more.filter((answer) => answer.admitted).length
    expect(20 * 30 + admitted * 30).toBeLessThanOrEqual(1_000)
    // Calls admitted before the crash settle after it, each once.
    for (const answer of answers) {
      expect(await after.settle(settlement(reserved(answer), 30))).toEqual({ closed: true, how: 'charged' })
      expect(await after.settle(settlement(reserved(answer), 30))).toEqual({ closed: true, how: 'duplicate' })
    }
    expect(await spent(after)).toBe(600)
  })
})

describe("a session's cap over a chain of stored answers", () => {
  const under = (requestId: string, session: string, nano: number) => ask(requestId, nano, { session, goesOn: true })
  const leaving = (answer: AdmitAnswer, name: string, costNano: number) => ({
    ...settlement(reserved(answer), costNano),
    heir: { session: name, contextTokens: 500, begins: name === 'after r0' },
  })

  async function chainTeam(name: string): Promise<DurableObjectStub<LedgerObject>> {
    const ledger = await team(name, 1e9)
    await ledger.putBudget({ scope: 'session', keyId: null, period: 'session', limitNano: 1_000, mode: 'hard' })
    return ledger
  }

  it('is kept over a restart of the ledger between any two calls', async () => {
    let ledger = await chainTeam('chain')
    await ledger.settle(leaving(await ledger.admit(ask('r0', 30, { session: 'begin' })), 'after r0', 300))
    for (const [name, next] of [
      ['after r0', 'after r1'],
      ['after r1', 'after r2'],
    ] as const) {
      await abortAllDurableObjects()
      ledger = env.LEDGERS.getByName('chain')
      const answer = await ledger.admitNext(under(next, name, 30))
      expect(answer).toMatchObject({ admitted: true, heldTokens: 500, reservation: { session: 'after r0' } })
      await ledger.settle(leaving(answer, next, 300))
    }
    await abortAllDurableObjects()
    ledger = env.LEDGERS.getByName('chain')
    for (const name of ['after r2', 'after r0']) {
      expect(await ledger.admitNext(under(`refused ${name}`, name, 101))).toMatchObject({
        admitted: false,
        refusal: { code: 'budget_exceeded', scope: 'session', spentNano: 900 },
      })
    }
    // An answer that nobody here gave begins a session of its own.
    expect(await ledger.admitNext(under('elsewhere', 'after elsewhere', 900))).toMatchObject({ admitted: true })
  })

  it('waits a moment for the settlement of the call before, and not for long', async () => {
    const ledger = await chainTeam('chain-waits')
    const first = await ledger.admit(ask('r0', 900, { session: 'begin' }))
    const next = ledger.admitNext(under('r1', 'after r0', 200))
    await ledger.settle(leaving(first, 'after r0', 900))
    expect(await next).toMatchObject({ admitted: false, refusal: { code: 'budget_exceeded', spentNano: 900 } })
    await ledger.admit(ask('running', 10, { session: 'other' }))
    const started = Date.now()
    expect(await ledger.admitNext(under('r2', 'after elsewhere', 200))).toMatchObject({ admitted: true })
    expect(Date.now() - started).toBeGreaterThanOrEqual(200)
  })
})

describe('settlement', () => {
  it('charges once, whatever comes twice and however often the object starts anew', async () => {
    const ledger = await team('twice', 1_000)
    const reservation = reserved(await ledger.admit(ask('once', 30)))
    expect(await ledger.settle(settlement(reservation, 20))).toEqual({ closed: true, how: 'charged' })
    expect(await ledger.settle(settlement(reservation, 20))).toEqual({ closed: true, how: 'duplicate' })
    await abortAllDurableObjects()
    const again = env.LEDGERS.getByName('twice')
    expect(await again.settle(settlement(reservation, 20))).toEqual({ closed: true, how: 'duplicate' })
    await runDurableObjectAlarm(again)
    await evictDurableObject(again)
    expect(await again.settle(settlement(reservation, 20))).toEqual({ closed: true, how: 'duplicate' })
    expect(await again.admit(ask('once', 30))).toEqual({ admitted: false, refusal: { code: 'duplicate_request' } })
    expect(await spent(again)).toBe(20)
  })

  it('that never comes is charged as an estimate by alarm, also after a restart, and corrected when it comes late', async () => {
    const ledger = await team('silent', 1_000)
    const reservation = reserved(await ledger.admit(ask('silent', 30)))
    await expect.poll(() => journalRows(ledger)).toBe(1)
    await abortAllDurableObjects()
    const after = env.LEDGERS.getByName('silent')
    const start = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => start + 6 * MINUTE)
    await runDurableObjectAlarm(after)
    expect(await spent(after)).toBe(30)
    expect((await after.usage()).openCalls).toBe(0)
    expect(await after.settle(settlement(reservation, 12))).toEqual({ closed: true, how: 'corrected' })
    expect(await spent(after)).toBe(12)
  })

  it('answers what is malformed instead of throwing', async () => {
    const ledger = await team('malformed', 1_000)
    const reservation = reserved(await ledger.admit(ask('good', 30)))
    expect(await ledger.settle(settlement(reservation, Number.NaN))).toEqual({ closed: false, code: 'invalid' })
    expect(await ledger.settle(settlement({ ...reservation, epoch: 99 }, 1))).toEqual({ closed: true, how: 'charged' })
    expect(await ledger.putBudget({ scope: 'key', period: 'day', limitNano: 1 })).toMatchObject({ done: false })
    expect(await ledger.extend({ ...reservation, amountNano: -1 }, 5)).toMatchObject({
      extended: false,
      refusal: { code: 'invalid' },
    })
  })
})

describe('the outbox', () => {
  it('reaches the queue, and through it the log', async () => {
    const ledger = await team('outbox', 1_000)
    for (const id of ['first', 'second'])
      await ledger.settle(settlement(reserved(await ledger.admit(ask(`outbox-${id}`, 30))), 20))
    await runDurableObjectAlarm(ledger)
    expect((await ledger.usage()).outboxRows).toBe(0)
    const stored = () =>
      env.DB.prepare("SELECT id FROM decisions WHERE id LIKE 'outbox-%' ORDER BY id").all<{ id: string }>()
    await expect
      .poll(async () => (await stored()).results.map((row) => row.id))
      .toEqual(['outbox-first', 'outbox-second'])
  })

  it('keeps what a failing queue did not take, and sends it in order when it works again', async () => {
    const complained = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const ledger = await team('failing', 100_000)
    const taken: string[] = []
    let works = false
    const take = (messages: readonly { readonly body: { readonly id: string } }[]): void => {
      if (!works) throw new Error('the queue is away')
      taken.push(...messages.map((message) => message.body.id))
    }
    await replaceQueue(ledger, take)
    const ids = Array.from({ length: 150 }, (_, index) => `call-${index}`)
    for (const id of ids) await ledger.settle(settlement(reserved(await ledger.admit(ask(id, 30))), 20))
    await runDurableObjectAlarm(ledger)
    expect((await ledger.usage()).outboxRows).toBe(150)
    expect(complained).toHaveBeenCalledWith(expect.stringContaining('outbox_not_sent'))
    await evictDurableObject(ledger)
    works = true
    await replaceQueue(ledger, take)
    await runDurableObjectAlarm(ledger)
    expect(taken).toEqual(ids)
    expect((await ledger.usage()).outboxRows).toBe(0)
  })

  it('sends what its own run wrote without selecting a row, and goes on so once older rows are sent', async () => {
    const ledger = await team('from-memory', 100_000)
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const taken: string[] = []
    let works = false
    const take = (messages: readonly { readonly body: { readonly id: string } }[]): void => {
      if (!works) throw new Error('the queue is away')
      taken.push(...messages.map((message) => message.body.id))
    }
    const ids = Array.from({ length: 120 }, (_, index) => `memory-${index}`)
    const settled = async (from: number, to: number): Promise<void> => {
      await replaceQueue(ledger, take)
      for (const id of ids.slice(from, to)) {
        await ledger.settle(settlement(reserved(await ledger.admit(ask(id, 30))), 20))
      }
    }
    const selectsWhileSending = async (): Promise<number> => {
      const queries = await runInDurableObject(ledger, (_instance, { storage }) => vi.spyOn(storage.sql, 'exec'))
      works = true
      await runDurableObjectAlarm(ledger)
      works = false
      const selects = queries.mock.calls.filter(([query]) => query.startsWith('SELECT seq')).length
      queries.mockRestore()
      return selects
    }
    await settled(0, 40)
    await evictDurableObject(ledger)
    await settled(40, 60)
    expect(await selectsWhileSending()).toBeGreaterThan(0)
    expect(taken).toEqual(ids.slice(0, 60))
    await settled(60, 120)
    expect(await selectsWhileSending()).toBe(0)
    expect(taken).toEqual(ids)
  })

  it('keeps in memory only as much as is safe, and then leaves it to the rows', () => {
    const message = (seq: number, length = 10) => ({ seq, requestId: null, rememberUntil: 0, body: 'x'.repeat(length) })
    const unsent = new UnsentMessages(true)
    for (let seq = 1; seq <= 5; seq++) unsent.add(message(seq))
    expect(unsent.oldest({ count: 2, bytes: 1_000 })?.map(({ seq }) => seq)).toEqual([1, 2])
    expect(unsent.oldest({ count: 9, bytes: 25 })?.map(({ seq }) => seq)).toEqual([1, 2])
    expect(unsent.oldest({ count: 9, bytes: 5 })?.map(({ seq }) => seq)).toEqual([1])
    unsent.sent(3, () => false)
    expect(unsent.oldest({ count: 9, bytes: 1_000 })?.map(({ seq }) => seq)).toEqual([4, 5])
    unsent.add(message(6, 2_000_000))
    expect(unsent.oldest({ count: 9, bytes: 1_000 })).toBeNull()
    unsent.sent(4, () => false)
    unsent.add(message(7))
    expect(unsent.oldest({ count: 9, bytes: 1_000 })).toBeNull()
    unsent.sent(7, () => true)
    unsent.add(message(8))
    expect(unsent.oldest({ count: 9, bytes: 1_000 })?.map(({ seq }) => seq)).toEqual([8])
  })
})

describe('rows that cannot be written', () => {
  it('leave none of their message behind: the object starts anew from what was there before', async () => {
    const ledger = await team('torn', 1e15)
    const reservation = reserved(await ledger.admit(ask('torn-1', 30)))
    // A settlement writes the scopes first, then the outbox.
    await runInDurableObject(ledger, (_instance, { storage }) => {
      storage.sql.exec("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'full'); END")
    })
    const failure = await ledger.settle(settlement(reservation, 20)).then(() => '', String)
    expect(failure).toContain('could not be written')
    const again = env.LEDGERS.getByName('torn')
    const scopes = await runInDurableObject(again, (_instance, { storage }) => {
      storage.sql.exec('DROP TRIGGER full')
      return storage.sql.exec<{ body: string }>('SELECT body FROM scopes').toArray()
    })
    expect(scopes.map(({ body }) => (JSON.parse(body) as { calls: number }).calls)).toEqual([0])
    expect(await again.settle(settlement(reservation, 20))).toEqual({ closed: true, how: 'charged' })
  })
})

describe('rows per call', () => {
  it('are the same after 10, 1,000 and 100,000 calls of the period, with a budget for each session too', async () => {
    const counts: Record<'admit' | 'settle', TouchedRows>[] = []
    for (const before of [10, 1_000, 100_000]) {
      const ledger = env.LEDGERS.getByName(`rows-${before}`)
      // What the reducer leaves of so many calls is written as the object would have, and the object starts from it.
      const rows = rowsAfter(before, HASH, Date.now())
      await runInDurableObject(ledger, (_instance, state) => new LedgerStorage(state.storage).commit(rows, 1))
      await evictDurableObject(ledger)
      counts.push(await rowsOfOneCall(ledger))
    }
    for (const { admit } of counts) expect(admit).toEqual({ read: 0, written: 0 })
    expect(counts[0]?.settle.written).toBe(4)
    expect(counts[1]).toEqual(counts[0])
    expect(counts[2]).toEqual(counts[0])
  }, 60_000)

  it('without a budget for each session are three at a settlement, in a chain of stored answers too', async () => {
    for (const chained of [false, true]) {
      const { admit, settle } = await rowsOfOneCall(await team(`rows-${chained}`, 1e15), chained)
      expect([admit.read, admit.written, settle.written]).toEqual([0, 0, 3])
    }
  })

  it('with one are four, in a chain of stored answers too', async () => {
    const ledger = await team('rows-chain', 1e15)
    await ledger.putBudget({ scope: 'session', keyId: null, period: 'session', limitNano: 1e15, mode: 'hard' })
    const { admit, settle } = await rowsOfOneCall(ledger, true)
    expect([admit.read, admit.written, settle.written]).toEqual([0, 0, 4])
  })
})

describe('a client that asks again after every refusal', () => {
  it('is answered without a row being read or written', async () => {
    const ledger = await team('storm', 1_000)
    await ledger.admit(ask('held', 900))
    const session = env.SESSIONS.getByName('storm')
    await session.record(outcome(await session.begin(opening('earlier', [1]))))

    const ledgerRows = await runInDurableObject(ledger, (instance, state) => {
      const counter = rowsPerStep(meterRows(state.storage.sql))
      const refusals = new Map<string, number>()
      const storm = (name: string, request: (attempt: string) => AdmitRequest): TouchedRows =>
        counter(() => {
          for (let attempt = 0; attempt < 1_000; attempt += 1) {
            const answer = instance.admit(request(`${name} ${attempt}`))
            const code = answer.admitted ? 'admitted' : answer.refusal.code
            refusals.set(code, (refusals.get(code) ?? 0) + 1)
          }
        })
      // That the cap is reached is told once; here that is done already.
      instance.admit(ask('first', 2_000))
      const rows = [
        storm('waiting helps', (id) => ask(id, 500)),
        storm('waiting is in vain', (id) => ask(id, 2_000)),
        storm('an unknown key', (id) => ask(id, 1, { keyHash: 'b'.repeat(64) })),
      ]
      expect(Object.fromEntries(refusals)).toEqual({
        budget_reserved: 1_000,
        budget_exceeded: 1_000,
        unknown_key: 1_000,
      })
      return rows
    })
    expect(ledgerRows).toEqual(ledgerRows.map(() => ({ read: 0, written: 0 })))

    const sessionRows = await runInDurableObject(session, async (instance, state) => {
      const counter = rowsPerStep(meterRows(state.storage.sql))
      const begun: Promise<unknown>[] = []
      const rows = counter(() => {
        for (let attempt = 0; attempt < 1_000; attempt += 1) {
          begun.push(instance.begin(opening(`attempt ${attempt}`, [1, 2])))
          instance.drop(`attempt ${attempt}`)
        }
      })
      await Promise.all(begun)
      return rows
    })
    expect(sessionRows).toEqual({ read: 0, written: 0 })
  })
})

/** One call's rows, of a session that is known: by its own name, or by that of the answer each call goes on from. */
function rowsOfOneCall(
  ledger: DurableObjectStub<LedgerObject>,
  chained = false,
): Promise<Record<'admit' | 'settle', TouchedRows>> {
  return runInDurableObject(ledger, (instance, state) => {
    let session = 'at work'
    const call = (id: string): Reservation =>
      reserved(instance.admit(ask(`measured-${id}`, 1_000, { keyHash: HASH, session })))
    const end = (reservation: Reservation): void => {
      const begins = reservation.requestId.endsWith('warm-0')
      const heir = { session: `after ${reservation.requestId}`, contextTokens: 1, begins }
      instance.settle({ ...settlement(reservation, 900), ...(chained ? { heir } : {}) })
      if (chained) session = heir.session
    }
    for (let warm = 0; warm < 20; warm++) end(call(`warm-${warm}`))
    const counter = rowsPerStep(meterRows(state.storage.sql))
    let reservation: Reservation | undefined
    const admit = counter(() => void (reservation = call('one')))
    const settle = counter(() => end(reservation!))
    return { admit, settle }
  })
}

describe('a session', () => {
  it('goes on after sleep and crash, with what was recorded and what its caller echoes', async () => {
    const session = env.SESSIONS.getByName('goes-on')
    const first = await session.begin(opening('a', [1]))
    await session.record(outcome(first))
    const second = await session.begin(opening('b', [1, 2, 3]))
    await abortAllDurableObjects()
    const after = env.SESSIONS.getByName('goes-on')
    await after.record(outcome(second))
    await after.record(outcome(second))
    await evictDurableObject(after)
    const third = await after.begin(opening('c', [1, 2, 3, 4, 5]))
    expect(third).toMatchObject({ threadId: 'a', turn: 1, iteration: 3, sessionCalls: 2, spentNano: 2_000 })
  })

  it('waits a moment for the record it goes on from', async () => {
    const session = env.SESSIONS.getByName('waits')
    const first = await session.begin(opening('a', [1]))
    const second = session.begin(opening('b', [1, 2, 3]))
    await session.record(outcome(first))
    expect((await second).lastContextTokens).toBe(110)
    const started = Date.now()
    const estimated = await session.begin(opening('c', [1, 2, 3, 4, 5]))
    expect(Date.now() - started).toBeGreaterThanOrEqual(45)
    expect(estimated.lastContextTokens).not.toBeNull()
  })

  it('hands a stored conversation over to where its next call is looked for, which waits a moment for it', async () => {
    const stored = { ids: ['resp_1'], provider: 'provider' }
    const heir = env.SESSIONS.getByName('after resp_1')
    const chained: CallOpening = { ...opening('b', [7]), startsTurn: false, state: { kind: 'answer', id: 'resp_1' } }
    const session = env.SESSIONS.getByName('origin')
    const first = await session.begin(opening('a', [1]))
    const early = heir.begin(chained)
    await session.record({ ...outcome(first), stored, heir: { session: 'after resp_1', sessionId: 'session' } })
    const expected = { threadId: 'a', iteration: 2, sessionId: 'session', stateProvider: 'provider', sessionCalls: 1 }
    expect(await early).toMatchObject(expected)
    await abortAllDurableObjects()
    const after = env.SESSIONS.getByName('after resp_1')
    expect(await after.begin({ ...chained, requestId: 'c', sessionId: 'other' })).toMatchObject(expected)
    await after.record(outcome(await after.begin({ ...chained, requestId: 'd' })))
    const start = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => start + 25 * 60 * MINUTE)
    expect(await runDurableObjectAlarm(after)).toBe(true)
    expect(await runInDurableObject(after, (_instance, state) => tableCount(state))).toBe(0)
  })

  it('that was only asked keeps nothing', async () => {
    const session = env.SESSIONS.getByName('asked')
    await session.begin(opening('a', [1]))
    await session.drop('a')
    const tables = await runInDurableObject(session, (_instance, state) => tableCount(state))
    expect(tables).toBe(0)
  })

  it('that no provider has answered yet keeps nothing; its first answer is kept with what was before', async () => {
    const session = env.SESSIONS.getByName('unanswered')
    const tables = () => runInDurableObject(session, (_instance, state) => tableCount(state))
    const unanswered = { usage: null, costNano: 0, ending: 'upstream_error' }
    for (const id of ['a', 'b']) {
      await session.record({ ...outcome(await session.begin(opening(id, [1]))), ...unanswered })
    }
    expect(await tables()).toBe(0)
    expect(await runInDurableObject(session, (_instance, state) => state.storage.getAlarm())).toBeNull()
    // Its turn is counted all the same, as long as the object is awake.
    expect(await session.begin(opening('c', [1, 2, 3]))).toMatchObject({ threadId: 'a', iteration: 2, sessionCalls: 2 })
    await session.record(outcome(await session.begin(opening('other', [9]))))
    expect(await tables()).toBeGreaterThan(0)
    await abortAllDurableObjects()
    const after = env.SESSIONS.getByName('unanswered')
    expect(await after.begin(opening('d', [1, 2, 3]))).toMatchObject({ threadId: 'a', iteration: 2, sessionCalls: 3 })
    expect(await after.begin(opening('e', [9, 10, 11]))).toMatchObject({ threadId: 'other', iteration: 2 })
  })

  it('writes two rows a call', async () => {
    const session = env.SESSIONS.getByName('rows')
    const counts = await runInDurableObject(session, async (instance, state) => {
      const counter = rowsPerStep(meterRows(state.storage.sql))
      const found: number[] = []
      const hashes: number[] = []
      for (let call = 1; call <= 200; call++) {
        hashes.push(hashes.length + 1, hashes.length + 2)
        const begun = await instance.begin(opening(`call-${call}`, hashes))
        let done: Promise<void> | undefined
        found.push(counter(() => void (done = instance.record(outcome(begun)))).written)
        await done
      }
      return found
    })
    expect(counts.slice(1)).toEqual(Array(199).fill(2))
  })

  it('is forgotten a day after its last call, and not before', async () => {
    const session = env.SESSIONS.getByName('idle')
    await session.record(outcome(await session.begin(opening('a', [1]))))
    const start = Date.now()
    const now = vi.spyOn(Date, 'now').mockImplementation(() => start + 23 * 60 * MINUTE)
    expect(await runDurableObjectAlarm(session)).toBe(true)
    expect(await runInDurableObject(session, (_instance, state) => tableCount(state))).toBeGreaterThan(0)
    now.mockImplementation(() => start + 25 * 60 * MINUTE)
    expect(await runDurableObjectAlarm(session)).toBe(true)
    expect(await runInDurableObject(session, (_instance, state) => tableCount(state))).toBe(0)
    expect(await session.begin(opening('b', [1, 2]))).toMatchObject({ sessionCalls: 0, turn: 1 })
  })
})

async function replaceQueue(
  ledger: DurableObjectStub<LedgerObject>,
  take: (messages: readonly { readonly body: { readonly id: string } }[]) => void,
): Promise<void> {
  await runInDurableObject(ledger, (instance) => {
    const held = instance as unknown as { env: Env }
    const queue = {
      sendBatch: async (messages: readonly { readonly body: string }[]) =>
        take(messages.map(({ body }) => ({ body: JSON.parse(body) as { id: string } }))),
    }
    held.env = { ...held.env, DECISIONS: queue as unknown as Queue }
  })
}

function tableCount(state: DurableObjectState): number {
  return state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray()
    .length
}

function teamMark(ledger: DurableObjectStub<LedgerObject>): Promise<number> {
  return runInDurableObject(ledger, (_instance, state) => {
    const row = state.storage.sql.exec<{ body: string }>("SELECT body FROM scopes WHERE id = 'team'").one()
    return (JSON.parse(row.body) as { markNano: number }).markNano
  })
}

function journalRows(ledger: DurableObjectStub<LedgerObject>): Promise<number> {
  return runInDurableObject(
    ledger,
    (_instance, state) => state.storage.sql.exec('SELECT page FROM journal').toArray().length,
  )
}

function opening(requestId: string, prefixHashes: readonly number[]): CallOpening {
  return {
    requestId,
    sessionId: 'session',
    threadHint: null,
    agent: 'generic',
    subagent: false,
    utility: null,
    compaction: false,
    prefixHashes,
    staticHash: 1,
    startsTurn: prefixHashes.length === 1,
    acknowledgement: false,
    complaint: false,
    toolResults: 1,
    toolErrors: 0,
    testsFailed: false,
    testsPassed: false,
    edited: false,
    callHash: null,
    staticBytes: 100,
    conversationBytes: 300 * prefixHashes.length,
    addedBytes: 300,
  }
}

function outcome(begun: BegunSession): CallOutcome {
  return {
    call: begun.call,
    target: 'provider/model',
    taskType: 'bug_fix',
    tier: 1,
    pinned: null,
    usage: { ...NO_USAGE, inputTokens: 100, outputTokens: 10 },
    tokenizerRatio: 1,
    warmed: [],
    costNano: 1_000,
    stopReason: 'end_turn',
    ending: 'complete',
  }
}
