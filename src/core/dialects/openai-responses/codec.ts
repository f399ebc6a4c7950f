/** The Responses dialect, as translation uses it. */
import type { Codec } from '../codec.ts'
import { readOpenAiProviderError } from '../openai-provider-errors.ts'
import { failureIn, writeProviderError } from './provider-errors.ts'
import { readAnswer } from './read-answer.ts'
import { readRequest } from './read-request.ts'
import { readStream } from './read-stream.ts'
import { writeAnswer } from './write-answer.ts'
import { whyNotWritable, writeRequest } from './write-request.ts'
import { writeStream } from './write-stream.ts'

export const openAiResponses: Codec = {
  freeformTools: true,
  readRequest,
  writeRequest,
  whyNotWritable,
  failureIn,
  readAnswer,
  writeAnswer,
  readStream,
  writeStream,
  readProviderError: readOpenAiProviderError,
  writeProviderError,
}
