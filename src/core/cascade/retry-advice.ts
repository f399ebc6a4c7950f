/**
 * What a provider's headers say about trying again. It reads; whether anything is tried again is decided elsewhere.
 */

export interface RetryAdvice {
  /** How long the provider asks to be left alone; null: it does not say. */
  readonly retryAfterMs: number | null
  /** Its explicit word on whether the same request may be sent again; null: none. */
  readonly shouldRetry: boolean | null
}

export const NO_ADVICE: RetryAdvice = { retryAfterMs: null, shouldRetry: null }

/**
 * Reads `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110, 10.2.3), and `x-should-retry`. What
 * cannot be read counts as not said.
 *
 * @param header the value of a header by its name in lower case; null: absent
 * @param now ms since epoch, for dates
 */
export function readRetryAdvice(header: (name: string) => string | null, now: number): RetryAdvice {
  const shouldRetry = header('x-should-retry')?.trim().toLowerCase()
  return {
    retryAfterMs: milliseconds(header('retry-after-ms')) ?? retryAfter(header('retry-after'), now),
    shouldRetry: shouldRetry === 'true' ? true : shouldRetry === 'false' ? false : null,
  }
}

function retryAfter(value: string | null, now: number): number | null {
  if (value === null) return null
  const seconds = milliseconds(value)
  if (seconds !== null) return seconds * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

function milliseconds(value: string | null): number | null {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : null
}
