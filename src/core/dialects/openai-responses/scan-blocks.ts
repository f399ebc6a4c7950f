/**
 * Reads one parsed item of a Responses input: https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 * It decides whose item it is and what it holds. The dialect has no mark for failed tools: an agent's adapter reads
 * that from the text.
 */
import type { ContentBlock } from '../request-scan.ts'
import { openaiContentBlocks, openaiContentText } from '../scan/openai-content.ts'
import { jsonOf, recordOf, textOf } from '../scan/parsed-values.ts'

/** What an item is by its type: `..._call_output` is a result, `..._call` a call; a message needs no type. */
export function itemKind(type: string): 'message' | 'tool-call' | 'tool-result' | 'thinking' | 'other' {
  if (type === '' || type === 'message' || type === 'agent_message') return 'message'
  if (type.endsWith('_output') || type === 'mcp_approval_response') return 'tool-result'
  if (type.endsWith('_call') || type === 'mcp_approval_request') return 'tool-call'
  return type === 'reasoning' ? 'thinking' : 'other'
}

/** Whose item it is. Clients refer by id to what the model wrote; items of unknown types are nobody's. */
export function itemRole(type: string, role: string): string {
  switch (itemKind(type)) {
    case 'message':
      return role === '' ? 'user' : role
    case 'tool-result':
      return 'tool'
    case 'tool-call':
    case 'thinking':
      return 'assistant'
    default:
      if (type === 'item_reference') return 'assistant'
      return role === '' ? 'other' : role
  }
}

/** The blocks of an item; an input that is a string is one text. */
export function responseBlocks(value: unknown, shallow: boolean): ContentBlock[] {
  if (typeof value === 'string') return openaiContentBlocks(value)
  const item = recordOf(value)
  const type = textOf(item['type'])
  const callId = textOf(item['call_id']) || textOf(item['id'])
  switch (itemKind(type)) {
    case 'message':
      return openaiContentBlocks(item['content'])
    case 'tool-call': {
      const input = item['arguments'] ?? item['input'] ?? item['action']
      const name = textOf(item['name']) || type.slice(0, -'_call'.length)
      return [{ type: 'tool-call', callId, name, input: typeof input === 'string' ? input : jsonOf(input, shallow) }]
    }
    case 'tool-result': {
      const output = item['output']
      const text =
        Array.isArray(output) || typeof output === 'string' ? openaiContentText(output) : jsonOf(output, shallow)
      return [{ type: 'tool-result', callId, isError: false, text }]
    }
    case 'thinking':
      return [{ type: 'thinking' }]
    default:
      return [{ type: 'other' }]
  }
}
