/** A whole answer of the Messages API read. API: https://platform.claude.com/docs/en/api/messages. */
import type { ChatResponse } from '../../chat/chat-response.ts'
import { objectOf, objectsOf, stringOf } from '../../chat/json-value.ts'
import { readAnswerBlock } from './read-content.ts'
import { foldUsage } from './read-usage.ts'
import { readFinish } from './stop-reason.ts'

export function readAnswer(body: unknown): ChatResponse {
  const message = objectOf(body)
  return {
    id: stringOf(message['id']),
    model: stringOf(message['model']),
    parts: objectsOf(message['content']).map(readAnswerBlock),
    finish: readFinish(message),
    usage: foldUsage(null, message['usage']),
  }
}
