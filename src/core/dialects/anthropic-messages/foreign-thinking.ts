/**
 * Takes the thinking out of messages that another provider has signed: this one would refuse it. All else they hold stays
 * byte for byte. https://platform.claude.com/docs/en/build-with-claude/extended-thinking
 */
import type { ByteRange } from '../body-text.ts'
import { arrayElements, memberValue, objectMembers, smallValue } from '../json-members.ts'
import { removeElements, type Edit } from '../passthrough.ts'
import type { RequestScan } from '../request-scan.ts'

const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking'])

/** The edits for these messages, by their index. A message that would be left with nothing goes as a whole. */
export function foreignThinking({ body: { bytes }, messages }: RequestScan, foreign: ReadonlySet<number>): Edit[] {
  const edits: Edit[] = []
  const gone = new Set<number>()
  for (const index of foreign) {
    const blocks = blocksOf(bytes, messages[index]?.range)
    const thinking = new Set([...blocks.keys()].filter((at) => THINKING.has(typeOf(bytes, blocks[at]!))))
    if (blocks.length > 0 && thinking.size === blocks.length) gone.add(index)
    else edits.push(...removeElements(blocks, thinking))
  }
  const ranges = messages.map(({ range }) => range)
  return [...edits, ...removeElements(ranges, gone)]
}

function blocksOf(bytes: Uint8Array, message: ByteRange | undefined): readonly ByteRange[] {
  const members = message === undefined ? null : objectMembers(bytes, message.start)
  const content = memberValue(members, 'content')
  return (content === undefined ? null : arrayElements(bytes, content.start)) ?? []
}

function typeOf(bytes: Uint8Array, block: ByteRange): unknown {
  return smallValue(bytes, memberValue(objectMembers(bytes, block.start), 'type'))
}
