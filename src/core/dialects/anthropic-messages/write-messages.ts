/**
 * The conversation as Anthropic's alternating messages: instructions it begins with go to `system`, neighbours of one
 * role are joined, results stand right behind their calls. API: https://platform.claude.com/docs/en/api/messages.
 */
import type { AnswerPart, ChatMessage } from '../../chat/chat-message.ts'
import { withLegalCallIds } from '../../chat/call-ids.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { pairToolResults } from '../../chat/pair-tool-results.ts'
import type { Warnings } from '../../chat/warnings.ts'
import { writeAnswerBlocks, writeContent, writeToolResult } from './write-content.ts'

interface WireMessage {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: readonly JsonObject[]
}

export interface WrittenConversation {
  readonly system: readonly JsonObject[]
  readonly messages: readonly WireMessage[]
}

export function writeConversation(messages: readonly ChatMessage[], warnings: Warnings): WrittenConversation {
  const paired = pairToolResults(withLegalCallIds(messages), warnings)
  const first = paired.findIndex((message) => message.role !== 'instructions')
  const leading = first === -1 ? paired : paired.slice(0, first)
  const system = leading.flatMap((message) =>
    message.role === 'instructions' ? writeContent(message.parts, warnings) : [],
  )
  const written = paired.slice(leading.length).map((message) => writeMessage(message, warnings))
  const joined = joinNeighbours(placeInstructions(written, warnings))
  if (joined.length === 0) return { system: [], messages: [{ role: 'user', content: system }] }
  if (joined[0]?.role === 'user') return { system, messages: joined }
  warnings.note('opening_user_message:added')
  return { system, messages: [{ role: 'user', content: [{ type: 'text', text: 'Continue.' }] }, ...joined] }
}

function writeMessage(message: ChatMessage, warnings: Warnings): WireMessage {
  switch (message.role) {
    case 'instructions':
      return { role: 'system', content: writeContent(message.parts, warnings) }
    case 'user':
      return { role: 'user', content: writeContent(message.parts, warnings) }
    case 'tool':
      return { role: 'user', content: message.results.map((result) => writeToolResult(result, warnings)) }
    case 'assistant':
      return { role: 'assistant', content: writeAnswerBlocks(callsLast(message.parts), warnings) }
  }
}

/**
 * Leaves out what is empty. Instructions inside the conversation may only stand before an answer or at the end;
 * elsewhere the user says them, in the wrapping that coding agents use themselves.
 */
function placeInstructions(messages: readonly WireMessage[], warnings: Warnings): WireMessage[] {
  const spoken = messages.filter((message) => message.content.length > 0)
  return spoken.map((message, index) => {
    const next = spoken.slice(index + 1).find((later) => later.role !== 'system')
    if (message.role !== 'system' || next?.role !== 'user') return message
    warnings.note('system_message:as_user')
    return { role: 'user', content: message.content.map(wrapped) }
  })
}

function wrapped(block: JsonObject): JsonObject {
  if (block['type'] !== 'text') return block
  return { ...block, text: `<system-reminder>\n${String(block['text'])}\n</system-reminder>` }
}

/** Calls end an answer, as the model itself writes it. An answer with sealed thinking stays in its order. */
function callsLast(parts: readonly AnswerPart[]): readonly AnswerPart[] {
  if (parts.some((part) => part.type === 'reasoning' && part.seal?.dialect === 'anthropic-messages')) return parts
  const isCall = (part: AnswerPart) => part.type === 'tool-call'
  return [...parts.filter((part) => !isCall(part)), ...parts.filter(isCall)]
}

function joinNeighbours(messages: readonly WireMessage[]): WireMessage[] {
  const joined: WireMessage[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (last?.role === message.role && message.role !== 'system') {
      joined[joined.length - 1] = { role: last.role, content: [...last.content, ...message.content] }
    } else joined.push(message)
  }
  return joined
}
