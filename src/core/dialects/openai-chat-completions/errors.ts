/**
 * Headgate's own errors as a Chat Completions client knows them: the common OpenAI envelope, and on a stream a data
 * line that holds the same object. See https://developers.openai.com/api/docs/guides/error-codes.
 */
import type { ErrorAnswer, GatewayError, StreamErrorContext } from '../../gateway-error.ts'
import { openAiErrorObject, openAiShape, writeOpenAiError } from '../openai-errors.ts'

/** The answer to a request that failed before anything of it was sent. */
export function writeError(error: GatewayError, requestId: string): ErrorAnswer {
  return writeOpenAiError(error, requestId, openAiShape(error, {}))
}

/** The data line that ends a stream in an error; no `[DONE]` follows, so that nobody takes the answer for whole. */
export function writeStreamError(error: GatewayError, context: StreamErrorContext): string {
  const begin = context.midEvent ? '\n\n' : ''
  return `${begin}data: ${JSON.stringify({ error: openAiErrorObject(error, openAiShape(error, {})) })}\n\n`
}
