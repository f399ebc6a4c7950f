/** A whole completion written for a Chat Completions client. API: https://developers.openai.com/api/reference/chat-completions. */
import { legalCallId } from '../../chat/call-ids.ts'
import type { ChatResponse } from '../../chat/chat-response.ts'
import { joinedAnswerText } from '../../chat/joined-text.ts'
import { Warnings } from '../../chat/warnings.ts'
import type { AnswerContext, Written } from '../codec.ts'
import { writeUsage } from './chat-usage.ts'
import { completionFrame, isShown } from './completion-frame.ts'
import { writeFinish } from './finish-reason.ts'
import { writeCall } from './write-messages.ts'

export function writeAnswer(response: ChatResponse, context: AnswerContext): Written {
  const warnings = new Warnings()
  const { parts, finish } = response
  const calls = parts.filter((part) => part.type === 'tool-call')
  const refusal = refusalText(response)
  const text = joinedAnswerText(parts)
  const reasoning = shownReasoning(response, context, warnings)
  for (const part of parts) if (part.type === 'own') warnings.keeps(part.own, 'openai-chat-completions')
  const message = {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== null) ? null : text,
    refusal,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0
      ? {}
      : { tool_calls: calls.map((call) => writeCall({ ...call, id: legalCallId(call.id) })) }),
  }
  const finishReason = writeFinish(finish, { refusalTold: refusal !== null })
  const body = {
    ...completionFrame(context, { id: response.id, model: response.model, object: 'chat.completion' }),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    ...(response.usage === null ? {} : { usage: writeUsage(response.usage) }),
  }
  return { body, warnings: warnings.list() }
}

/** The model's own refusal, else what the provider says about it. */
function refusalText({ parts, finish }: ChatResponse): string | null {
  const told = parts.map((part) => (part.type === 'refusal' ? part.text : '')).join('')
  return told === '' ? (finish.refusal?.explanation ?? null) : told
}

function shownReasoning({ parts }: ChatResponse, context: AnswerContext, warnings: Warnings): string {
  let shown = ''
  for (const part of parts) {
    if (part.type !== 'reasoning') continue
    if (isShown(part, context)) shown += part.text
    else warnings.note('reasoning:dropped')
  }
  return shown
}
