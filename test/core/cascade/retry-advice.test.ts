import { describe, expect, it } from 'vitest'
import { readRetryAdvice } from '../../../src/core/cascade/retry-advice.ts'

const NOW = Date.UTC(2026, 10, 23, 12)

function advice(headers: Readonly<Record<string, string>>) {
  return readRetryAdvice((name) => headers[name] ?? null, NOW)
}

describe('how long to wait', () => {
  it.each([
    [{ 'retry-after': '20' }, 20_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1_000],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '' }, null],
    [{}, null],
  ])('%j', (headers, expected) => {
    expect(advice(headers as Record<string, string>).retryAfterMs).toBe(expected)
  })
})

describe('whether to try again', () => {
  it.each([
    ['true', true],
    ['FALSE', false],
    ['maybe', null],
  ])('%s', (value, expected) => {
    expect(advice({ 'x-should-retry': value }).shouldRetry).toBe(expected)
  })
})
