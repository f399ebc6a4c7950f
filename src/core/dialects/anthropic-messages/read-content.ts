/**
 * Anthropic content blocks read into parts. What no other dialect knows is kept as it came.
 * API: https://platform.claude.com/docs/en/api/messages.
 */
import type {
  AnswerPart,
  CacheMark,
  ContentPart,
  DocumentPart,
  ImagePart,
  MediaSource,
  ReasoningPart,
  ToolResult,
} from '../../chat/chat-message.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject, objectOf, objectsOf, stringOf, typeOf } from '../../chat/json-value.ts'
import type { IfLost, OwnValue } from '../../chat/own-value.ts'

const DIALECT = 'anthropic-messages'

export function ownAnthropic(what: string, value: unknown, ifLost: IfLost): OwnValue {
  return { dialect: DIALECT, what, value, ifLost }
}

/** The cache mark of anything that can carry one, as a member to spread. */
export function cacheMarkOf(value: JsonObject): { readonly cacheMark?: CacheMark } {
  const mark = value['cache_control']
  if (!isObject(mark)) return {}
  return { cacheMark: mark['ttl'] === '1h' ? 'long' : 'short' }
}

/** Blocks of a content that may also be a plain string. */
export function blocksOf(content: unknown): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content)
}

/** A block of a user's message, an instruction or a tool result. */
export function readContentBlock(block: JsonObject): ContentPart {
  switch (block['type']) {
    case 'text':
      return { type: 'text', text: stringOf(block['text']) ?? '', ...cacheMarkOf(block) }
    case 'image':
      return readImage(block)
    case 'document':
      return readDocument(block)
    case 'tool_reference':
      // The result of a client's own tool search: to another provider the tool is simply there.
      return { type: 'text', text: `Tool available: ${stringOf(block['tool_name']) ?? ''}` }
    case 'search_result':
      return readSearchResult(block)
    default:
      return { type: 'own', own: ownAnthropic(typeOf(block), block, 'warned') }
  }
}

function readImage(block: JsonObject): ContentPart {
  const source = readSource(block)
  if (source === null) return { type: 'own', own: ownAnthropic('image', block, 'refused') }
  const image: ImagePart = { type: 'image', source, ...cacheMarkOf(block) }
  return image
}

function readSource(block: JsonObject): MediaSource | null {
  const source = objectOf(block['source'])
  const [data, url, id] = [stringOf(source['data']), stringOf(source['url']), stringOf(source['file_id'])]
  if (source['type'] === 'base64' && data !== null) {
    return { kind: 'base64', mediaType: stringOf(source['media_type']) ?? 'application/octet-stream', data }
  }
  if (source['type'] === 'url' && url !== null) return { kind: 'url', url }
  if (source['type'] === 'file' && id !== null) return { kind: 'file', dialect: DIALECT, id }
  return null
}

function readDocument(block: JsonObject): ContentPart {
  const raw = objectOf(block['source'])
  const text = raw['type'] === 'text' ? stringOf(raw['data']) : textOfBlocks(raw)
  const source: DocumentPart['source'] | null = text === null ? readSource(block) : { kind: 'text', text }
  if (source === null) return { type: 'own', own: ownAnthropic('document', block, 'refused') }
  const title = stringOf(block['title'])
  return { type: 'document', source, ...(title === null ? {} : { title }), ...cacheMarkOf(block) }
}

function textOfBlocks(source: JsonObject): string | null {
  if (source['type'] !== 'content') return null
  const blocks = blocksOf(source['content'])
  if (!blocks.every((block) => block['type'] === 'text')) return null
  return blocks.map((block) => stringOf(block['text']) ?? '').join('\n')
}

function readSearchResult(block: JsonObject): ContentPart {
  const lines = blocksOf(block['content']).map((inner) => stringOf(inner['text']) ?? '')
  const heading = [stringOf(block['title']), stringOf(block['source'])].filter((line) => line !== null)
  return { type: 'text', text: [...heading, ...lines].join('\n'), ...cacheMarkOf(block) }
}

/** A `tool_result` block. */
export function readToolResult(block: JsonObject): ToolResult {
  return {
    callId: stringOf(block['tool_use_id']) ?? '',
    freeform: false,
    content: blocksOf(block['content']).map(readContentBlock),
    isError: block['is_error'] === true,
    ...cacheMarkOf(block),
  }
}

/** A block of an answer. */
export function readAnswerBlock(block: JsonObject): AnswerPart {
  switch (block['type']) {
    case 'text':
      return { type: 'text', text: stringOf(block['text']) ?? '', ...cacheMarkOf(block) }
    case 'thinking':
    case 'redacted_thinking':
      return readThinking(block)
    case 'tool_use':
      return {
        type: 'tool-call',
        id: stringOf(block['id']) ?? '',
        name: stringOf(block['name']) ?? '',
        namespace: null,
        input: JSON.stringify(block['input'] ?? {}),
        freeform: false,
        ...cacheMarkOf(block),
      }
    default:
      // Calls and results of tools the provider ran: the text around them says what came of it.
      return { type: 'own', own: ownAnthropic(typeOf(block), block, 'warned') }
  }
}

/** Thinking without a signature was not made by this API and cannot go back to it. */
function readThinking(block: JsonObject): ReasoningPart {
  const { cache_control: _mark, ...value } = block
  const sealed = Boolean(block['signature']) || block['type'] === 'redacted_thinking'
  return {
    type: 'reasoning',
    text: stringOf(block['thinking']) ?? '',
    seal: sealed ? { dialect: DIALECT, value } : null,
  }
}
