/**
 * What an upstream outcome means: an answer, an error for the client to read, or a fault that another attempt may get
 * around. It chooses no target and counts no attempts; the answer's quality is nothing it looks at.
 *
 * https://platform.claude.com/docs/en/api/errors, https://developers.openai.com/api/docs/guides/error-codes
 */
import type { ProviderError, ProviderErrorKind } from '../chat/provider-error.ts'
import type { RetryAdvice } from './retry-advice.ts'

/**
 * Why a provider did not serve a call that it, or another, may yet serve. `not_authorized`: it refused the gateway's own
 * key. `unknown_model`: it has no such model for that key, or not at that address. `unknown_state`: it does not hold the
 * answer that the conversation goes on from.
 */
export type Fault =
  | 'rate_limited'
  | 'overloaded'
  | 'server_error'
  | 'unreachable'
  | 'timeout'
  | 'not_authorized'
  | 'unknown_model'
  | 'unknown_state'

/** Faults that waiting mends: of the others none is a reason to leave a target alone for a while. */
export function passes(fault: Fault): boolean {
  return !isOperatorsFault(fault) && fault !== 'unknown_state'
}

/** Faults of the gateway's own settings: its operator can mend them, and neither waiting nor the client can. */
export function isOperatorsFault(fault: Fault): fault is 'not_authorized' | 'unknown_model' {
  return fault === 'not_authorized' || fault === 'unknown_model'
}

export type UpstreamOutcome =
  | { readonly kind: 'answer' }
  | { readonly kind: 'error'; readonly error: ProviderError; readonly advice: RetryAdvice }
  /** No answer, or none of its bytes: the connection failed, or nothing came in time. */
  | { readonly kind: 'silence'; readonly fault: 'unreachable' | 'timeout' }

/**
 * `client_fault`: the provider's words are for the client, who heals by them: they pass unmodified, and no other target
 * is asked. `spend_limit`: the provider's bill is full: passes too, and nobody should try again. `retry`: the same target
 * may well serve it next time. `fallback`: it will not for now, another may.
 */
export type Verdict =
  | { readonly meaning: 'answer' | 'client_fault' | 'spend_limit' }
  | { readonly meaning: 'retry' | 'fallback'; readonly fault: Fault; readonly retryAfterMs: number | null }

type Reading = 'client_fault' | 'spend_limit' | { readonly meaning: 'retry' | 'fallback'; readonly fault: Fault }

/**
 * Provider faults are not retried at the same target: one that is overloaded or rations its calls is not helped by more
 * of them, and one that was silent until its limit would be so again. Where no other target is left, the client gets the
 * error with the provider's `retry-after` and waits by itself. A provider's word on the gateway's own key or settings is
 * not for the client, who would take it for a word on its own: it would log its user out, or ask for another model.
 */
const READINGS: Readonly<Record<ProviderErrorKind, Reading>> = {
  'invalid-request': 'client_fault',
  'context-overflow': 'client_fault',
  'content-policy': 'client_fault',
  authentication: { meaning: 'fallback', fault: 'not_authorized' },
  permission: { meaning: 'fallback', fault: 'not_authorized' },
  'unknown-model': { meaning: 'fallback', fault: 'unknown_model' },
  'unknown-state': { meaning: 'fallback', fault: 'unknown_state' },
  'not-found': 'client_fault',
  conflict: 'client_fault',
  'too-large': 'client_fault',
  billing: 'spend_limit',
  'rate-limit': { meaning: 'fallback', fault: 'rate_limited' },
  overloaded: { meaning: 'fallback', fault: 'overloaded' },
  timeout: { meaning: 'fallback', fault: 'timeout' },
  server: { meaning: 'retry', fault: 'server_error' },
}

/** Judges one outcome. `x-should-retry: false` forbids the same target; `true` is the client's to act on. */
export function classifyOutcome(outcome: UpstreamOutcome): Verdict {
  if (outcome.kind === 'answer') return { meaning: 'answer' }
  if (outcome.kind === 'silence') {
    const { fault } = outcome
    return { meaning: fault === 'timeout' ? 'fallback' : 'retry', fault, retryAfterMs: null }
  }
  const { error, advice } = outcome
  const reading = READINGS[error.kind]
  if (typeof reading === 'string') return { meaning: reading }
  const { retryAfterMs, shouldRetry } = advice
  return { ...reading, meaning: shouldRetry === false ? 'fallback' : reading.meaning, retryAfterMs }
}
