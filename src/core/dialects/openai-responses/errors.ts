/**
 * Headgate's own errors as a Responses client knows them: the common OpenAI envelope, and on a stream a
 * `response.failed` event. See https://developers.openai.com/api/reference/responses/streaming-events.
 */
import type { ErrorAnswer, GatewayError, StreamErrorContext } from '../../gateway-error.ts'
import { openAiErrorObject, openAiShape, writeOpenAiError } from '../openai-errors.ts'

/** Codex tries a 402 six times and a 400 once, and shows the sentence either way. */
const DEVIATIONS = {
  budget_exceeded: { status: 400, type: 'invalid_request_error', code: 'billing_hard_limit_reached' },
  iteration_cap: { status: 400, type: 'invalid_request_error', code: 'iteration_cap_reached' },
} as const

/** The answer to a request that failed before anything of it was sent. */
export function writeError(error: GatewayError, requestId: string): ErrorAnswer {
  return writeOpenAiError(error, requestId, openAiShape(error, DEVIATIONS))
}

/** The event that ends a stream in an error: the answer so far, failed. */
export function writeStreamError(error: GatewayError, context: StreamErrorContext): string {
  const { code: named, message } = openAiErrorObject(error, openAiShape(error, DEVIATIONS))
  // The one code that both Codex and opencode try again, as they would the cut itself.
  const code = error.code === 'provider_unreachable' ? 'server_error' : named
  const response = {
    id: context.responseId ?? `resp_${context.requestId}`,
    object: 'response',
    created_at: Math.floor(context.now / 1000),
    status: 'failed',
    error: { code: code ?? 'server_error', message },
    incomplete_details: null,
    model: context.model,
    output: [],
    usage: null,
  }
  const data = JSON.stringify({ type: 'response.failed', sequence_number: context.events, response })
  return `${context.midEvent ? '\n\n' : ''}event: response.failed\ndata: ${data}\n\n`
}
