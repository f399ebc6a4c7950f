/**
 * Reads the blocks of one parsed Messages message: https://docs.anthropic.com/en/api/messages#body-messages-content
 * It decides which block is a text, a call or a result; it never judges what a text says.
 */
import type { ContentBlock } from '../request-scan.ts'
import { blockKind } from '../scan/content-reader.ts'
import { jsonOf, listOf, recordOf, textOf } from '../scan/parsed-values.ts'

/** The blocks of a message; string contents are one text block. */
export function messageBlocks(value: unknown, shallow: boolean): ContentBlock[] {
  const { content } = recordOf(value)
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return listOf(content).map((block) => readBlock(block, shallow))
}

function readBlock(value: unknown, shallow: boolean): ContentBlock {
  const block = recordOf(value)
  switch (blockKind(textOf(block['type']))) {
    case 'text':
      return { type: 'text', text: textOf(block['text']) }
    case 'tool-call':
      return {
        type: 'tool-call',
        callId: textOf(block['id']),
        name: textOf(block['name']),
        input: jsonOf(block['input'], shallow),
      }
    case 'tool-result':
      return {
        type: 'tool-result',
        callId: textOf(block['tool_use_id']),
        isError: block['is_error'] === true,
        text: resultText(block['content']),
      }
    case 'image':
      return { type: 'image' }
    case 'document':
      return { type: 'document' }
    case 'thinking':
      return { type: 'thinking' }
    default:
      return { type: 'other' }
  }
}

function resultText(content: unknown): string {
  if (typeof content === 'string') return content
  return listOf(content)
    .map((block) => textOf(recordOf(block)['text']))
    .filter((text) => text !== '')
    .join('\n')
}
