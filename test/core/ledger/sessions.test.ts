import { describe, expect, it } from 'vitest'
import type { AdmitAnswer, AdmitRequest, Reservation } from '../../../src/core/ledger/admission.ts'
import { admit } from '../../../src/core/ledger/admit.ts'
import { settle } from '../../../src/core/ledger/close.ts'
import { updateKey } from '../../../src/core/ledger/configure-keys.ts'
import { putBudget } from '../../../src/core/ledger/configure.ts'
import { extend } from '../../../src/core/ledger/extend.ts'
import { housekeep, nextWake, sent } from '../../../src/core/ledger/housekeeping.ts'
import { journal } from '../../../src/core/ledger/journal.ts'
import { LEDGER_LIMITS } from '../../../src/core/ledger/ledger-state.ts'
import { outstanding, sessionScopeId } from '../../../src/core/ledger/scope.ts'
import { ask, budget, LedgerRun, settlement } from './ledger-fixtures.ts'

const EACH = budget({ scope: 'sessions', period: 'session', limitNano: 100 })
const HOUR = 60 * 60_000

function send(run: LedgerRun, request: AdmitRequest): AdmitAnswer {
  return run.take(admit(run.ledger, request, run.now))
}

function reserve(run: LedgerRun, request: AdmitRequest): Reservation {
  const answer = send(run, request)
  if (!answer.admitted) throw new Error(`refused: ${answer.refusal.code}`)
  return answer.reservation
}

function charge(run: LedgerRun, session: string, nano: number): void {
  const requestId = `${session} ${run.ledger.nextSeq}`
  const reservation = reserve(run, ask(requestId, nano, { session }))
  run.take(settle(run.ledger, settlement(reservation, nano), run.now))
}

function spentIn(run: LedgerRun, session: string): number | undefined {
  return run.ledger.sessions.get(sessionScopeId(session))?.spent.total.nano
}

describe("a session's budget", () => {
  it('bounds each session by itself, also over a crash', () => {
    const run = new LedgerRun([EACH])
    charge(run, 's1', 70)
    charge(run, 's2', 70)
    run.crash()
    expect(send(run, ask('a', 40, { session: 's1' }))).toMatchObject({
      refusal: { code: 'budget_exceeded', scope: 'session', scopeName: 'name of k1', spentNano: 70, resetsAt: null },
    })
    expect(send(run, ask('b', 40, { session: 's3' }))).toMatchObject({ admitted: true, headroomNano: 100 })
    // A call whose session is not known has no session's budget over it.
    expect(send(run, ask('c', 400))).toMatchObject({ admitted: true, headroomNano: null })
  })

  it("of one key is over that key's sessions alone, beside the team's", () => {
    const ofKey = budget({ scope: 'sessions:k1', period: 'session', limitNano: 50 })
    const run = new LedgerRun([EACH, ofKey])
    expect(send(run, ask('a', 60, { session: 's1' }))).toMatchObject({ refusal: { limitNano: 50 } })
    expect(send(run, ask('b', 60, { session: 's2', keyHash: 'hash of k2' }))).toMatchObject({ admitted: true })
  })

  it('counts what is in flight, its extensions too, by name and over a crash as a sum', () => {
    const run = new LedgerRun([EACH])
    const first = reserve(run, ask('a', 40, { session: 's1' }))
    const more = (moreNano: number) => run.take(extend(run.ledger, { reservation: first, moreNano }, run.now))
    expect(more(70)).toMatchObject({ extended: false, refusal: { scope: 'session' } })
    expect(more(30)).toMatchObject({ extended: true, headroomNano: 100 })
    run.take(journal(run.ledger))
    reserve(run, ask('b', 25, { session: 's1' }))
    run.crash()
    expect(send(run, ask('c', 10, { session: 's1' }))).toMatchObject({ refusal: { code: 'budget_reserved' } })
    run.now += LEDGER_LIMITS.silenceMs.usual
    run.take(housekeep(run.ledger, run.now))
    // What was known by name is charged as an estimate; what was not is free again and told once, for the team.
    expect(spentIn(run, 's1')).toBe(70)
    const told = [...run.rows.outbox.values()].map(({ message }) => ('kind' in message ? message.kind : 'record'))
    expect(told).toEqual(['cap_hit', 'expired', 'unaccounted'])
    expect(send(run, ask('c', 30, { session: 's1' }))).toMatchObject({ admitted: true })
  })

  it('put while calls are in flight counts what they hold, once, and finds it after a crash', () => {
    const run = new LedgerRun()
    const first = reserve(run, ask('a', 60, { session: 's1' }))
    reserve(run, ask('b', 30, { session: 's1' }))
    run.take(putBudget(run.ledger, EACH, run.now))
    expect(send(run, ask('c', 20, { session: 's1' }))).toMatchObject({ refusal: { reservedNano: 90 } })
    run.crash()
    expect(send(run, ask('c', 20, { session: 's1' }))).toMatchObject({ refusal: { code: 'budget_reserved' } })
    run.take(settle(run.ledger, settlement(first, 5), run.now))
    expect(spentIn(run, 's1')).toBe(5)
  })

  it('tells its thresholds once a session', () => {
    const run = new LedgerRun([{ ...EACH, mode: 'soft', thresholds: [0.5, 1] }])
    const told = () =>
      [...run.rows.outbox.values()].flatMap(({ message }) =>
        'kind' in message && message.kind === 'threshold' ? [[message.scope, message.threshold]] : [],
      )
    for (const session of ['s1', 's1', 's2']) charge(run, session, 60)
    run.crash()
    charge(run, 's1', 60)
    charge(run, 's2', 10)
    expect(told()).toEqual([
      ['session:s1', 0.5],
      ['session:s1', 1],
      ['session:s2', 0.5],
    ])
  })

  it('costs no row where nobody set one', () => {
    const run = new LedgerRun([budget({ limitNano: 1_000 })])
    charge(run, 's1', 10)
    expect(run.rows.counts.scopes).toBe(2)
  })
})

describe('sessions', () => {
  it('are forgotten a day after their last call, with one alarm for many', () => {
    const run = new LedgerRun([EACH])
    for (let call = 0; call < 30; call++) {
      run.now += 60_000
      charge(run, `s${call}`, 10)
    }
    run.take(housekeep(run.ledger, run.now))
    run.take(sent(run.ledger, [...run.rows.outbox.values()]))
    let alarms = 0
    for (let wake = nextWake(run.ledger, run.now); wake !== null && alarms < 20;) {
      run.now = Math.max(run.now, wake)
      run.take(housekeep(run.ledger, run.now))
      alarms += 1
      wake = nextWake(run.ledger, run.now)
    }
    expect(run.ledger.sessions.size).toBe(0)
    expect(run.rows.counts.scopes).toBe(2)
    // Of these one or two are for receipts; and then it sleeps for good.
    expect(alarms).toBeLessThanOrEqual(5)
  })

  it('are bounded in number: the one idle longest goes, none with a call in flight does', () => {
    const run = new LedgerRun([EACH])
    const held = reserve(run, ask('held', 10, { session: 'held' }))
    for (let call = 0; call < LEDGER_LIMITS.sessions + 50; call++) {
      charge(run, `s${call}`, 10)
      expect(run.written).toBeLessThanOrEqual(5)
    }
    expect(run.ledger.sessions.size).toBe(LEDGER_LIMITS.sessions)
    expect(run.rows.counts.scopes).toBe(LEDGER_LIMITS.sessions + 2)
    // Sessions that pause leave exact marks: a restart holds nothing for them.
    run.now += 60_000
    run.take(housekeep(run.ledger, run.now))
    run.crash()
    expect([...run.ledger.sessions.values()].filter((scope) => outstanding(scope) > 0)).toHaveLength(1)
    expect(run.ledger.sessions.size).toBe(LEDGER_LIMITS.sessions)
    expect(spentIn(run, 's0')).toBeUndefined()
    const scope = run.ledger.sessions.get(sessionScopeId('held'))
    expect(scope === undefined ? 0 : outstanding(scope)).toBeGreaterThanOrEqual(held.amountNano)
    // One that is used is not the one idle longest any more.
    charge(run, 's60', 1)
    run.now += HOUR
    for (let call = 0; call < 100; call++) charge(run, `t${call}`, 1)
    expect([spentIn(run, 's60'), spentIn(run, 's61')]).toEqual([11, undefined])
  })
})

describe('a budget that affords only a lower tier', () => {
  const prices = [10, 100, 500] as const

  it('says for each tier above which budget would refuse it, one that lets nothing go lower before one that does', () => {
    const run = new LedgerRun([
      budget({ limitNano: 550, onExceed: 'block' }),
      budget({ scope: 'key:k1', limitNano: 90, onExceed: 'downgrade' }),
    ])
    reserve(run, ask('other', 200, { keyHash: 'hash of k2' }))
    expect(send(run, ask('a', prices))).toMatchObject({
      affordableTier: 1,
      onExceed: 'downgrade',
      unaffordable: {
        2: { code: 'budget_exceeded', scope: 'key', onExceed: 'downgrade' },
        3: { code: 'budget_reserved', scope: 'team', onExceed: 'block', retryAfterSeconds: 10 },
      },
    })
  })

  it('tells whom to ask: the contact of the team, else the owner of the key', () => {
    const run = new LedgerRun([budget({ limitNano: 5 })])
    expect(send(run, ask('a', 10))).toMatchObject({ refusal: { askWhom: null } })
    run.take(updateKey(run.ledger, 'k1', { owner: 'Ada' }))
    expect(send(run, ask('a', 10))).toMatchObject({ refusal: { askWhom: 'Ada' } })
    run.ledger.team = { ...run.ledger.team!, contact: 'lead@example.com' }
    expect(send(run, ask('a', 10))).toMatchObject({ refusal: { askWhom: 'lead@example.com' } })
  })
})
