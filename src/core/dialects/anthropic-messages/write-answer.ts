/** A whole answer written for a Messages client. API: https://platform.claude.com/docs/en/api/messages. */
import { legalCallId } from '../../chat/call-ids.ts'
import type { AnswerPart } from '../../chat/chat-message.ts'
import type { ChatResponse } from '../../chat/chat-response.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject } from '../../chat/json-value.ts'
import { inputObject } from '../../chat/tool-input.ts'
import { Warnings } from '../../chat/warnings.ts'
import type { AnswerContext, Written } from '../codec.ts'
import { messageFrame, thinkingBlock } from './answer-blocks.ts'
import { writeFinish } from './stop-reason.ts'
import { writeUsage } from './write-usage.ts'

export function writeAnswer(response: ChatResponse, context: AnswerContext): Written {
  const warnings = new Warnings()
  const content = response.parts.flatMap((part) => writePart(part, context, warnings))
  const body = {
    ...messageFrame(context, response.id, response.model),
    content,
    ...writeFinish(response.finish),
    usage: writeUsage(response.usage),
  }
  return { body, warnings: warnings.list() }
}

function writePart(part: AnswerPart, context: AnswerContext, warnings: Warnings): JsonObject[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text, citations: null }]
    case 'reasoning': {
      const block = thinkingBlock(part, context)
      if (block === null) warnings.note('reasoning:dropped')
      return block === null ? [] : [block]
    }
    case 'tool-call': {
      const input = part.freeform ? { input: part.input } : inputObject(part.input, warnings)
      return [{ type: 'tool_use', id: legalCallId(part.id), name: part.name, input }]
    }
    case 'own':
      return warnings.keeps(part.own, 'anthropic-messages') && isObject(part.own.value) ? [part.own.value] : []
  }
}
