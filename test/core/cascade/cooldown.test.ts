import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  afterFailure,
  afterNoTry,
  afterSuccess,
  atAdmission,
  COOLDOWN_LIMITS as LIMITS,
  type Cooldown,
} from '../../../src/core/cascade/cooldown.ts'

const NOW = Date.UTC(2026, 10, 23)

function fail(before: Cooldown | null, at: number, requestId = 'r', retryAfterMs: number | null = null): Cooldown {
  return afterFailure(before, { requestId, at, retryAfterMs }, at)
}

/** Cooling since `NOW`, for the first time. */
const COOLING = fail(fail(null, NOW), NOW)
const OVER = NOW + LIMITS.firstMs

describe('a streak', () => {
  it('begins a cooldown, a single failure does not', () => {
    expect(fail(null, NOW).until).toBeNull()
    expect(COOLING.until).toBe(OVER)
  })

  it('is ended by an answer, and by time', () => {
    expect(afterSuccess(fail(null, NOW), 'other')).toBeNull()
    expect(fail(fail(null, NOW), NOW + LIMITS.streakMs + 1).until).toBeNull()
  })
})

describe('a time to come back', () => {
  it('is honoured at once', () => {
    expect(fail(null, NOW, 'r', 20_000).until).toBe(NOW + 20_000)
  })

  it('counts from when it was heard, and is not believed for ever', () => {
    const late = afterFailure(null, { requestId: 'r', at: NOW, retryAfterMs: 20_000 }, NOW + 3_000)
    expect(late.until).toBe(NOW + 20_000)
    expect(fail(null, NOW, 'r', 86_400_000).until).toBe(NOW + LIMITS.longestRetryAfterMs)
  })

  it('makes a cooldown longer, never shorter, when a call from before tells it', () => {
    expect(fail(COOLING, NOW + 1_000, 'old', 30_000).until).toBe(NOW + 31_000)
    expect(fail(COOLING, NOW + 1_000, 'old', 1_000).until).toBe(OVER)
    expect(fail(COOLING, NOW + 1_000, 'old')).toMatchObject({ until: OVER, rounds: 1 })
  })
})

describe('after the time', () => {
  it('one call is let through, the others look again soon', () => {
    expect(atAdmission(COOLING, 'early', OVER - 1)).toMatchObject({ coolingUntil: OVER, probing: false })
    const { state, ...first } = atAdmission(COOLING, 'first', OVER)
    expect(first).toEqual({ coolingUntil: null, probing: true })
    expect(atAdmission(state, 'second', OVER + 1)).toMatchObject({ coolingUntil: OVER + 1 + LIMITS.probeWaitMs })
    expect(atAdmission(state, 'first', OVER + 1)).toMatchObject({ probing: true })
  })

  it('its answer clears everything, that of another call nothing', () => {
    const { state } = atAdmission(COOLING, 'probe', OVER)
    expect(afterSuccess(state, 'from before')).toBe(state)
    expect(afterSuccess(state, 'probe')).toBeNull()
    expect(afterSuccess(COOLING, 'from before')).toBe(COOLING)
  })

  it('its failure begins a longer cooldown', () => {
    let state = COOLING
    const lengths: number[] = []
    for (let round = 0; round < 7; round += 1) {
      const at = state.until ?? 0
      state = fail(atAdmission(state, `p${round}`, at).state, at, `p${round}`)
      lengths.push((state.until ?? 0) - at)
    }
    expect(lengths).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000])
  })

  it('a failure of a call from before leaves the probe alone', () => {
    const { state } = atAdmission(COOLING, 'probe', OVER)
    expect(fail(state, OVER + 1, 'from before')).toEqual(state)
  })

  it('a probe that went elsewhere, or is never heard of, is given to the next call', () => {
    const { state } = atAdmission(COOLING, 'gone', OVER)
    expect(afterNoTry(state, 'another')).toBe(state)
    expect(atAdmission(afterNoTry(state, 'gone'), 'next', OVER + 1).probing).toBe(true)
    expect(atAdmission(state, 'next', OVER + LIMITS.probeMs).probing).toBe(true)
  })
})

describe('in any order of events', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd')
  const event = fc.record({
    what: fc.constantFrom('fail', 'succeed', 'no_try', 'admit'),
    id,
    afterMs: fc.oneof(fc.nat(3_000), fc.nat(90_000)),
    retryAfterMs: fc.option(fc.integer({ min: -5, max: 1_000_000 })),
  })

  it('one probe at a time, bounded times, and no way through while it cools', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let state: Cooldown | null = null
        let now = NOW
        for (const { what, id: requestId, afterMs, retryAfterMs } of events) {
          now += afterMs
          const before: Cooldown | null = state
          if (what === 'fail') {
            state = afterFailure(state, { requestId, at: now, retryAfterMs }, now)
            const latest = Math.max(before?.until ?? 0, now + LIMITS.longestRetryAfterMs)
            expect(state.until ?? 0).toBeLessThanOrEqual(latest)
            expect(state.until ?? Infinity).toBeGreaterThanOrEqual(before?.until ?? 0)
          } else if (what === 'succeed') {
            state = afterSuccess(state, requestId)
            if (state === null && (before?.until ?? null) !== null) expect(before?.probe?.requestId).toBe(requestId)
          } else if (state !== null && what === 'no_try') {
            state = afterNoTry(state, requestId)
          } else if (state !== null) {
            const told = atAdmission(state, requestId, now)
            state = told.state
            const through = told.coolingUntil === null
            if (through && state.until !== null) {
              expect(told.probing).toBe(true)
              expect(now).toBeGreaterThanOrEqual(state.until)
              expect(state.probe?.requestId).toBe(requestId)
              const held = before?.probe ?? null
              if (held !== null && held.requestId !== requestId) expect(held.until).toBeLessThanOrEqual(now)
            }
            if (!through) {
              expect(told.coolingUntil).toBeGreaterThan(now)
              expect(told.coolingUntil).toBeLessThanOrEqual(now + LIMITS.longestRetryAfterMs)
            }
          }
        }
      }),
    )
  })

  it('it always opens again: quiet time and one answered call, and nothing is remembered', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let state: Cooldown | null = null
        let now = NOW
        for (const { what, id: requestId, afterMs, retryAfterMs } of events) {
          now += afterMs
          if (what === 'fail') state = afterFailure(state, { requestId, at: now, retryAfterMs }, now)
          else if (state !== null && what === 'admit') state = atAdmission(state, requestId, now).state
        }
        now += LIMITS.longestRetryAfterMs + LIMITS.probeMs
        if (state === null) return
        const told = atAdmission(state, 'last', now)
        expect(told.coolingUntil).toBeNull()
        expect(afterSuccess(told.state, 'last')).toBeNull()
      }),
    )
  })
})
