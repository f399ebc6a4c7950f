import { expect, it } from 'vitest'
import { mayHaveBilled, type AttemptOutcome } from '../../../src/core/cascade/attempt.ts'

it.each<readonly [AttemptOutcome, number | null, boolean]>([
  ['unreachable', 200, true],
  ['timeout', 200, true],
  ['unreachable', null, false],
  ['timeout', null, false],
  ['timeout', 504, false],
  ['rate_limited', 429, false],
  ['server_error', 500, false],
  ['refused', 400, false],
  ['answered', 200, false],
  ['client_left', 200, false],
])('%s with status %s may have billed: %s', (outcome, status, expected) => {
  expect(mayHaveBilled({ target: 'a/b', outcome, status, ms: 1 })).toBe(expected)
})
