import { beforeEach, describe, expect, it } from 'vitest'
import { COOLDOWN_LIMITS as LIMITS } from '../../../src/core/cascade/cooldown.ts'
import type { Fault } from '../../../src/core/cascade/classify-failure.ts'
import type { DecisionRecord } from '../../../src/core/decisions/decision-record.ts'
import { admit } from '../../../src/core/ledger/admit.ts'
import { cooldownsFor, healthAfterCall, reportHealth } from '../../../src/core/ledger/cooldowns.ts'
import { LEDGER_LIMITS } from '../../../src/core/ledger/ledger-state.ts'
import { ask, LedgerRun, NOON } from './ledger-fixtures.ts'

let run: LedgerRun
beforeEach(() => {
  run = new LedgerRun()
})

const TARGET = 'p/one'

function failed(fault: Fault, { requestId = 'r', target = TARGET, retryAfterMs = null as number | null } = {}): void {
  const provider = target.slice(0, target.indexOf('/'))
  const report = { kind: 'failed', requestId, target, provider, fault, retryAfterMs, at: run.now } as const
  reportHealth(run.ledger, report, run.now)
}

const told = (requestId: string) => cooldownsFor(run.ledger, requestId, run.now)
const record = (ending: string) => ({ target: TARGET, provider: 'p', ending }) as DecisionRecord

describe('what is cooling', () => {
  it('is told with every admission and costs no row', () => {
    failed('rate_limited', { retryAfterMs: 20_000 })
    const before = run.take(admit(run.ledger, ask('a', 1), run.now))
    expect(before).toMatchObject({ cooldowns: { [TARGET]: NOON + 20_000 }, probing: [] })
    run.now += 20_000
    expect(run.take(admit(run.ledger, ask('b', 1), run.now))).toMatchObject({ cooldowns: {}, probing: [TARGET] })
    expect(run.take(admit(run.ledger, ask('c', 1), run.now))).toMatchObject({
      cooldowns: { [TARGET]: run.now + LIMITS.probeWaitMs },
      probing: [],
    })
  })

  it('is the target; where nothing could be reached, the provider', () => {
    failed('overloaded')
    failed('overloaded')
    expect(Object.keys(told('a').cooldowns)).toEqual([TARGET])
    failed('unreachable')
    failed('unreachable', { target: 'p/two' })
    expect(Object.keys(told('a').cooldowns).sort()).toEqual(['p', TARGET])
  })

  it('believes no time in the future', () => {
    const report = { kind: 'failed', requestId: 'r', target: TARGET, provider: 'p', fault: 'rate_limited' } as const
    reportHealth(run.ledger, { ...report, retryAfterMs: 1_000, at: run.now + 3_600_000 }, run.now)
    expect(told('a').cooldowns).toEqual({ [TARGET]: run.now + 1_000 })
  })

  it('is bounded: what failed longest ago is forgotten', () => {
    for (let index = 0; index <= LEDGER_LIMITS.cooldowns; index += 1) {
      failed('rate_limited', { target: `p/${index}`, retryAfterMs: 60_000 })
    }
    const cooling = Object.keys(told('a').cooldowns)
    expect(cooling).toHaveLength(LEDGER_LIMITS.cooldowns)
    expect(cooling).not.toContain('p/0')
  })

  it('is forgotten with the run', () => {
    failed('rate_limited', { retryAfterMs: 60_000 })
    run.crash()
    expect(told('a').cooldowns).toEqual({})
  })
})

describe('a streak', () => {
  it('is ended by a call that was answered whole, and by no other', () => {
    failed('server_error')
    healthAfterCall(run.ledger, { requestId: 'x', record: record('upstream_cut') }, run.now)
    failed('server_error')
    expect(told('a').cooldowns).toHaveProperty(TARGET)

    run = new LedgerRun()
    failed('server_error')
    healthAfterCall(run.ledger, { requestId: 'x', record: record('complete') }, run.now)
    failed('server_error')
    expect(told('a').cooldowns).toEqual({})
  })

  it('of a provider is ended by any of its targets that says something', () => {
    failed('unreachable')
    failed('rate_limited', { target: 'p/two' })
    failed('unreachable')
    expect(told('a').cooldowns).toEqual({})
  })
})

describe('the call that finds out', () => {
  beforeEach(() => {
    failed('rate_limited', { retryAfterMs: 1_000 })
    run.now += 1_000
    expect(told('probe').probing).toEqual([TARGET])
  })

  it('clears it for all by an answer', () => {
    reportHealth(run.ledger, { kind: 'answered', requestId: 'probe', target: TARGET, provider: 'p' }, run.now)
    expect(told('next')).toEqual({ cooldowns: {}, probing: [] })
  })

  it('keeps it for all by a failure', () => {
    failed('server_error', { requestId: 'probe' })
    expect(told('next').cooldowns).toEqual({ [TARGET]: run.now + 10_000 })
  })

  it('leaves it to the next one when it goes elsewhere', () => {
    reportHealth(run.ledger, { kind: 'not_tried', requestId: 'probe', ids: [TARGET] }, run.now)
    expect(told('next').probing).toEqual([TARGET])
  })

  it('leaves it to the next one when it never got there, or is refused or given back', () => {
    failed('unreachable', { requestId: 'probe' })
    expect(told('next').probing).toEqual([TARGET])
    healthAfterCall(run.ledger, { requestId: 'next', record: null }, run.now)
    expect(told('third').probing).toEqual([TARGET])
  })
})
