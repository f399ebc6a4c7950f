import { describe, expect, it } from 'vitest'
import type { AdmitAnswer, AdmitRequest, Reservation } from '../../../src/core/ledger/admission.ts'
import { admit, identify } from '../../../src/core/ledger/admit.ts'
import { release, settle } from '../../../src/core/ledger/close.ts'
import { putBudget, putPolicy, putStarting, removeBudget } from '../../../src/core/ledger/configure.ts'
import { revokeKey, rotateKey, updateKey } from '../../../src/core/ledger/configure-keys.ts'
import { extend, trim } from '../../../src/core/ledger/extend.ts'
import { housekeep, nextWake, sent } from '../../../src/core/ledger/housekeeping.ts'
import { exactMarks, journal } from '../../../src/core/ledger/journal.ts'
import { keyReports } from '../../../src/core/ledger/key-report.ts'
import type { LedgerKey } from '../../../src/core/ledger/ledger-state.ts'
import { LEDGER_LIMITS } from '../../../src/core/ledger/ledger-state.ts'
import { budgetReports, ownUsage, usageReport } from '../../../src/core/ledger/usage-report.ts'
import { ask, budget, keyRow, LedgerRun, NOON, settlement } from './ledger-fixtures.ts'

const DAY = 24 * 60 * 60_000

function send(run: LedgerRun, request: AdmitRequest): AdmitAnswer {
  return run.take(admit(run.ledger, request, run.now))
}

function reserve(run: LedgerRun, request: AdmitRequest): Reservation {
  const answer = send(run, request)
  if (!answer.admitted) throw new Error(`refused: ${answer.refusal.code}`)
  return answer.reservation
}

function charge(run: LedgerRun, requestId: string, nano: number): void {
  run.take(settle(run.ledger, settlement(reserve(run, ask(requestId, nano)), nano), run.now))
}

function monthOf(run: LedgerRun): number | undefined {
  return usageReport(run.ledger, run.now).scopes.find((scope) => scope.scope === 'team')?.spent.month.nano
}

describe('keys', () => {
  it('are known, revoked with the next call, or expired', () => {
    const run = new LedgerRun([], [keyRow('k1'), keyRow('k2', { expiresAt: NOON + 1_000 })])
    const codeOf = (keyHash: string) => {
      const answer = send(run, ask(`call ${run.now} ${keyHash}`, 1, { keyHash }))
      return answer.admitted ? 'admitted' : answer.refusal.code
    }
    expect(codeOf('no such hash')).toBe('unknown_key')
    expect([codeOf('hash of k1'), codeOf('hash of k2')]).toEqual(['admitted', 'admitted'])
    run.now += 1_000
    expect(codeOf('hash of k2')).toBe('expired_key')
    run.take(revokeKey(run.ledger, 'k1', run.now))
    expect(codeOf('hash of k1')).toBe('revoked_key')
    expect(identify(run.ledger, { keyHash: 'hash of k1', policyVersion: null }, run.now)).toMatchObject({
      known: false,
    })
    run.crash()
    expect(codeOf('hash of k1')).toBe('revoked_key')
  })

  it('under rotation work with both hashes, share one budget, and the old one ends with the overlap', () => {
    const run = new LedgerRun([budget({ scope: 'key:k1', limitNano: 100 })])
    const rotate = (newHash: string, overlapMs: number) =>
      run.take(rotateKey(run.ledger, { keyId: 'k1', newHash, overlapMs }, run.now))
    const codeOf = (keyHash: string) => {
      const who = identify(run.ledger, { keyHash, policyVersion: null }, run.now)
      return who.known ? who.key.keyId : who.refusal.code
    }
    expect(rotate('second', 60_000)).toEqual({ done: true, revision: 1 })
    reserve(run, ask('a', 60))
    expect(send(run, ask('b', 60, { keyHash: 'second' }))).toMatchObject({ refusal: { code: 'budget_reserved' } })
    expect(keyReports(run.ledger, run.now)[0]).toMatchObject({ keyId: 'k1', oldHashesUntil: [NOON + 60_000] })
    run.now += 60_000
    run.crash()
    expect([codeOf('hash of k1'), codeOf('second')]).toEqual(['replaced_key', 'k1'])
    // Without an overlap every hash before is over at once, those of an earlier rotation too.
    rotate('third', 60_000)
    rotate('fourth', 0)
    expect(['second', 'third', 'fourth'].map(codeOf)).toEqual(['replaced_key', 'replaced_key', 'k1'])
    expect(rotate('fourth', 0)).toMatchObject({ done: false, code: 'conflict' })
    run.take(revokeKey(run.ledger, 'k1', run.now))
    expect(rotate('fifth', 0)).toMatchObject({ done: false, code: 'conflict' })
  })

  it('are changed by what a patch names, with every hash, and never in their secret', () => {
    const run = new LedgerRun()
    run.take(rotateKey(run.ledger, { keyId: 'k1', newHash: 'second', overlapMs: 60_000 }, run.now))
    const before = keyReports(run.ledger, run.now)
    const override = '{"requestedModel":"pin"}'
    run.take(updateKey(run.ledger, 'k1', { owner: 'Ada', tags: { project: 'x' }, policyOverride: override }))
    run.take(updateKey(run.ledger, 'k1', { highestTier: 1, owner: undefined }))
    run.crash()
    const changed = {
      owner: 'Ada',
      tags: { project: 'x' },
      policyOverride: override,
      overrideVersion: 1,
      highestTier: 1,
    }
    expect(keyReports(run.ledger, run.now)).toEqual([{ ...before[0], ...changed }, before[1]])
    for (const keyHash of ['hash of k1', 'second']) {
      const who = identify(run.ledger, { keyHash, policyVersion: null }, run.now)
      expect(who).toMatchObject({ key: { owner: 'Ada', highestTier: 1 } })
    }
    expect(updateKey(run.ledger, 'nobody', {}).answer).toMatchObject({ code: 'not_found' })
  })

  it('written before tags and limits were thought of have none', () => {
    const run = new LedgerRun()
    const { keyHash, keyId, name } = keyRow('old')
    const old = { keyHash, keyId, name, owner: null, highestTier: 2, expiresAt: null, revokedAt: null }
    run.take([{ table: 'keys', key: old as unknown as LedgerKey }])
    run.crash()
    expect(run.ledger.keys.get(keyHash)).toEqual(keyRow('old', { highestTier: 2 }))
  })
})

describe('tiers', () => {
  const prices = [10, 100, 500] as const

  it('the dearest that fits is reserved, and what limits it is told', () => {
    const run = new LedgerRun([budget({ limitNano: 550 })])
    expect(send(run, ask('a', prices))).toMatchObject({
      affordableTier: 3,
      unaffordable: {},
      reservation: { amountNano: 500 },
      headroomNano: 550,
    })
    expect(send(run, ask('b', prices))).toMatchObject({
      affordableTier: 1,
      unaffordable: {
        2: { code: 'budget_reserved', scope: 'team', scopeName: 'Team One', reservedNano: 500, limitNano: 550 },
        3: { code: 'budget_reserved', onExceed: 'block' },
      },
      reservation: { amountNano: 10 },
      headroomNano: 50,
    })
  })

  it('none is reserved above what the key may use', () => {
    const run = new LedgerRun([], [keyRow('k1', { highestTier: 2 })])
    expect(send(run, ask('a', prices))).toMatchObject({
      affordableTier: 2,
      unaffordable: {},
      reservation: { amountNano: 100 },
      headroomNano: null,
    })
  })

  it('a lower tier that costs more than a higher one is afforded by it too', () => {
    const run = new LedgerRun([budget({ limitNano: 50 })])
    expect(send(run, ask('a', [60, 40, null]))).toMatchObject({ admitted: false })
    expect(send(run, ask('b', [50, 40, null]))).toMatchObject({ affordableTier: 3, reservation: { amountNano: 50 } })
  })

  it('the worst case is never exceeded, guard included', () => {
    const run = new LedgerRun()
    const quote = { expectedNano: { 1: 100, 2: null, 3: null }, worstNano: { 1: 105, 2: null, 3: null }, guardNano: 50 }
    expect(reserve(run, { ...ask('a', 1), quote })).toMatchObject({ amountNano: 100, guardNano: 5 })
  })

  it('a price that is no number is unaffordable, not free', () => {
    const run = new LedgerRun([budget({ limitNano: 1e12 })])
    for (const broken of [Number.NaN, -1, Infinity]) {
      expect(send(run, ask(`call ${broken}`, [broken]))).toMatchObject({ admitted: false })
    }
  })
})

describe('budgets', () => {
  it('a team of 40 agents that ask for much and use little is not refused', () => {
    const run = new LedgerRun([budget({ limitNano: 5e9 })])
    const quote = { expectedNano: { 1: null, 2: 6e7, 3: 1e8 }, worstNano: { 1: null, 2: 1.3e9, 3: 2.6e9 } }
    for (let agent = 0; agent < 40; agent++)
      expect(send(run, { ...ask(`agent ${agent}`, 1), quote })).toMatchObject({ admitted: true })
  })

  it('hold output that nobody sees in its worst case, within a share of what is left', () => {
    const run = new LedgerRun([budget({ limitNano: 1_600 })])
    const quote = (worst: number, unseen: boolean) => ({
      expectedNano: { 1: 20, 2: null, 3: null },
      worstNano: { 1: worst, 2: null, 3: null },
      unseen: { 1: unseen, 2: false, 3: false },
    })
    const held = (id: string, worst: number, unseen = true) => {
      const answer = send(run, { ...ask(id, 1), quote: quote(worst, unseen) })
      return answer.admitted ? [answer.reservation.amountNano, answer.usualNano] : null
    }
    expect(held('shown', 10_000, false)).toEqual([20, 20])
    expect(held('small', 60)).toEqual([60, 20])
    expect(held('large', 10_000)).toEqual([(1_600 - 80) / 10, 20])
    // However many there are, what such a call usually costs is enough to be admitted.
    let admitted = 3
    while (held(`more ${admitted}`, 10_000) !== null) admitted += 1
    expect(admitted).toBeGreaterThan(35)
    const { scopes } = usageReport(run.ledger, run.now)
    expect(scopes.find(({ scope }) => scope === 'team')!.reservedNano).toBeGreaterThan(1_600 - 20)
    const free = new LedgerRun()
    const answer = send(free, { ...ask('free', 1), quote: quote(10_000, true) })
    expect(answer).toMatchObject({ reservation: { amountNano: 20 } })
  })

  it('say whether waiting helps', () => {
    const run = new LedgerRun([budget({ limitNano: 100, period: 'day' })])
    const first = reserve(run, ask('a', 70))
    expect(send(run, ask('b', 70))).toMatchObject({
      refusal: {
        code: 'budget_reserved',
        spentNano: 0,
        reservedNano: 70,
        limitNano: 100,
        retryAfterSeconds: 10,
        resetsAt: NOON + DAY / 2,
      },
    })
    run.take(settle(run.ledger, settlement(first, 70), run.now))
    expect(send(run, ask('c', 70))).toMatchObject({
      refusal: { code: 'budget_exceeded', spentNano: 70, retryAfterSeconds: null },
    })
    run.now = NOON + DAY / 2 - 20_000
    expect(send(run, ask('d', 70))).toMatchObject({ refusal: { code: 'budget_exceeded', retryAfterSeconds: 20 } })
    run.now += 20_000
    expect(send(run, ask('e', 70))).toMatchObject({ admitted: true })
  })

  it('what is in flight when a window ends counts against the next', () => {
    const run = new LedgerRun([budget({ limitNano: 100, period: 'day' })])
    const held = reserve(run, ask('a', 80))
    run.now += DAY / 2
    expect(send(run, ask('b', 80))).toMatchObject({ refusal: { code: 'budget_reserved' } })
    run.take(settle(run.ledger, settlement(held, 80), run.now))
    expect(send(run, ask('c', 80))).toMatchObject({ refusal: { code: 'budget_exceeded', spentNano: 80 } })
  })

  it('a clock that goes back does not open a closed window again', () => {
    const run = new LedgerRun([budget({ limitNano: 100, period: 'day' })])
    charge(run, 'a', 30)
    run.now += DAY
    charge(run, 'b', 90)
    run.now -= DAY
    expect(send(run, ask('c', 20))).toMatchObject({ admitted: false, refusal: { spentNano: 90 } })
    run.crash()
    expect(send(run, ask('c', 20))).toMatchObject({ admitted: false, refusal: { spentNano: 90 } })
  })

  it('a soft one refuses nothing and tells its thresholds once a window', () => {
    const run = new LedgerRun([budget({ limitNano: 100, mode: 'soft', period: 'day', thresholds: [1, 0.5] })])
    const told = () => [...run.rows.outbox.values()].map((row) => row.message).filter((message) => 'kind' in message)
    charge(run, 'a', 40)
    expect(told()).toEqual([])
    charge(run, 'b', 20)
    charge(run, 'c', 20)
    run.crash()
    charge(run, 'd', 100)
    charge(run, 'e', 100)
    expect(told().map((notice) => (notice.kind === 'threshold' ? notice.threshold : notice.kind))).toEqual([0.5, 1])
    run.now += DAY
    charge(run, 'f', 60)
    expect(told()).toHaveLength(3)
    expect(new Set(told().map((notice) => notice.id)).size).toBe(3)
  })

  it('one added while calls are in flight holds what they hold, also over a crash', () => {
    const run = new LedgerRun()
    reserve(run, ask('a', 80))
    run.take(putBudget(run.ledger, budget({ scope: 'key:k1', limitNano: 100 }), run.now))
    expect(send(run, ask('b', 30))).toMatchObject({ admitted: false })
    run.crash()
    expect(send(run, ask('b', 30))).toMatchObject({ admitted: false })
    run.take(removeBudget(run.ledger, 'key:k1:month'))
    expect(send(run, ask('c', 30))).toMatchObject({ admitted: true })
  })
})

describe('a reservation', () => {
  it('is extended while there is room, and its refusal says which budget', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    const first = reserve(run, ask('a', 40))
    const more = run.take(extend(run.ledger, { reservation: first, moreNano: 40 }, run.now))
    expect(more).toMatchObject({ extended: true, reservation: { amountNano: 80 }, headroomNano: 100 })
    // The same message again names the same amount.
    expect(run.take(extend(run.ledger, { reservation: first, moreNano: 40 }, run.now))).toMatchObject({
      reservation: { amountNano: 80 },
    })
    if (!more.extended) throw new Error('it was extended')
    const refused = run.take(extend(run.ledger, { reservation: more.reservation, moreNano: 21 }, run.now))
    expect(refused).toMatchObject({ extended: false, refusal: { code: 'budget_exceeded', scope: 'team' } })
  })

  it('is refused for good where its own hold is all that is in the way, else with a time to wait', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    charge(run, 'earlier', 30)
    const own = reserve(run, ask('a', 40))
    const other = reserve(run, ask('b', 10))
    const more = (moreNano: number) => run.take(extend(run.ledger, { reservation: own, moreNano }, run.now))
    expect(more(25)).toMatchObject({ refusal: { code: 'budget_reserved', neededNano: 25, callsInFlight: 2 } })
    expect(more(31)).toMatchObject({ refusal: { code: 'budget_exceeded', neededNano: 31 } })
    run.take(release(run.ledger, { reservation: other, record: null }, run.now))
    expect(more(25)).toMatchObject({ extended: true })
  })

  it('is trimmed once, and a late trim takes no extension back', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    const first = reserve(run, ask('a', 90))
    expect(run.take(trim(run.ledger, { reservation: first, toNano: 20 }, run.now))).toMatchObject({
      reservation: { amountNano: 20 },
    })
    const second = reserve(run, ask('b', 60))
    run.take(extend(run.ledger, { reservation: second, moreNano: 10 }, run.now))
    expect(run.take(trim(run.ledger, { reservation: second, toNano: 5 }, run.now))).toMatchObject({
      reservation: { amountNano: 70 },
    })
  })

  it('that is heard of does not expire', () => {
    const run = new LedgerRun()
    const reservation = reserve(run, ask('a', 40))
    for (let minute = 0; minute < 20; minute++) {
      run.now += 60_000
      run.take(extend(run.ledger, { reservation, moreNano: 0 }, run.now))
      run.take(housekeep(run.ledger, run.now))
    }
    expect(run.ledger.open.has('a')).toBe(true)
    expect(nextWake(run.ledger, run.now)).toBe(run.now + LEDGER_LIMITS.silenceMs.usual)
  })

  it('released costs nothing, and one that expired before gets its estimate back', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    const first = reserve(run, ask('a', 90))
    expect(run.take(release(run.ledger, { reservation: first, record: null }, run.now))).toEqual({
      closed: true,
      how: 'released',
    })
    const second = reserve(run, ask('b', 90))
    run.now += LEDGER_LIMITS.silenceMs.usual
    run.take(housekeep(run.ledger, run.now))
    expect(monthOf(run)).toBe(90)
    run.take(release(run.ledger, { reservation: second, record: null }, run.now))
    expect(monthOf(run)).toBe(0)
  })

  it('that was told to end is charged its guard too, should nothing more be heard', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    const quote = { expectedNano: { 1: 90, 2: null, 3: null }, worstNano: { 1: 500, 2: null, 3: null }, guardNano: 10 }
    const reservation = reserve(run, { ...ask('a', 1), quote })
    expect(run.take(extend(run.ledger, { reservation, moreNano: 5 }, run.now))).toMatchObject({ extended: false })
    run.crash()
    run.now += LEDGER_LIMITS.silenceMs.usual
    run.take(housekeep(run.ledger, run.now))
    expect(monthOf(run)).toBe(100)
  })

  it('what a crash made unknown is held as long as the calls were allowed to be silent, and told', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    reserve(run, ask('a', 60, { silenceMs: 20_000 }))
    run.crash()
    run.now += 15_000
    run.crash()
    expect(send(run, ask('b', 60))).toMatchObject({ refusal: { code: 'budget_reserved', retryAfterSeconds: 5 } })
    run.now += 5_000
    expect(nextWake(run.ledger, run.now)).toBe(run.now)
    run.take(housekeep(run.ledger, run.now))
    expect([...run.rows.outbox.values()].map((row) => row.message)).toMatchObject([
      { kind: 'unaccounted', scope: 'team', upToNano: 100 },
    ])
    expect(send(run, ask('b', 60))).toMatchObject({ admitted: true })
  })

  it('a credit for a call of a closed window frees nothing in the running one', () => {
    const run = new LedgerRun([budget({ limitNano: 100, period: 'day' })])
    const reservation = reserve(run, ask('a', 90))
    run.now = NOON + DAY / 2 - 1
    run.take(housekeep(run.ledger, run.now))
    run.now += 2
    charge(run, 'b', 50)
    run.take(settle(run.ledger, settlement(reservation, 10), run.now))
    const { scopes } = usageReport(run.ledger, run.now)
    expect(scopes[0]?.spent).toMatchObject({ day: { nano: 50 }, month: { nano: 60 }, total: { nano: 60 } })
  })
})

describe('reports', () => {
  it("tell a key its own spending, its team's, and each budget over it", () => {
    const run = new LedgerRun([
      budget({ limitNano: 100 }),
      budget({ scope: 'key:k1', period: 'day', limitNano: 50 }),
      budget({ scope: 'key:k2', period: 'day', limitNano: 50 }),
      budget({ scope: 'sessions', period: 'session', limitNano: 10 }),
    ])
    charge(run, 'a', 30)
    reserve(run, ask('b', 5))
    reserve(run, ask('c', 7, { keyHash: 'hash of k2' }))
    const who = identify(run.ledger, { keyHash: 'hash of k1', policyVersion: null }, run.now)
    if (!who.known) throw new Error('the key is known')
    const { own, team, budgets } = ownUsage(run.ledger, who.key, run.now)
    expect([own.spent.day.nano, own.reservedNano, team.spent.day.nano, team.reservedNano]).toEqual([30, 5, 30, 12])
    expect(budgets.map(({ scope, keyId, name, window }) => [scope, keyId, name, window?.leftNano])).toEqual([
      ['team', null, 'Team One', 58],
      ['key', 'k1', 'name of k1', 15],
      ['session', null, 'Team One', undefined],
    ])
    expect(budgetReports(run.ledger, run.now)).toHaveLength(4)
    expect(JSON.stringify([keyReports(run.ledger, run.now), budgets])).not.toContain('hash of')
  })

  it('count the calls a budget refused in its window, without a row for any of them', () => {
    const run = new LedgerRun([
      budget({ period: 'day', limitNano: 100 }),
      budget({ scope: 'sessions', period: 'session', limitNano: 10 }),
    ])
    const refusals = () => budgetReports(run.ledger, run.now).map((one) => one.refusals)
    charge(run, 'a', 95)
    for (let attempt = 0; attempt < 500; attempt += 1) {
      send(run, ask(`day ${attempt}`, 6))
      // That the cap is reached is told once.
      expect(run.written).toBe(attempt === 0 ? 2 : 0)
    }
    send(run, ask('session', 20, { session: 's' }))
    expect(refusals()).toEqual([501, 0])
    run.take(exactMarks(run.ledger))
    expect(run.written).toBeLessThanOrEqual(3)
    run.take(exactMarks(run.ledger))
    expect(run.written).toBe(0)
    run.crash()
    expect(refusals()).toEqual([501, 0])
    run.now += 24 * 60 * 60_000
    send(run, ask('tomorrow', 20, { session: 's' }))
    send(run, ask('tomorrow too', 20, { session: 't' }))
    run.take(housekeep(run.ledger, run.now))
    run.crash()
    expect(refusals()).toEqual([0, 2])
  })
})

describe('what is remembered', () => {
  it('a journal page outlives the receipts of its closed calls without bringing them back', () => {
    const run = new LedgerRun()
    const done = reserve(run, ask('done', 10))
    const long = reserve(run, ask('long', 10))
    run.take(journal(run.ledger))
    run.take(settle(run.ledger, settlement(done, 10), run.now))
    run.take(sent(run.ledger, [...run.rows.outbox.values()]))
    for (let minute = 0; minute < 60; minute++) {
      run.now += 60_000
      run.take(extend(run.ledger, { reservation: long, moreNano: 0 }, run.now))
      run.take(housekeep(run.ledger, run.now))
    }
    expect(run.rows.counts.receipts).toBe(0)
    run.crash()
    expect([...run.ledger.open.keys()]).toEqual(['long'])
  })

  it('is bounded: rows do not pile up with the calls', () => {
    const run = new LedgerRun([budget({ limitNano: 1e9 })])
    for (let call = 0; call < 5_000; call++) {
      run.now += 1_000
      charge(run, `call ${call}`, 10)
      if (call % 10 === 0) {
        run.take(housekeep(run.ledger, run.now))
        run.take(sent(run.ledger, [...run.rows.outbox.values()]))
      }
    }
    expect(run.rows.counts.receipts).toBeLessThanOrEqual(200)
    expect(run.rows.counts).toMatchObject({ journal: 0, expired: 0, scopes: 2 })
    expect(run.ledger.closedEarlier.size).toBe(0)
  })

  it('few admissions cross the mark', () => {
    const run = new LedgerRun([budget({ limitNano: 1e12 })])
    let crossings = 0
    const open: Reservation[] = []
    for (let call = 0; call < 4_000; call++) {
      open.push(reserve(run, ask(`call ${call}`, 1_000 + ((call * 7919) % 900))))
      if (run.written > 0) crossings += 1
      const next = open.length > 20 ? open.splice((call * 31) % open.length, 1)[0] : undefined
      if (next !== undefined) run.take(settle(run.ledger, settlement(next, 500), run.now))
    }
    expect(crossings / 4_000).toBeLessThan(0.02)
  })

  it('policies have versions, and only an old copy is sent a new one', () => {
    const run = new LedgerRun()
    expect(send(run, ask('a', 1, { policyVersion: null }))).toMatchObject({ policy: null })
    for (const json of ['{"a":1}', '{"a":2}']) run.take(putPolicy(run.ledger, { json, expectedVersion: null }))
    run.crash()
    expect(send(run, ask('b', 1, { policyVersion: 1 }))).toMatchObject({ policy: { version: 2, json: '{"a":2}' } })
    expect(send(run, ask('c', 1, { policyVersion: 2 }))).toMatchObject({ policy: null })
  })

  it('a quote by an old policy decides nothing under a hard budget: nothing is held, counted or told of it', () => {
    const run = new LedgerRun([budget({ limitNano: 100 })])
    run.take(putPolicy(run.ledger, { json: '{"a":1}', expectedVersion: null }))
    const policy = { version: 1, json: '{"a":1}' }
    for (const nano of [1, 1_000]) {
      const old = admit(run.ledger, ask('a', nano, { policyVersion: null }), run.now)
      expect(old).toMatchObject({
        answer: { admitted: false, refusal: { code: 'old_policy' }, policy, override: null },
        writes: [],
      })
    }
    expect(budgetReports(run.ledger, run.now)).toMatchObject([{ refusals: 0, window: { reservedNano: 0 } }])
    run.crash()
    const quotedAnew = ask('a', 1, { policyVersion: 1, overrideVersion: null })
    expect(send(run, quotedAnew)).toMatchObject({ admitted: true, policy: null })
    // The same message again is answered with the same hold, whatever was stored meanwhile.
    run.take(putPolicy(run.ledger, { json: '{"a":2}', expectedVersion: null }))
    expect(send(run, quotedAnew)).toMatchObject({ admitted: true, policy: { version: 2 } })
    run.take(updateKey(run.ledger, 'k1', { policyOverride: '{}' }))
    const known = { policyVersion: 2, overrideVersion: null }
    expect(send(run, ask('b', 1, known))).toMatchObject({
      refusal: { code: 'old_policy' },
      policy: null,
      override: { version: 1, json: '{}' },
    })
    expect(send(run, ask('b', 1, { ...known, overrideVersion: 1 }))).toMatchObject({ admitted: true })
  })

  it('hands out what the team has learned the same way, and the same values again are no new version', () => {
    const run = new LedgerRun([])
    const learn = (json: string) => run.take({ answer: null, writes: putStarting(run.ledger, json) })
    const brought = (id: string, startingVersion?: number | null) => {
      const answer = send(run, ask(id, 1, startingVersion === undefined ? {} : { startingVersion }))
      return answer.admitted ? answer.starting : 'refused'
    }
    expect(brought('a', null)).toBeNull()
    for (const json of ['{"pace":1}', '{"pace":2}', '{"pace":2}']) learn(json)
    run.crash()
    expect(brought('b', null)).toEqual({ version: 2, json: '{"pace":2}' })
    expect([brought('c', 1), brought('d', 2), brought('e')]).toEqual([brought('f', null), null, null])
    // A log may outlive its team.
    run.ledger.team = null
    expect(putStarting(run.ledger, '{"pace":3}')).toEqual([])
  })

  it('a policy is not stored over one that its writer has not seen', () => {
    const run = new LedgerRun()
    const put = (expectedVersion: number | null) => run.take(putPolicy(run.ledger, { json: '{}', expectedVersion }))
    expect(put(0)).toEqual({ done: true, version: 1 })
    expect(put(0)).toEqual({ done: false, code: 'version_conflict', version: 1 })
    expect(put(1)).toEqual({ done: true, version: 2 })
    expect(put(null)).toEqual({ done: true, version: 3 })
  })
})
