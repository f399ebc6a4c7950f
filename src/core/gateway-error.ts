/**
 * Everything that can go wrong between a client and a provider, as a closed set of codes. Each dialect writes its own
 * error envelope from one of these; shared code never writes an envelope.
 */
import type { BudgetStanding } from './ledger/budget.ts'
import type { RateStanding } from './ledger/rate-limits.ts'

export type GatewayErrorCode =
  | 'missing_key'
  | 'invalid_key'
  | 'revoked_key'
  | 'expired_key'
  | 'invalid_json'
  | 'invalid_request'
  | 'body_too_large'
  | 'model_not_found'
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_content_type'
  | 'no_eligible_target'
  | 'budget_exceeded'
  | 'budget_reserved'
  | 'rate_limited'
  | 'iteration_cap'
  | 'threads_unsupported'
  | 'provider_unreachable'
  | 'provider_timeout'
  /** By its operator's fault: the provider refused the gateway's own key, or does not know the model. */
  | 'provider_refused'
  | 'gateway_overloaded'
  | 'internal'

export class GatewayError extends Error {
  readonly code: GatewayErrorCode
  /** The request's field at fault, where there is one. */
  readonly field: string | null
  /** Whole seconds a client should wait; null: waiting does not help. */
  readonly retryAfterSeconds: number | null
  /** To be told as the end of the turn rather than as an error, to a client that can read a message. */
  readonly surface: boolean
  /** The rate limits over the call, for the headers of its answer; null: there are none, or they say nothing here. */
  readonly rates: RateStanding | null
  /** The budget that had no room, for a header of the answer; null: it was none. */
  readonly budget: BudgetStanding | null

  constructor(
    code: GatewayErrorCode,
    message: string,
    details: {
      readonly field?: string | null
      readonly retryAfterSeconds?: number | null
      readonly surface?: boolean
      readonly rates?: RateStanding | null
      readonly budget?: BudgetStanding | null
      readonly cause?: unknown
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'GatewayError'
    this.code = code
    this.field = details.field ?? null
    this.retryAfterSeconds = details.retryAfterSeconds ?? null
    this.surface = details.surface ?? false
    this.rates = details.rates ?? null
    this.budget = details.budget ?? null
  }
}

/** An error as a client receives it, in the envelope of its dialect. */
export interface ErrorAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: string
}

/** What is known of a stream when it has to end in an error. */
export interface StreamErrorContext {
  readonly requestId: string
  /** The last event was not finished: bytes of it are already with the client. */
  readonly midEvent: boolean
  /** The answer's id, where the stream told it. */
  readonly responseId: string | null
  readonly model: string | null
  /** Events sent before. */
  readonly events: number
  /** Ms since epoch. */
  readonly now: number
}

/** Codes after which waiting helps; every other error comes again at every retry. */
const PASSING: ReadonlySet<GatewayErrorCode> = new Set([
  'budget_reserved',
  'rate_limited',
  'provider_unreachable',
  'provider_timeout',
  'gateway_overloaded',
])

/** Seconds to wait where an error passes but nobody said when: never a bare 429, which clients retry for minutes. */
const WAIT_SECONDS = 5

/**
 * The headers that keep clients from retrying what will not change and tell them when to come back: `x-should-retry`
 * (read by the official SDKs and Claude Code) and `retry-after` in whole seconds.
 */
export function retryHeaders(error: GatewayError, status: number): Record<string, string> {
  const passes = PASSING.has(error.code) || error.retryAfterSeconds !== null
  if (!passes) return status === 500 ? {} : { 'x-should-retry': 'false' }
  const seconds = error.retryAfterSeconds ?? (status === 429 ? WAIT_SECONDS : null)
  return seconds === null ? {} : { 'retry-after': String(Math.max(1, Math.ceil(seconds))) }
}

/** The message with the field it is about, once. */
export function messageWithField(error: GatewayError): string {
  const { field, message } = error
  return field === null || message.startsWith(field) ? message : `${field}: ${message}`
}
