/** Several text parts as the one text that some dialects have. */
import type { AnswerPart } from './chat-message.ts'

/** Between texts that something else stood between. */
export const TEXT_BREAK = '\n\n'

/** The texts of an answer: neighbours are one text cut in pieces, others are paragraphs. */
export function joinedAnswerText(parts: readonly AnswerPart[]): string {
  let joined = ''
  let broken = false
  for (const part of parts) {
    if (part.type !== 'text') broken = true
    else if (part.text !== '') {
      joined += joined !== '' && broken ? `${TEXT_BREAK}${part.text}` : part.text
      broken = false
    }
  }
  return joined
}
