import { describe, expect, it } from 'vitest'
import { fillFailurePolicy } from '../../../src/core/cascade/failure-policy.ts'
import { InvalidPolicy, resolvePolicy } from '../../../src/core/routing/policy.ts'

describe('the numbers for failures', () => {
  it('leave time to ask another target after a silent stream, before agents hang up', () => {
    const { streamTimeoutMs, deadlineMs, answerTimeoutMs } = fillFailurePolicy()
    expect(streamTimeoutMs).toBeLessThan(deadlineMs)
    expect(streamTimeoutMs).toBeLessThan(5 * 60_000)
    expect(answerTimeoutMs).toBe(10 * 60_000)
  })

  it('are a part of the policy, each by itself', () => {
    const { failures } = resolvePolicy({ schema: 1, failures: { retries: 0, streamTimeoutSeconds: 1.5 } })
    expect(failures).toEqual({ ...fillFailurePolicy(), retries: 0, streamTimeoutMs: 1_500 })
  })

  it.each([{ retries: 6 }, { fallbacks: -1 }, { deadlineSeconds: 0 }, { answerTimeoutSeconds: 601 }, { retry: 1 }])(
    'are bounded: %j',
    (failures) => {
      expect(() => resolvePolicy({ schema: 1, failures })).toThrow(InvalidPolicy)
    },
  )
})
