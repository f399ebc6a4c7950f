/**
 * Everything that can go wrong between a client and a provider, as a closed set of codes. Each dialect writes its own
 * error envelope from one of these; shared code never writes an envelope.
 */
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
  | 'threads_unsupported'
  | 'provider_unreachable'
  | 'provider_timeout'
  | 'gateway_overloaded'
  | 'internal'

export class GatewayError extends Error {
  readonly code: GatewayErrorCode
  /** The request's field at fault, where there is one. */
  readonly field: string | null
  /** Whole seconds a client should wait; null: waiting does not help. */
  readonly retryAfterSeconds: number | null

  constructor(
    code: GatewayErrorCode,
    message: string,
    details: {
      readonly field?: string | null
      readonly retryAfterSeconds?: number | null
      readonly cause?: unknown
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'GatewayError'
    this.code = code
    this.field = details.field ?? null
    this.retryAfterSeconds = details.retryAfterSeconds ?? null
  }
}
