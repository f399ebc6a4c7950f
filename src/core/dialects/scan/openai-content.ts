/**
 * Reads a parsed content of the OpenAI dialects: a string, or a list of parts.
 * It decides which part is a text; it never judges what a text says.
 */
import type { ContentBlock } from '../request-scan.ts'
import { blockKind } from './content-reader.ts'
import { listOf, recordOf, textOf } from './parsed-values.ts'

/** The blocks of a content in either OpenAI dialect: a string, or a list of parts. */
export function openaiContentBlocks(content: unknown): ContentBlock[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return listOf(content).map((part): ContentBlock => {
    const block = recordOf(part)
    const kind = blockKind(textOf(block['type']))
    if (kind === 'text') return { type: 'text', text: textOf(block['text']) || textOf(block['refusal']) }
    return { type: kind === 'image' || kind === 'document' || kind === 'thinking' ? kind : 'other' }
  })
}

/** The texts of a content, one after another. */
export function openaiContentText(content: unknown): string {
  return openaiContentBlocks(content)
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
}
