/** What the writers of whole answers and of streams say alike. */
import type { ReasoningPart } from '../../chat/chat-message.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import type { AnswerContext } from '../codec.ts'

const DIALECT = 'anthropic-messages'

/** The answer's id in the shape of this API; the provider's own part of it stays. */
function messageId(id: string | null, context: AnswerContext): string {
  const known = id ?? context.fallbackId
  return known.startsWith('msg_') ? known : `msg_${known.replace(/^(chatcmpl-|resp_)/, '')}`
}

/** Members of a message that are the same whatever it says. */
export function messageFrame(context: AnswerContext, id: string | null, model: string | null): JsonObject {
  return {
    id: messageId(id, context),
    type: 'message',
    role: 'assistant',
    model: context.model ?? model ?? '',
  }
}

/** The block of a reasoning part, null where the client must not get one. */
export function thinkingBlock(part: ReasoningPart, context: AnswerContext): JsonObject | null {
  if (part.seal?.dialect === DIALECT) return part.seal.value
  if (context.foreignReasoning === 'dropped' || part.text === '') return null
  return { type: 'thinking', thinking: part.text, signature: '' }
}
