/**
 * The blocks of a Messages request that a cache mark can stand on: the last tools, the system prompt, the content of a
 * message. It reads types, marks and places; it decides nothing and changes no byte.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching#what-can-be-cached
 */
import type { ByteRange } from '../dialects/body-text.ts'
import type { ObjectMembers } from '../dialects/json-members.ts'
import { arrayElements, memberValue, objectMembers, smallValue } from '../dialects/json-members.ts'
import type { Edit } from '../dialects/passthrough.ts'
import { asciiJson, editField } from '../dialects/passthrough.ts'

export interface PromptBlock {
  /** `text`, `tool_use` ...; a tool's definition is `tool`. */
  readonly type: string
  /** The API takes a mark on it. */
  readonly markable: boolean
  /** The lifetime asked for by the client's own mark; null: it has none. */
  readonly marked: 'short' | 'long' | null
  /** null: the content is a plain string, which becomes a list with one text block when it is marked. */
  readonly members: ObjectMembers | null
  readonly range: ByteRange
}

/** Thinking takes no mark, and a type that is not known here may not take one either. */
const MARKABLE = new Set([
  'text',
  'image',
  'document',
  'search_result',
  'tool_use',
  'tool_result',
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'container_upload',
])

const QUOTE = 0x22
const MARK_FIELD = 'cache_control'

/** The blocks of a content: one text block for a string, none where there is no content. */
export function contentBlocks(bytes: Uint8Array, content: ByteRange | undefined): PromptBlock[] {
  if (content === undefined) return []
  if (bytes[content.start] === QUOTE) {
    return [{ type: 'text', markable: !isBlank(bytes, content), marked: null, members: null, range: content }]
  }
  return (arrayElements(bytes, content.start) ?? []).map((range) => contentBlock(bytes, range))
}

/** The tools as the prompt holds them: those that are loaded later are not in it. */
export function toolBlocks(bytes: Uint8Array, tools: readonly ByteRange[]): PromptBlock[] {
  return tools.flatMap((range) => {
    const members = objectMembers(bytes, range.start)
    if (smallValue(bytes, memberValue(members, 'defer_loading')) === true) return []
    // The tools of a set may be loaded later, each by its own word.
    const isSet = memberValue(members, 'default_config') !== undefined || memberValue(members, 'configs') !== undefined
    return [{ type: 'tool', markable: members !== null && !isSet, marked: markOf(bytes, members), members, range }]
  })
}

function contentBlock(bytes: Uint8Array, range: ByteRange): PromptBlock {
  const members = objectMembers(bytes, range.start)
  const named = smallValue(bytes, memberValue(members, 'type'))
  const type = typeof named === 'string' ? named : ''
  const text = memberValue(members, 'text')
  const empty = type === 'text' && (text === undefined || isBlank(bytes, text))
  return { type, markable: MARKABLE.has(type) && !empty, marked: markOf(bytes, members), members, range }
}

function markOf(bytes: Uint8Array, members: ObjectMembers | null): PromptBlock['marked'] {
  const mark = smallValue(bytes, memberValue(members, MARK_FIELD))
  if (typeof mark !== 'object' || mark === null) return null
  return 'ttl' in mark && mark.ttl === '1h' ? 'long' : 'short'
}

/** A JSON string of nothing but white space. */
function isBlank(bytes: Uint8Array, { start, end }: ByteRange): boolean {
  for (let at = start + 1; at < end - 1; at += 1) {
    const byte = bytes[at]
    if (byte === 0x20) continue
    // \n, \r, \t
    const escaped = byte === 0x5c ? bytes[at + 1] : undefined
    if (escaped !== 0x6e && escaped !== 0x72 && escaped !== 0x74) return false
    at += 1
  }
  return true
}

/** The edits that put a mark on a block without one. */
export function markEdits(block: PromptBlock, lifetime: 'short' | 'long'): Edit[] {
  const mark = asciiJson(lifetime === 'long' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' })
  if (block.members !== null) return editField(block.members, MARK_FIELD, mark)
  const { start, end } = block.range
  return [
    { start, end: start, text: '[{"type":"text","text":' },
    { start: end, end, text: `,"${MARK_FIELD}":${mark}}]` },
  ]
}
