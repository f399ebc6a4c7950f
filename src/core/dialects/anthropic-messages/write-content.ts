/**
 * Parts written as Anthropic content blocks. Empty texts, which the API refuses, are left out.
 * API: https://platform.claude.com/docs/en/api/messages.
 */
import type {
  AnswerPart,
  CacheMark,
  ContentPart,
  DocumentPart,
  ImagePart,
  MediaSource,
  ToolResult,
} from '../../chat/chat-message.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject } from '../../chat/json-value.ts'
import { inputObject } from '../../chat/tool-input.ts'
import type { Warnings } from '../../chat/warnings.ts'

const DIALECT = 'anthropic-messages'

/** The `cache_control` member of a marked part, to spread. */
export function cacheControl(part: { readonly cacheMark?: CacheMark }): JsonObject {
  if (part.cacheMark === undefined) return {}
  return { cache_control: { type: 'ephemeral', ...(part.cacheMark === 'long' ? { ttl: '1h' } : {}) } }
}

/** Blocks of a user's message, an instruction or a tool result. */
export function writeContent(parts: readonly ContentPart[], warnings: Warnings): JsonObject[] {
  return parts.flatMap((part) => writeContentPart(part, warnings))
}

function writeContentPart(part: ContentPart, warnings: Warnings): JsonObject[] {
  switch (part.type) {
    case 'text':
      return textBlock(part.text, part)
    case 'image':
      return writeMedia(part, warnings)
    case 'document':
      return writeDocument(part, warnings)
    case 'own':
      return warnings.keeps(part.own, DIALECT) && isObject(part.own.value) ? [part.own.value] : []
  }
}

function textBlock(text: string, mark: { readonly cacheMark?: CacheMark }): JsonObject[] {
  return text.trim() === '' ? [] : [{ type: 'text', text, ...cacheControl(mark) }]
}

function writeMedia(part: ImagePart | DocumentPart, warnings: Warnings): JsonObject[] {
  const { type, source } = part
  if (source.kind === 'text') return []
  const written = writeSource(source)
  if (written === null) {
    warnings.note(`${type}_file:dropped`)
    return []
  }
  if (part.type === 'image' && part.detail !== undefined && part.detail !== 'auto')
    warnings.note('image_detail:dropped')
  const title = part.type === 'document' && part.title !== undefined ? { title: part.title } : {}
  return [{ type, source: written, ...title, ...cacheControl(part) }]
}

function writeSource(source: MediaSource): JsonObject | null {
  switch (source.kind) {
    case 'base64':
      return { type: 'base64', media_type: source.mediaType, data: source.data }
    case 'url':
      return { type: 'url', url: source.url }
    case 'file':
      return source.dialect === DIALECT ? { type: 'file', file_id: source.id } : null
  }
}

function writeDocument(part: DocumentPart, warnings: Warnings): JsonObject[] {
  if (part.source.kind !== 'text') return writeMedia(part, warnings)
  const source = { type: 'text', media_type: 'text/plain', data: part.source.text }
  const title = part.title === undefined ? {} : { title: part.title }
  return [{ type: 'document', source, ...title, ...cacheControl(part) }]
}

/** A `tool_result` block. */
export function writeToolResult(result: ToolResult, warnings: Warnings): JsonObject {
  const content = writeContent(result.content, warnings)
  return {
    type: 'tool_result',
    tool_use_id: result.callId,
    ...(content.length === 0 ? {} : { content }),
    ...(result.isError ? { is_error: true } : {}),
    ...cacheControl(result),
  }
}

/**
 * Blocks of an answer. Sealed thinking of this API goes back exactly as it came; other reasoning is left out.
 */
export function writeAnswerBlocks(parts: readonly AnswerPart[], warnings: Warnings): JsonObject[] {
  return parts.flatMap((part) => writeAnswerPart(part, warnings))
}

function writeAnswerPart(part: AnswerPart, warnings: Warnings): JsonObject[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return textBlock(part.text, part.type === 'text' ? part : {})
    case 'reasoning':
      if (part.seal?.dialect === DIALECT) return [part.seal.value]
      warnings.note('reasoning:dropped')
      return []
    case 'tool-call':
      return [
        {
          type: 'tool_use',
          id: part.id,
          name: part.name,
          input: inputObject(part.input, warnings),
          ...cacheControl(part),
        },
      ]
    case 'own':
      return warnings.keeps(part.own, DIALECT) && isObject(part.own.value) ? [part.own.value] : []
  }
}
