/** How an answer ended, as the Responses API says it: a status, and a reason where it is incomplete. https://developers.openai.com/api/reference/responses */
import type { AnswerPart } from '../../chat/chat-message.ts'
import type { Finish, FinishReason } from '../../chat/finish.ts'
import { finishOf } from '../../chat/finish.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { objectOf } from '../../chat/json-value.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: 'max-output',
  content_filter: 'content-filter',
}

/** `parts`: what the answer says, which tells calls and refusals apart from a plain end. */
export function readFinish(response: JsonObject, parts: readonly Pick<AnswerPart, 'type'>[]): Finish {
  const reason = objectOf(response['incomplete_details'])['reason']
  if (response['status'] === 'incomplete') return finishOf(REASONS[String(reason)] ?? 'max-output')
  if (parts.some((part) => part.type === 'tool-call')) return finishOf('tool-calls')
  return finishOf(parts.some((part) => part.type === 'refusal') ? 'refusal' : 'end')
}

export interface ResponseStatus {
  readonly status: 'completed' | 'incomplete'
  readonly incompleteReason: 'max_output_tokens' | 'content_filter' | null
}

const COMPLETED: ResponseStatus = { status: 'completed', incompleteReason: null }
const FILTERED: ResponseStatus = { status: 'incomplete', incompleteReason: 'content_filter' }
const CUT_SHORT: ResponseStatus = { status: 'incomplete', incompleteReason: 'max_output_tokens' }

/** `refusalTold`: the answer holds the model's refusal in words. */
export function statusOf(finish: Finish, { refusalTold }: { readonly refusalTold: boolean }): ResponseStatus {
  switch (finish.reason) {
    case 'max-output':
    case 'context-full':
      return CUT_SHORT
    case 'content-filter':
      return FILTERED
    case 'refusal':
      return refusalTold ? COMPLETED : FILTERED
    default:
      return COMPLETED
  }
}
