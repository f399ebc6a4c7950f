/** Everything a conversation shows or says, wherever it stands. */
import type { AnswerPart, ContentPart, DocumentPart } from './chat-message.ts'
import type { ChatRequest } from './chat-request.ts'

/** The parts of all messages and tool results, in order. */
export function contentOf(request: ChatRequest): (ContentPart | AnswerPart)[] {
  return request.messages.flatMap((message): readonly (ContentPart | AnswerPart)[] =>
    message.role === 'tool' ? message.results.flatMap((result) => result.content) : message.parts,
  )
}

/** Where each document is. */
export function documentSources(request: ChatRequest): DocumentPart['source'][] {
  return contentOf(request).flatMap((part) => (part.type === 'document' ? [part.source] : []))
}
