/** A whole completion read. API: https://developers.openai.com/api/reference/chat-completions. */
import type { ChatResponse } from '../../chat/chat-response.ts'
import { objectOf, objectsOf, stringOf } from '../../chat/json-value.ts'
import { readUsage } from './chat-usage.ts'
import { readFinish } from './finish-reason.ts'
import { madeCallId, readAnswerMessage } from './read-content.ts'

export function readAnswer(body: unknown): ChatResponse {
  const completion = objectOf(body)
  const choice = objectsOf(completion['choices'])[0] ?? {}
  const id = stringOf(completion['id'])
  const parts = readAnswerMessage(objectOf(choice['message'])).map((part, position) => {
    return part.type === 'tool-call' && part.id === '' ? { ...part, id: madeCallId(id, position) } : part
  })
  const refusal = parts.find((part) => part.type === 'refusal')?.text ?? null
  return {
    id,
    model: stringOf(completion['model']),
    parts,
    finish: readFinish(stringOf(choice['finish_reason']), {
      calls: parts.some((part) => part.type === 'tool-call'),
      refusal,
    }),
    usage: readUsage(completion['usage']),
  }
}
