import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeRateLimits as writeAnthropic } from '../../../src/core/dialects/anthropic-messages/rate-limit-headers.ts'
import { writeRateLimits as writeOpenAi } from '../../../src/core/dialects/openai-rate-limit-headers.ts'
import type { AdmitAnswer, Reservation } from '../../../src/core/ledger/admission.ts'
import { admit } from '../../../src/core/ledger/admit.ts'
import { release, settle } from '../../../src/core/ledger/close.ts'
import { configureTeam } from '../../../src/core/ledger/configure.ts'
import { updateKey } from '../../../src/core/ledger/configure-keys.ts'
import { housekeep } from '../../../src/core/ledger/housekeeping.ts'
import { journal } from '../../../src/core/ledger/journal.ts'
import { LEDGER_LIMITS } from '../../../src/core/ledger/ledger-state.ts'
import type { RateLimits } from '../../../src/core/ledger/rate-limits.ts'
import { drained, NO_RATE_LIMITS, rateStop, taken, UNUSED } from '../../../src/core/ledger/rate-limits.ts'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import { ask, budget, keyRow, LedgerRun, NOON, settlement } from './ledger-fixtures.ts'

const MINUTE = 60_000

function limited(ofKey: Partial<RateLimits>, ofTeam: Partial<RateLimits> = {}): LedgerRun {
  const run = new LedgerRun([], [keyRow('k1', { rateLimits: { ...NO_RATE_LIMITS, ...ofKey } }), keyRow('k2')])
  const team = { teamId: 'team-1', name: 'Team One', contact: null, rateLimits: { ...NO_RATE_LIMITS, ...ofTeam } }
  run.take(configureTeam(run.ledger, team))
  return run
}

let calls = 0
function send(run: LedgerRun, keyHash = 'hash of k1'): AdmitAnswer {
  return run.take(admit(run.ledger, ask(`call ${calls++}`, 1, { keyHash }), run.now))
}

function reserve(run: LedgerRun): Reservation {
  const answer = send(run)
  if (!answer.admitted) throw new Error(answer.refusal.code)
  return answer.reservation
}

function settleWith(run: LedgerRun, reservation: Reservation, tokens: number): void {
  const settled = settlement(reservation, 1)
  const usage = { ...NO_USAGE, inputTokens: tokens, cacheReadTokens: 1_000_000 }
  run.take(settle(run.ledger, { ...settled, record: { ...settled.record, usage } }, run.now))
}

describe('requests a minute', () => {
  it('come at once up to the limit, then as they drain; a refused one does not count', () => {
    const run = limited({ requestsPerMinute: 6 })
    for (let call = 5; call >= 0; call--) expect(send(run)).toMatchObject({ rates: { requests: { remaining: call } } })
    for (let storm = 0; storm < 100; storm++) {
      const wait = { code: 'rate_limited', scope: 'key', scopeName: 'name of k1', what: 'requests', limit: 6 }
      expect(send(run)).toMatchObject({ refusal: { ...wait, retryAfterSeconds: 10 } })
      expect(run.written).toBe(0)
    }
    expect(send(run, 'hash of k2')).toMatchObject({ admitted: true, rates: null })
    run.now += 10_000
    expect(send(run)).toMatchObject({ admitted: true })
    expect(send(run)).toMatchObject({ admitted: false })
  })

  it('of the team are shared by its keys, and the tighter of two limits is told', () => {
    const run = limited({ requestsPerMinute: 100 }, { requestsPerMinute: 2 })
    expect(send(run)).toMatchObject({ rates: { requests: { limit: 2, remaining: 1 }, tokens: null } })
    send(run, 'hash of k2')
    expect(send(run)).toMatchObject({ refusal: { scope: 'team', scopeName: 'Team One', retryAfterSeconds: 30 } })
  })

  it('used before a crash are still used after it, as far as they were settled', () => {
    const run = limited({ requestsPerMinute: 3 })
    for (let call = 0; call < 3; call++) settleWith(run, reserve(run), 1)
    run.crash()
    expect(send(run)).toMatchObject({ admitted: false })
    run.now += MINUTE
    expect(send(run)).toMatchObject({ admitted: true, rates: { requests: { remaining: 2 } } })
  })

  it('change with the key, from the next call on', () => {
    const run = limited({ requestsPerMinute: 1 })
    send(run)
    expect(send(run)).toMatchObject({ admitted: false })
    run.take(updateKey(run.ledger, 'k1', { rateLimits: { ...NO_RATE_LIMITS, requestsPerMinute: 2 } }))
    expect(send(run)).toMatchObject({ admitted: true })
    run.take(updateKey(run.ledger, 'k1', { rateLimits: NO_RATE_LIMITS }))
    expect(send(run)).toMatchObject({ admitted: true, rates: null })
  })

  it('are told after a budget that is reached for good, where waiting is in vain', () => {
    const run = new LedgerRun(
      [budget({ limitNano: 0 })],
      [keyRow('k1', { rateLimits: { ...NO_RATE_LIMITS, requestsPerMinute: 1 } })],
    )
    const reached = { refusal: { code: 'budget_exceeded' } }
    expect([send(run), send(run)]).toMatchObject([reached, reached])
  })
})

describe('tokens a minute', () => {
  it('are those that were really used, what was read from a cache not counted', () => {
    const run = limited({ tokensPerMinute: 10_000 })
    const first = reserve(run)
    settleWith(run, first, 9_000)
    expect(send(run)).toMatchObject({ admitted: true })
    // What is taken when a call begins is an estimate, and given back where nothing was billed.
    const other = limited({ tokensPerMinute: 10_000 })
    for (let call = 0; call < 20; call++)
      other.take(release(other.ledger, { reservation: reserve(other), record: null }, other.now))
    expect(send(other)).toMatchObject({ rates: { tokens: { remaining: 8_000 } } })
  })

  it('owed by one long call are waited for a minute at most', () => {
    const run = limited({ tokensPerMinute: 10_000 })
    settleWith(run, reserve(run), 5_000_000)
    expect(send(run)).toMatchObject({ refusal: { what: 'tokens', limit: 10_000, retryAfterSeconds: 60 } })
    run.now += MINUTE + 1
    expect(send(run)).toMatchObject({ admitted: true })
  })
})

describe('tokens of a call that was charged as an estimate', () => {
  /** A call of which nothing was heard, with what was taken for it, in a ledger that has started anew. */
  function expired(): { readonly run: LedgerRun; readonly reservation: Reservation } {
    const run = limited({ tokensPerMinute: 10_000 })
    const reservation = reserve(run)
    run.take(journal(run.ledger))
    run.now += LEDGER_LIMITS.silenceMs.usual
    run.take(housekeep(run.ledger, run.now))
    expect(run.ledger.expired.size).toBe(1)
    run.crash()
    return { run, reservation }
  }
  const remaining = (run: LedgerRun) => {
    const answer = send(run)
    return answer.admitted ? answer.rates?.tokens?.remaining : answer.refusal.code
  }

  it('are corrected by a late settlement: a call that used more than was taken for it is waited for', () => {
    const { run, reservation } = expired()
    settleWith(run, reservation, 15_000)
    expect(remaining(run)).toBe('rate_limited')
  })

  it('have drained since, and so has what was amiss', () => {
    const { run, reservation } = expired()
    run.now += MINUTE / 2
    // 2,000 had been taken; of the 7,000 more half a minute has drained 5,000.
    settleWith(run, reservation, 9_000)
    const typical = Math.round(run.ledger.typicalTokens)
    expect(remaining(run)).toBe(10_000 - 2_000 - typical)
    const later = expired()
    later.run.now += 10 * MINUTE
    settleWith(later.run, later.reservation, 40_000)
    expect(remaining(later.run)).toBe(10_000 - Math.round(later.run.ledger.typicalTokens))
  })

  it('are not given back twice', () => {
    const { run, reservation } = expired()
    run.now += MINUTE
    settleWith(run, reserve(run), 5_000)
    run.take(release(run.ledger, { reservation, record: null }, run.now))
    expect(remaining(run)).toBe(10_000 - 5_000 - Math.round(run.ledger.typicalTokens))
  })
})

describe('calls at one time', () => {
  it('are counted while they are open, also over a crash', () => {
    const run = limited({ concurrentStreams: 2 })
    const first = reserve(run)
    reserve(run)
    expect(send(run)).toMatchObject({ refusal: { what: 'streams', limit: 2, retryAfterSeconds: 5 } })
    run.take(journal(run.ledger))
    run.crash()
    expect(send(run)).toMatchObject({ admitted: false })
    settleWith(run, first, 1)
    expect(send(run)).toMatchObject({ admitted: true, rates: { requests: null, tokens: null } })
  })
})

describe('any use, whatever the clock does', () => {
  const limits = { requestsPerMinute: 10, tokensPerMinute: 1_000, concurrentStreams: null }
  const step = fc.record({
    ms: fc.integer({ min: -10 * MINUTE, max: 2 * MINUTE }),
    tokens: fc.integer({ min: -500, max: 5_000 }),
  })

  it('is never negative, never owes more than a minute, and the wait it tells is enough', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let use = UNUSED
        let now = NOON
        for (const { ms, tokens } of steps) {
          now += ms
          use = taken(use, { requests: 1, tokens }, { limits, now })
          expect(Math.min(use.requests, use.tokens)).toBeGreaterThanOrEqual(0)
          const stop = rateStop(limits, use, { calls: 0, typicalCallMs: 1 })
          if (stop === null) continue
          expect(stop.retryAfterSeconds).toBeLessThanOrEqual(stop.what === 'requests' ? 66 : 60)
          const later = drained(use, limits, now + stop.retryAfterSeconds * 1_000 + 1)
          expect(rateStop(limits, later, { calls: 0, typicalCallMs: 1 })?.what).not.toBe(stop.what)
        }
      }),
    )
  })
})

describe('their headers', () => {
  const rates = {
    requests: { limit: 60, remaining: 59, resetAt: NOON + 1_000 },
    tokens: { limit: 1_000, remaining: 0, resetAt: NOON + 75_000 },
  }

  it('are those of the dialect', () => {
    expect(writeAnthropic(rates)).toEqual({
      'anthropic-ratelimit-requests-limit': '60',
      'anthropic-ratelimit-requests-remaining': '59',
      'anthropic-ratelimit-requests-reset': '2026-11-23T12:00:01Z',
      'anthropic-ratelimit-tokens-limit': '1000',
      'anthropic-ratelimit-tokens-remaining': '0',
      'anthropic-ratelimit-tokens-reset': '2026-11-23T12:01:15Z',
    })
    expect(writeOpenAi(rates, NOON)).toEqual({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '1m15s',
    })
    expect(writeOpenAi({ requests: null, tokens: null }, NOON)).toEqual({})
  })
})
