/**
 * The conversation as items of the Responses API. Reasoning goes back whole where this API made it, and nowhere else.
 * API: https://developers.openai.com/api/reference/responses.
 */
import { withLegalCallIds } from '../../chat/call-ids.ts'
import type {
  AnswerPart,
  CacheMark,
  ChatMessage,
  ContentPart,
  DocumentPart,
  ToolCallPart,
  ToolResult,
} from '../../chat/chat-message.ts'
import type { ChatRequest } from '../../chat/chat-request.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { present } from '../../chat/json-value.ts'
import { pairToolResults } from '../../chat/pair-tool-results.ts'
import type { Warnings } from '../../chat/warnings.ts'
import { urlOfSource } from '../openai-content.ts'

const DIALECT = 'openai-responses'

interface Writing {
  /** The request was written in this dialect: words only it knows are kept. */
  readonly native: boolean
  readonly warnings: Warnings
}

export interface WrittenInput {
  /** The system's words the conversation begins with; null: none. */
  readonly instructions: string | null
  readonly items: readonly JsonObject[]
}

export function writeInput(request: ChatRequest, warnings: Warnings): WrittenInput {
  const writing = { native: request.dialect === DIALECT, warnings }
  const paired = pairToolResults(withLegalCallIds(request.messages), warnings)
  const first = paired.findIndex((message) => !isSystemText(message))
  const leading = first === -1 ? paired : paired.slice(0, first)
  const texts = leading.flatMap((message) =>
    message.role === 'instructions' ? systemTexts(message.parts, writing) : [],
  )
  return {
    instructions: texts.length === 0 ? null : texts.join('\n\n'),
    items: paired.slice(leading.length).flatMap((message) => writeMessage(message, writing)),
  }
}

function isSystemText(message: ChatMessage): boolean {
  if (message.role !== 'instructions' || message.spoken !== 'system') return false
  return message.parts.every((part) => part.type === 'text' || (part.type === 'own' && part.own.dialect !== DIALECT))
}

function systemTexts(parts: readonly ContentPart[], writing: Writing): string[] {
  return parts.flatMap((part) => {
    if (part.type === 'own') writing.warnings.keeps(part.own, DIALECT)
    if (part.type !== 'text' || part.text === '') return []
    noteMark(part, writing)
    return [part.text]
  })
}

function noteMark(part: { readonly cacheMark?: CacheMark }, { warnings }: Writing): void {
  if (part.cacheMark !== undefined) warnings.note('cache_mark:dropped')
}

function writeMessage(message: ChatMessage, writing: Writing): JsonObject[] {
  switch (message.role) {
    case 'instructions':
      return spokenItem(writing.native ? message.spoken : 'developer', message.parts, writing)
    case 'user':
      return userItems(message.parts, writing)
    case 'tool':
      return message.results.map((result) => writeResult(result, writing))
    case 'assistant':
      return message.parts.flatMap((part) => writeAnswerPart(part, writing))
  }
}

/** Items only this dialect knows stand for themselves. */
function userItems(parts: readonly ContentPart[], writing: Writing): JsonObject[] {
  const [only, ...more] = parts
  if (only?.type === 'own' && more.length === 0 && isOwnItem(only.own.what)) {
    return writing.warnings.keeps(only.own, DIALECT) ? [only.own.value as JsonObject] : []
  }
  return spokenItem('user', parts, writing)
}

function isOwnItem(what: string): boolean {
  return what.endsWith('_output') || what === 'additional_tools' || what === 'mcp_approval_response'
}

function spokenItem(role: string, parts: readonly ContentPart[], writing: Writing): JsonObject[] {
  const content = parts.flatMap((part) => writePart(part, writing))
  return content.length === 0 ? [] : [{ type: 'message', role, content }]
}

function writePart(part: ContentPart, writing: Writing): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'input_text', text: part.text, ...breakpoint(part, writing) }]
    case 'image': {
      const { source } = part
      const place =
        source.kind === 'file' && source.dialect === DIALECT
          ? { file_id: source.id }
          : { image_url: urlOfSource(source) }
      if (place.image_url !== null) {
        return [{ type: 'input_image', ...place, detail: part.detail ?? 'auto', ...breakpoint(part, writing) }]
      }
      writing.warnings.note('image_file:dropped')
      return []
    }
    case 'document':
      return writeDocument(part, writing)
    case 'own':
      return writing.warnings.keeps(part.own, DIALECT) ? [part.own.value as JsonObject] : []
  }
}

function writeDocument(part: DocumentPart, writing: Writing): JsonObject[] {
  const { source } = part
  const mark = breakpoint(part, writing)
  switch (source.kind) {
    case 'text': {
      const text = part.title === undefined ? source.text : `${part.title}\n\n${source.text}`
      return [{ type: 'input_text', text, ...mark }]
    }
    case 'base64':
      return [{ type: 'input_file', filename: part.title ?? 'document.pdf', file_data: urlOfSource(source), ...mark }]
    case 'url':
      return [{ type: 'input_file', file_url: source.url, ...mark }]
    case 'file':
      if (source.dialect === DIALECT) return [{ type: 'input_file', file_id: source.id, ...mark }]
      writing.warnings.note('document_file:dropped')
      return []
  }
}

/** Marks of other dialects are left out: where they stand says nothing to caches that are found by prefix. */
function breakpoint(part: { readonly cacheMark?: CacheMark }, writing: Writing): JsonObject {
  if (part.cacheMark === undefined) return {}
  if (!writing.native) {
    noteMark(part, writing)
    return {}
  }
  return { prompt_cache_breakpoint: { mode: 'explicit', ...(part.cacheMark === 'long' ? { ttl: '12h' } : {}) } }
}

function writeResult(result: ToolResult, writing: Writing): JsonObject {
  if (result.isError) writing.warnings.note('tool_error_flag:dropped')
  noteMark(result, writing)
  const content = result.content.flatMap((part) => writePart(part, writing))
  const plain = content.every((part) => part['type'] === 'input_text' && part['prompt_cache_breakpoint'] === undefined)
  return {
    type: result.freeform ? 'custom_tool_call_output' : 'function_call_output',
    call_id: result.callId,
    output: plain ? content.map((part) => String(part['text'])).join('\n') : content,
  }
}

function writeAnswerPart(part: AnswerPart, writing: Writing): JsonObject[] {
  switch (part.type) {
    case 'text':
      noteMark(part, writing)
      return part.text === '' ? [] : [answerItem({ type: 'output_text', text: part.text, annotations: [] })]
    case 'refusal':
      return [answerItem({ type: 'refusal', refusal: part.text })]
    case 'reasoning':
      if (part.seal?.dialect === DIALECT) return [part.seal.value]
      writing.warnings.note('reasoning:dropped')
      return []
    case 'tool-call':
      noteMark(part, writing)
      return [writeCall(part)]
    case 'own':
      return writing.warnings.keeps(part.own, DIALECT) ? [part.own.value as JsonObject] : []
  }
}

function answerItem(content: JsonObject): JsonObject {
  return { type: 'message', role: 'assistant', content: [content] }
}

/** A whole call, of an answer or of the history. */
export function writeCall(call: ToolCallPart): JsonObject {
  const named = { call_id: call.id, name: call.name, ...present({ namespace: call.namespace }) }
  if (call.freeform) return { type: 'custom_tool_call', ...named, input: call.input }
  return { type: 'function_call', ...named, arguments: call.input.trim() === '' ? '{}' : call.input }
}
