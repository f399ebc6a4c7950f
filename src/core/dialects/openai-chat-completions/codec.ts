/** The Chat Completions dialect, as translation uses it. */
import { isObject, objectOf } from '../../chat/json-value.ts'
import type { Codec } from '../codec.ts'
import { openAiProviderError, readOpenAiProviderError } from '../openai-provider-errors.ts'
import { readAnswer } from './read-answer.ts'
import { readRequest } from './read-request.ts'
import { readStream } from './read-stream.ts'
import { writeAnswer } from './write-answer.ts'
import { whyNotWritable, writeRequest } from './write-request.ts'
import { writeStream } from './write-stream.ts'

export const openAiChatCompletions: Codec = {
  // Few of the servers that speak this dialect know custom tools; all know functions.
  freeformTools: false,
  readRequest,
  writeRequest,
  whyNotWritable,
  failureIn: (body) => (isObject(objectOf(body)['error']) ? readOpenAiProviderError(null, body) : null),
  readAnswer,
  writeAnswer,
  readStream,
  writeStream,
  readProviderError: readOpenAiProviderError,
  writeProviderError(error) {
    const { status, error: body } = openAiProviderError(error)
    return { status, body: { error: body } }
  },
}
