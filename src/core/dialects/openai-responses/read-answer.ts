/** A whole response read. API: https://developers.openai.com/api/reference/responses. */
import type { ChatResponse } from '../../chat/chat-response.ts'
import { objectOf, objectsOf, stringOf } from '../../chat/json-value.ts'
import { readAnswerItem } from './read-content.ts'
import { readFinish } from './response-status.ts'
import { readUsage } from './response-usage.ts'

export function readAnswer(body: unknown): ChatResponse {
  const response = objectOf(body)
  const parts = objectsOf(response['output']).flatMap(readAnswerItem)
  return {
    id: stringOf(response['id']),
    model: stringOf(response['model']),
    parts,
    finish: readFinish(response, parts),
    usage: readUsage(response['usage']),
  }
}
