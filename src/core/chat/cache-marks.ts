/** Cache marks of a conversation, for dialects in which marks of another one would stand in the wrong number or order. */
import type { ChatMessage } from './chat-message.ts'

/** The messages without any mark. What they say stays as it is. */
export function withoutCacheMarks(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map((message): ChatMessage => {
    switch (message.role) {
      case 'tool': {
        const results = message.results.map((result) => unmarked({ ...result, content: result.content.map(unmarked) }))
        return { ...message, results }
      }
      case 'assistant':
        return { ...message, parts: message.parts.map(unmarked) }
      default:
        return { ...message, parts: message.parts.map(unmarked) }
    }
  })
}

function unmarked<Part extends object>(part: Part): Part {
  if (!('cacheMark' in part)) return part
  const { cacheMark: _mark, ...rest } = part
  return rest as Part
}
