/**
 * Puts the results of tool calls right behind the answer that made them, one for each call and in their order, as the
 * strictest dialect wants it. Results that came later move forward, a missing one is said to be missing, and one that
 * answers no call becomes the user's words. It never changes what a result says.
 */
import type { ChatMessage, ContentPart, ToolCallPart, ToolMessage, ToolResult } from './chat-message.ts'
import type { Warnings } from './warnings.ts'

const MISSING = 'No result of this call was recorded.'

export function pairToolResults(messages: readonly ChatMessage[], warnings: Warnings): ChatMessage[] {
  const left = messages.map((message) => (message.role === 'tool' ? [...message.results] : []))
  const paired: ChatMessage[] = []
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      const stray = left[index] ?? []
      if (stray.length > 0) paired.push({ role: 'user', parts: stray.flatMap((result) => asWords(result, warnings)) })
      continue
    }
    paired.push(message)
    if (message.role !== 'assistant') continue
    const calls = message.parts.filter((part) => part.type === 'tool-call')
    if (calls.length > 0) paired.push(resultsOf(calls, { left, from: index + 1, warnings }))
  }
  return paired
}

interface Search {
  /** Results of each message that no call has taken yet. */
  readonly left: ToolResult[][]
  /** Index of the first message that may hold results. */
  readonly from: number
  readonly warnings: Warnings
}

function resultsOf(calls: readonly ToolCallPart[], search: Search): ToolMessage {
  return { role: 'tool', results: calls.map((call) => resultOf(call, search)) }
}

function resultOf(call: ToolCallPart, { left, from, warnings }: Search): ToolResult {
  for (const results of left.slice(from)) {
    const at = results.findIndex((result) => result.callId === call.id)
    const [found] = at === -1 ? [] : results.splice(at, 1)
    if (found !== undefined) return { ...found, freeform: call.freeform }
  }
  warnings.note('tool_result:missing')
  return { callId: call.id, freeform: call.freeform, content: [{ type: 'text', text: MISSING }], isError: true }
}

function asWords(result: ToolResult, warnings: Warnings): readonly ContentPart[] {
  warnings.note('tool_result:as_user')
  return [{ type: 'text', text: `Result of the tool call ${result.callId}:` }, ...result.content]
}
