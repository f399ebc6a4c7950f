import { describe, expect, it } from 'vitest'
import { writeRateLimits as anthropic } from '../../../src/core/dialects/anthropic-messages/rate-limit-headers.ts'
import { writeRateLimits as openAi } from '../../../src/core/dialects/openai-rate-limit-headers.ts'

const NOW = Date.UTC(2026, 10, 27, 12, 0, 0)
const level = (resetInMs: number) => ({ limit: 600, remaining: 599, resetAt: NOW + resetInMs })

describe('rate limits in headers', () => {
  it('of the Anthropic API tell when as a time, in whole seconds', () => {
    expect(anthropic({ requests: level(1_500), tokens: null })).toEqual({
      'anthropic-ratelimit-requests-limit': '600',
      'anthropic-ratelimit-requests-remaining': '599',
      'anthropic-ratelimit-requests-reset': '2026-11-27T12:00:01Z',
    })
  })

  it.each([
    [0, '0ms'],
    [20, '20ms'],
    [999.2, '1000ms'],
    [1_000, '1s'],
    [1_234, '1.3s'],
    [59_900, '59.9s'],
    [60_000, '1m0s'],
    [61_000, '1m1s'],
    [360_000, '6m0s'],
    [-5, '0ms'],
  ])('of the OpenAI API tell how long: %d ms is %s', (ms, text) => {
    expect(openAi({ requests: null, tokens: level(ms) }, NOW)).toEqual({
      'x-ratelimit-limit-tokens': '600',
      'x-ratelimit-remaining-tokens': '599',
      'x-ratelimit-reset-tokens': text,
    })
  })

  it('never tell sixty seconds of a minute', () => {
    for (let ms = 59_000; ms < 190_000; ms += 7) {
      const reset = openAi({ requests: level(ms), tokens: null }, NOW)['x-ratelimit-reset-requests'] ?? ''
      expect(reset).not.toMatch(/^60s$|m60s$/)
    }
  })

  it('say nothing of limits that are not set', () => {
    expect([anthropic({ requests: null, tokens: null }), openAi({ requests: null, tokens: null }, NOW)]).toEqual([
      {},
      {},
    ])
  })
})
