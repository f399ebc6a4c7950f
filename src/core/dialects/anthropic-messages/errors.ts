/**
 * Headgate's own errors in the envelope of the Anthropic API: `{type, error: {type, message, details?}, request_id}`.
 * See https://platform.claude.com/docs/en/api/errors. A provider's own error body never comes through here: it passes
 * unmodified, since clients match its wording.
 */
import type { ErrorAnswer, GatewayError, GatewayErrorCode, StreamErrorContext } from '../../gateway-error.ts'
import { messageWithField, retryHeaders } from '../../gateway-error.ts'

type Shape = readonly [status: number, type: string]

const SHAPES: Readonly<Record<GatewayErrorCode, Shape>> = {
  missing_key: [401, 'authentication_error'],
  invalid_key: [401, 'authentication_error'],
  revoked_key: [401, 'authentication_error'],
  expired_key: [401, 'authentication_error'],
  invalid_json: [400, 'invalid_request_error'],
  invalid_request: [400, 'invalid_request_error'],
  body_too_large: [413, 'request_too_large'],
  model_not_found: [404, 'not_found_error'],
  not_found: [404, 'not_found_error'],
  method_not_allowed: [405, 'invalid_request_error'],
  unsupported_content_type: [415, 'invalid_request_error'],
  no_eligible_target: [400, 'invalid_request_error'],
  // 402: the one status for money that every client shows at once and none retries for minutes.
  budget_exceeded: [402, 'billing_error'],
  budget_reserved: [429, 'rate_limit_error'],
  rate_limited: [429, 'rate_limit_error'],
  // A policy's no, told like a budget's.
  iteration_cap: [402, 'billing_error'],
  threads_unsupported: [400, 'invalid_request_error'],
  provider_unreachable: [502, 'api_error'],
  provider_timeout: [504, 'timeout_error'],
  provider_refused: [502, 'api_error'],
  gateway_overloaded: [529, 'overloaded_error'],
  internal: [500, 'api_error'],
}

/** Every target is cooling down: the same to a client as an overloaded provider. */
const OVERLOADED: Shape = [529, 'overloaded_error']

/** Makes an SDK that asked for a message thread go on with the full conversation by itself. */
const THREAD_DETAILS = { error_code: 'thread_unsupported_request', unsupported: ['thread'] }

function shapeOf(error: GatewayError): Shape {
  const passing = error.code === 'no_eligible_target' && error.retryAfterSeconds !== null
  return passing ? OVERLOADED : SHAPES[error.code]
}

/**
 * A stream that was cut is told as an overload: of the errors inside a stream it is the one that opencode and Continue
 * try again, as they would the cut itself. Claude Code tries any again.
 */
const CUT_TYPE = 'overloaded_error'

function envelope(error: GatewayError, requestId: string, type: string): string {
  const details = error.code === 'threads_unsupported' ? { details: THREAD_DETAILS } : {}
  const inner = { type, message: messageWithField(error), ...details }
  return JSON.stringify({ type: 'error', error: inner, request_id: requestId })
}

/** The answer to a request that failed before anything of it was sent. */
export function writeError(error: GatewayError, requestId: string): ErrorAnswer {
  const [status, type] = shapeOf(error)
  return {
    status,
    headers: { 'content-type': 'application/json', 'request-id': requestId, ...retryHeaders(error, status) },
    body: envelope(error, requestId, type),
  }
}

/**
 * The event that ends a stream in an error. In the middle of an event it is joined to it, so that the client sees one
 * event named `error` and no half JSON. See https://platform.claude.com/docs/en/build-with-claude/streaming#error-events.
 */
export function writeStreamError(error: GatewayError, context: StreamErrorContext): string {
  const begin = context.midEvent ? '\n' : ''
  const type = error.code === 'provider_unreachable' ? CUT_TYPE : shapeOf(error)[1]
  return `${begin}event: error\ndata: ${envelope(error, context.requestId, type)}\n\n`
}
