/**
 * Reads the blocks of one parsed chat message: https://platform.openai.com/docs/api-reference/chat/create
 * It decides which part is a text, a call or a result. The dialect has no mark for failed tools: an agent's adapter
 * reads that from the text.
 */
import type { ContentBlock } from '../request-scan.ts'
import { openaiContentBlocks, openaiContentText } from '../scan/openai-content.ts'
import { listOf, recordOf, textOf, type JsonRecord } from '../scan/parsed-values.ts'

/** The blocks of a message: its content, then its calls; a tool's message is one result. */
export function chatBlocks(value: unknown): ContentBlock[] {
  const message = recordOf(value)
  const role = textOf(message['role'])
  if (role === 'tool' || role === 'function') {
    const callId = textOf(message['tool_call_id']) || textOf(message['name'])
    return [{ type: 'tool-result', callId, isError: false, text: openaiContentText(message['content']) }]
  }
  const blocks: ContentBlock[] = []
  const reasoning = message['reasoning_content'] ?? message['reasoning'] ?? message['reasoning_details']
  if (reasoning !== undefined && reasoning !== null) blocks.push({ type: 'thinking' })
  blocks.push(...openaiContentBlocks(message['content']))
  for (const call of listOf(message['tool_calls'])) blocks.push(readCall(recordOf(call)))
  const legacyCall = message['function_call'] ?? null
  if (legacyCall !== null) blocks.push(readCall({ function: legacyCall }))
  return blocks
}

function readCall(call: JsonRecord): ContentBlock {
  const called = recordOf(call['function'] ?? call['custom'])
  return {
    type: 'tool-call',
    callId: textOf(call['id']),
    name: textOf(called['name']),
    input: textOf(called['arguments']) || textOf(called['input']),
  }
}
