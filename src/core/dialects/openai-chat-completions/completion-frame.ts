/** What the writers of whole completions and of chunks say alike. */
import type { ReasoningPart } from '../../chat/chat-message.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import type { AnswerContext } from '../codec.ts'

const DIALECT = 'openai-chat-completions'

/** The members every chunk and every completion begins with. */
export function completionFrame(
  context: AnswerContext,
  answer: { readonly id: string | null; readonly model: string | null; readonly object: string },
): JsonObject {
  const id = answer.id ?? context.fallbackId
  return {
    id: id.startsWith('chatcmpl-') ? id : `chatcmpl-${id.replace(/^(msg_|resp_)/, '')}`,
    object: answer.object,
    created: Math.floor(context.now / 1000),
    model: context.model ?? answer.model ?? '',
  }
}

/** Only a server of this dialect, or a client that asked for it, gets to see what was thought. */
export function isShown(part: Pick<ReasoningPart, 'seal'>, context: AnswerContext): boolean {
  return part.seal?.dialect === DIALECT || context.foreignReasoning === 'shown'
}
