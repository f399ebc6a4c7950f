/**
 * A provider's errors as the Responses API has them: the common envelope, and inside a stream a failed response or an
 * `error` event. API: https://developers.openai.com/api/reference/responses/streaming-events.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject, objectOf } from '../../chat/json-value.ts'
import type { ProviderError } from '../../chat/provider-error.ts'
import { openAiProviderError, readOpenAiProviderError } from '../openai-provider-errors.ts'

/** The error of a response that failed after its status of success, null where it did not. */
export function failureIn(body: unknown): ProviderError | null {
  const response = objectOf(body)
  if (isObject(response['error'])) return readOpenAiProviderError(null, response)
  return response['status'] === 'failed' ? readOpenAiProviderError(null, { message: 'The response failed.' }) : null
}

/** The envelope and its status. */
export function writeProviderError(error: ProviderError): { readonly status: number; readonly body: JsonObject } {
  const { status, error: body } = openAiProviderError(error)
  // Codex tries a 402 six times and a 400 once, and shows the sentence either way.
  return { status: error.kind === 'billing' ? 400 : status, body: { error: body } }
}

/** The `error` member of a failed response. */
export function failureOf(error: ProviderError): JsonObject {
  return { code: openAiProviderError(error).code ?? 'server_error', message: error.message }
}
