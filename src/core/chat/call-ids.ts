/**
 * Ids of tool calls that another dialect accepts. A legal id stays as it is; any other becomes one made from it alone,
 * so that every call of a thread maps it alike. A call and its result always get the same id.
 */
import type { ChatMessage, ToolCallPart } from './chat-message.ts'
import { shortHash } from './short-hash.ts'

/** Every API takes letters, digits, `_` and `-`; the shortest limit is 64 characters. */
const LEGAL = /^[a-zA-Z0-9_-]{1,64}$/

/** The id itself where it is legal, else a legal one made from it. */
export function legalCallId(id: string): string {
  return LEGAL.test(id) ? id : `call_${shortHash(id)}`
}

/**
 * The messages with legal ids, each used for one call only: some servers count their calls anew in every answer. A
 * result belongs to the latest call of its id.
 */
export function withLegalCallIds(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const current = new Map<string, string>()
  const taken = new Set<string>()

  const idOfCall = (call: ToolCallPart): string => {
    let legal = legalCallId(call.id)
    while (taken.has(legal)) legal = `call_${shortHash(`${legal} again`)}`
    taken.add(legal)
    current.set(call.id, legal)
    return legal
  }

  return messages.map((message) => {
    if (message.role === 'assistant') {
      const parts = message.parts.map((part) => (part.type === 'tool-call' ? { ...part, id: idOfCall(part) } : part))
      return { ...message, parts }
    }
    if (message.role !== 'tool') return message
    const results = message.results.map((result) => ({
      ...result,
      callId: current.get(result.callId) ?? legalCallId(result.callId),
    }))
    return { ...message, results }
  })
}
