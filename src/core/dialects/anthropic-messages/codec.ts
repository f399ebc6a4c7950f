/** The Messages dialect, as translation uses it. */
import { objectOf } from '../../chat/json-value.ts'
import type { Codec } from '../codec.ts'
import { readProviderError, writeProviderError } from './provider-errors.ts'
import { readAnswer } from './read-answer.ts'
import { readRequest } from './read-request.ts'
import { readStream } from './read-stream.ts'
import { writeAnswer } from './write-answer.ts'
import { whyNotWritable, writeRequest } from './write-request.ts'
import { writeStream } from './write-stream.ts'

export const anthropicMessages: Codec = {
  freeformTools: false,
  readRequest,
  writeRequest,
  whyNotWritable,
  failureIn: (body) => (objectOf(body)['type'] === 'error' ? readProviderError(null, body) : null),
  readAnswer,
  writeAnswer,
  readStream,
  writeStream,
  readProviderError,
  writeProviderError,
}
