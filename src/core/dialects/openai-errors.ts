/**
 * Headgate's own errors in the envelope that both OpenAI dialects share: `{error: {message, type, param, code}}`.
 * See https://developers.openai.com/api/docs/guides/error-codes. A provider's own error body never comes through here.
 */
import type { ErrorAnswer, GatewayError, GatewayErrorCode } from '../gateway-error.ts'
import { retryHeaders } from '../gateway-error.ts'

export interface OpenAiShape {
  readonly status: number
  readonly type: string
  readonly code: string | null
}

const shape = (status: number, type: string, code: string | null): OpenAiShape => ({ status, type, code })

const SHAPES: Readonly<Record<GatewayErrorCode, OpenAiShape>> = {
  missing_key: shape(401, 'invalid_request_error', 'missing_api_key'),
  invalid_key: shape(401, 'invalid_request_error', 'invalid_api_key'),
  revoked_key: shape(401, 'invalid_request_error', 'invalid_api_key'),
  expired_key: shape(401, 'invalid_request_error', 'invalid_api_key'),
  invalid_json: shape(400, 'invalid_request_error', null),
  invalid_request: shape(400, 'invalid_request_error', null),
  body_too_large: shape(413, 'invalid_request_error', 'request_too_large'),
  model_not_found: shape(404, 'invalid_request_error', 'model_not_found'),
  not_found: shape(404, 'invalid_request_error', 'unknown_url'),
  method_not_allowed: shape(405, 'invalid_request_error', 'method_not_supported'),
  unsupported_content_type: shape(415, 'invalid_request_error', 'unsupported_content_type'),
  no_eligible_target: shape(400, 'invalid_request_error', 'no_eligible_target'),
  budget_exceeded: shape(402, 'billing_error', 'billing_hard_limit_reached'),
  // Not `insufficient_quota`: clients take that for the end of an account and hide the sentence.
  budget_reserved: shape(429, 'requests', 'rate_limit_exceeded'),
  rate_limited: shape(429, 'requests', 'rate_limit_exceeded'),
  iteration_cap: shape(402, 'billing_error', 'iteration_cap_reached'),
  threads_unsupported: shape(400, 'invalid_request_error', 'unsupported_parameter'),
  provider_unreachable: shape(502, 'server_error', 'provider_unreachable'),
  provider_timeout: shape(504, 'server_error', 'provider_timeout'),
  // Agents of these APIs try a 502, or a `server_error`, for a minute or more, whatever `x-should-retry` says.
  provider_refused: shape(400, 'invalid_request_error', 'provider_refused'),
  gateway_overloaded: shape(503, 'server_error', 'gateway_overloaded'),
  internal: shape(500, 'server_error', null),
}

const OVERLOADED = shape(503, 'server_error', 'no_eligible_target')

/** Status, type and code of an error; a dialect may deviate for some codes. */
export function openAiShape(
  error: GatewayError,
  deviations: Partial<Record<GatewayErrorCode, OpenAiShape>>,
): OpenAiShape {
  const passing = error.code === 'no_eligible_target' && error.retryAfterSeconds !== null
  return passing ? OVERLOADED : (deviations[error.code] ?? SHAPES[error.code])
}

/** The `error` object of the envelope. */
export function openAiErrorObject(error: GatewayError, { type, code }: OpenAiShape): Record<string, string | null> {
  return { message: error.message, type, param: error.field, code }
}

/** The answer to a request that failed before anything of it was sent. */
export function writeOpenAiError(error: GatewayError, requestId: string, at: OpenAiShape): ErrorAnswer {
  return {
    status: at.status,
    headers: { 'content-type': 'application/json', 'x-request-id': requestId, ...retryHeaders(error, at.status) },
    body: JSON.stringify({ error: openAiErrorObject(error, at) }),
  }
}
