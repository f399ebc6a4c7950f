/** A whole completion read. API: https://developers.openai.com/api/reference/chat-completions. */
import type { ChatResponse } from '../../chat/chat-response.ts'
import { objectOf, objectsOf, stringOf } from '../../chat/json-value.ts'
import { readUsage } from './chat-usage.ts'
import { readFinish } from './finish-reason.ts'
import { readAnswerMessage } from './read-content.ts'

export function readAnswer(body: unknown): ChatResponse {
  const completion = objectOf(body)
  const choice = objectsOf(completion['choices'])[0] ?? {}
  const parts = readAnswerMessage(objectOf(choice['message']))
  const refusal = parts.find((part) => part.type === 'refusal')?.text ?? null
  return {
    id: stringOf(completion['id']),
    model: stringOf(completion['model']),
    parts,
    finish: readFinish(stringOf(choice['finish_reason']), {
      calls: parts.some((part) => part.type === 'tool-call'),
      refusal,
    }),
    usage: readUsage(completion['usage']),
  }
}
