import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../../src/core/cascade/attempt.ts'
import type { Fault, Verdict } from '../../../src/core/cascade/classify-failure.ts'
import { fillFailurePolicy } from '../../../src/core/cascade/failure-policy.ts'
import { fallbackTargets, nextAttempt, type FailureSoFar } from '../../../src/core/cascade/next-attempt.ts'
import type { ConsideredTarget } from '../../../src/core/decisions/decision-record.ts'
import { decideRoute } from '../../../src/core/routing/decide-route.ts'
import { routeInput } from '../routing/route-input.ts'

const failed = (target: string, outcome: Fault = 'server_error'): Attempt => ({ target, outcome, status: 500, ms: 10 })
const retry = (retryAfterMs: number | null = null): Verdict => ({
  meaning: 'retry',
  fault: 'server_error',
  retryAfterMs,
})
const fallback = (fault: Fault): Verdict => ({ meaning: 'fallback', fault, retryAfterMs: null })

function after(changes: Partial<FailureSoFar> = {}) {
  return nextAttempt({
    attempts: [failed('a/1')],
    verdict: retry(),
    provider: 'a',
    candidates: [
      { target: 'a/2', provider: 'a' },
      { target: 'b/1', provider: 'b' },
    ],
    policy: fillFailurePolicy(),
    elapsedMs: 100,
    jitter: 0,
    ...changes,
  })
}

describe('the same target again', () => {
  it('waits between half and all of a back-off that doubles', () => {
    expect(after({ jitter: 0 })).toEqual({ step: 'retry', waitMs: 125 })
    expect(after({ jitter: 0.999 })).toEqual({ step: 'retry', waitMs: 250 })
    expect(after({ attempts: [failed('a/1'), failed('a/1')] })).toEqual({ step: 'retry', waitMs: 250 })
  })

  it('waits as long as the provider asks, if that is short', () => {
    expect(after({ verdict: retry(2_000) })).toEqual({ step: 'retry', waitMs: 2_000 })
    expect(after({ verdict: retry(10) })).toEqual({ step: 'retry', waitMs: 125 })
    expect(after({ verdict: retry(5_001) })).toMatchObject({ step: 'fallback', target: 'a/2' })
  })

  it('is asked so often and no more, also after a fallback', () => {
    const twice = [failed('a/1'), failed('a/1'), failed('a/1')]
    expect(after({ attempts: twice })).toMatchObject({ step: 'fallback', target: 'a/2' })
    expect(after({ attempts: [...twice, failed('a/2')] })).toEqual({ step: 'retry', waitMs: 125 })
    expect(after({ policy: fillFailurePolicy({ retries: 0 }) })).toMatchObject({ step: 'fallback' })
  })
})

describe('the next target', () => {
  it.each<readonly [Fault, string]>([
    ['rate_limited', 'fallback_rate_limited'],
    ['overloaded', 'fallback_overloaded'],
    ['server_error', 'fallback_server_error'],
    ['unreachable', 'fallback_unreachable'],
    ['timeout', 'fallback_timeout'],
    ['not_authorized', 'fallback_not_authorized'],
    ['unknown_model', 'fallback_unknown_model'],
    ['unknown_state', 'fallback_unknown_state'],
  ])('says why: %s', (fault, reason) => {
    expect(after({ verdict: fallback(fault) })).toMatchObject({ step: 'fallback', reason })
  })

  it('is the best one not tried; a provider that cannot be reached comes last', () => {
    expect(after({ verdict: fallback('overloaded') })).toMatchObject({ target: 'a/2' })
    expect(after({ verdict: fallback('unreachable') })).toMatchObject({ target: 'b/1' })
    expect(after({ verdict: fallback('not_authorized') })).toMatchObject({ target: 'b/1' })
    expect(after({ verdict: fallback('unknown_model') })).toMatchObject({ target: 'a/2' })
    const own = [{ target: 'a/2', provider: 'a' }]
    expect(after({ verdict: fallback('not_authorized'), candidates: own })).toMatchObject({ target: 'a/2' })
    expect(after({ verdict: fallback('unknown_state') })).toMatchObject({ target: 'b/1' })
    expect(after({ verdict: fallback('unknown_state'), candidates: own })).toEqual({ step: 'give_up' })
    const two = [failed('a/1'), failed('a/2')]
    expect(after({ verdict: fallback('overloaded'), attempts: two })).toMatchObject({ target: 'b/1' })
    const elsewhere = [failed('a/1'), failed('b/1')]
    expect(after({ verdict: fallback('unreachable'), attempts: elsewhere })).toMatchObject({ target: 'a/2' })
  })

  it('is none when none is left, when enough were asked, and when the time is up', () => {
    const three = [failed('a/1'), failed('a/2'), failed('b/1')]
    expect(after({ verdict: fallback('overloaded'), attempts: three })).toEqual({ step: 'give_up' })
    expect(after({ verdict: fallback('overloaded'), candidates: [] })).toEqual({ step: 'give_up' })
    const none = fillFailurePolicy({ fallbacks: 0 })
    expect(after({ verdict: fallback('overloaded'), policy: none })).toEqual({ step: 'give_up' })
    expect(after({ elapsedMs: 300_000 })).toEqual({ step: 'give_up' })
  })
})

it.each(['client_fault', 'spend_limit', 'answer'] as const)('%s is nothing to try again', (meaning) => {
  expect(after({ verdict: { meaning } })).toEqual({ step: 'give_up' })
})

it('a wait that would pass the deadline is not begun, another target still is', () => {
  expect(after({ elapsedMs: 299_900 })).toMatchObject({ step: 'fallback' })
})

describe('whatever fails', () => {
  const verdict = fc.oneof(
    fc.record({
      meaning: fc.constantFrom('retry' as const, 'fallback' as const),
      fault: fc.constantFrom<Fault>('rate_limited', 'overloaded', 'server_error', 'unreachable', 'timeout'),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 20_000 })),
    }),
    fc.record({ meaning: fc.constantFrom('client_fault' as const, 'spend_limit' as const) }),
  )
  const candidates = fc.uniqueArray(fc.constantFrom('a/2', 'a/3', 'b/1', 'b/2', 'c/1'), { maxLength: 5 })
  const policy = fc
    .record({ retries: fc.nat(5), fallbacks: fc.nat(5), deadlineSeconds: fc.integer({ min: 1, max: 600 }) })
    .map(fillFailurePolicy)
  const step = fc.record({ verdict, tookMs: fc.nat(400_000), jitter: fc.double({ min: 0, max: 0.999, noNaN: true }) })

  it('attempts are bounded, begin before the deadline and never come back to a target left', () => {
    fc.assert(
      fc.property(candidates, policy, fc.array(step, { minLength: 40, maxLength: 40 }), (ids, limits, steps) => {
        const attempts: Attempt[] = []
        let target = 'a/1'
        let elapsedMs = 0
        const left = new Set<string>()
        for (const { verdict: said, tookMs, jitter } of steps) {
          expect(left.has(target)).toBe(false)
          if (attempts.length > 0) expect(elapsedMs).toBeLessThan(limits.deadlineMs)
          attempts.push(failed(target))
          elapsedMs += tookMs
          const next = nextAttempt({
            attempts,
            verdict: said,
            provider: target.slice(0, 1),
            candidates: ids.map((id) => ({ target: id, provider: id.slice(0, 1) })),
            policy: limits,
            elapsedMs,
            jitter,
          })
          if (next.step === 'give_up') return
          if (next.step === 'retry') {
            expect(said.meaning).toBe('retry')
            expect(next.waitMs).toBeLessThanOrEqual(limits.longestWaitMs)
            elapsedMs += next.waitMs
          } else {
            left.add(target)
            expect(ids).toContain(next.target)
            target = next.target
          }
          expect(attempts.length).toBeLessThan((limits.retries + 1) * (limits.fallbacks + 1))
        }
        expect.unreachable('it never gave up')
      }),
    )
  })
})

describe('who can take over', () => {
  const row = (target: string, tier: 1 | 2 | 3, verdict: string, turnNano: number | null): ConsideredTarget => ({
    target,
    tier,
    verdict,
    warmTokens: 0,
    nowNano: turnNano,
    turnNano,
  })
  const table = [
    row('a/cheap', 1, 'below_floor', 1),
    row('a/unpriced', 2, 'unpriced', null),
    row('a/dear', 2, 'dearer', 30),
    row('a/chosen', 2, 'chosen', 10),
    row('b/next', 2, 'dearer', 20),
    row('b/cooling', 2, 'cooling_down', 5),
    row('b/other', 2, 'dialect', 5),
    row('a/top', 3, 'dearer', 15),
  ]

  it('the same tier alone, cheapest first, unpriced last, and only who was found able', () => {
    expect(fallbackTargets(table, { id: 'a/chosen', tier: 2 })).toEqual(['b/next', 'a/dear', 'a/unpriced'])
  })

  it('nobody for a call that is kept at the model it asked for', () => {
    const decided = (requestedModel: 'pin' | 'ceiling') => {
      const signals = { requestedModel: 'claude-sonnet-5-5' }
      const { considered, target } = decideRoute(routeInput({ policy: { requestedModel }, signals }))
      return fallbackTargets(considered, target ?? expect.unreachable('no target'))
    }
    expect(decided('pin')).toEqual([])
    expect(decided('ceiling')).toEqual(['anthropic/claude-sonnet-4-6'])
  })
})
