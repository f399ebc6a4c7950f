/** A whole response written for a Responses client. API: https://developers.openai.com/api/reference/responses. */
import type { AnswerPart } from '../../chat/chat-message.ts'
import type { ChatResponse } from '../../chat/chat-response.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { Warnings } from '../../chat/warnings.ts'
import type { AnswerContext, Written } from '../codec.ts'
import type { ItemPlace } from './response-object.ts'
import {
  bareId,
  callItem,
  isShown,
  messageItem,
  reasoningItem,
  refusalContent,
  responseObject,
  textContent,
} from './response-object.ts'
import { statusOf } from './response-status.ts'

export function writeAnswer(response: ChatResponse, context: AnswerContext): Written {
  const warnings = new Warnings()
  const bare = bareId(response.id, context)
  const parts = withExplanation(response)
  const output: JsonObject[] = []
  for (const part of parts) {
    const item = writePart(part, { bareId: bare, index: output.length, status: 'completed' }, { context, warnings })
    if (item !== null) output.push(item)
  }
  const refusalTold = parts.some((part) => part.type === 'refusal')
  const { status, incompleteReason } = statusOf(response.finish, { refusalTold })
  const { model, usage } = response
  const body = responseObject(context, { bareId: bare, model, status, incompleteReason, output, usage })
  return { body, warnings: warnings.list() }
}

/** What the provider says about a refusal stands for the model's words where it has none. */
function withExplanation({ parts, finish }: ChatResponse): readonly AnswerPart[] {
  const explanation = finish.refusal?.explanation ?? null
  if (explanation === null || parts.some((part) => part.type === 'refusal')) return parts
  return [...parts, { type: 'refusal', text: explanation }]
}

interface Writing {
  readonly context: AnswerContext
  readonly warnings: Warnings
}

function writePart(part: AnswerPart, place: ItemPlace, { context, warnings }: Writing): JsonObject | null {
  switch (part.type) {
    case 'text':
      return part.text === '' ? null : messageItem(textContent(part.text), place)
    case 'refusal':
      return messageItem(refusalContent(part.text), place)
    case 'reasoning':
      if (isShown(part, context)) return reasoningItem(part, place)
      warnings.note('reasoning:dropped')
      return null
    case 'tool-call':
      return callItem(part, part.input, place)
    case 'own':
      return warnings.keeps(part.own, 'openai-responses') ? (part.own.value as JsonObject) : null
  }
}
