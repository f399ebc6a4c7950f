/**
 * The conversation as messages of Chat Completions. Images and documents in tool results, which the API does not take
 * there, follow in a user's message. API: https://developers.openai.com/api/reference/chat-completions.
 */
import { withLegalCallIds } from '../../chat/call-ids.ts'
import type {
  AnswerMessage,
  CacheMark,
  ChatMessage,
  ContentPart,
  DocumentPart,
  InstructionMessage,
  ToolCallPart,
  ToolMessage,
  ToolResult,
} from '../../chat/chat-message.ts'
import type { ChatRequest } from '../../chat/chat-request.ts'
import { joinedAnswerText } from '../../chat/joined-text.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { pairToolResults } from '../../chat/pair-tool-results.ts'
import type { Warnings } from '../../chat/warnings.ts'
import { urlOfSource } from '../openai-content.ts'

const DIALECT = 'openai-chat-completions'

interface Writing {
  /** The request was written in this dialect: words only it knows are kept. */
  readonly native: boolean
  readonly warnings: Warnings
}

export function writeMessages(request: ChatRequest, warnings: Warnings): JsonObject[] {
  const writing = { native: request.dialect === DIALECT, warnings }
  const paired = pairToolResults(withLegalCallIds(request.messages), warnings)
  return paired.flatMap((message) => writeMessage(message, writing))
}

function writeMessage(message: ChatMessage, writing: Writing): JsonObject[] {
  switch (message.role) {
    case 'instructions':
      return writeInstructions(message, writing)
    case 'user': {
      const content = writeContent(message.parts, writing)
      return content.length === 0 ? [] : [{ role: 'user', content }]
    }
    case 'tool':
      return writeResults(message, writing)
    case 'assistant':
      return writeAnswer(message, writing)
  }
}

/** `system` is the word every compatible server knows. */
function writeInstructions(message: InstructionMessage, writing: Writing): JsonObject[] {
  const content = writeContent(message.parts, writing)
  return content.length === 0 ? [] : [{ role: writing.native ? message.spoken : 'system', content }]
}

/** One plain text is a string, which every compatible server takes. */
function writeContent(parts: readonly ContentPart[], writing: Writing): string | JsonObject[] {
  const written = parts.flatMap((part) => writePart(part, writing))
  const texts = written.filter((part) => part['type'] === 'text' && part['prompt_cache_breakpoint'] === undefined)
  const [only, ...more] = texts
  return only !== undefined && more.length === 0 && written.length === 1 ? String(only['text']) : written
}

function writePart(part: ContentPart, writing: Writing): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'text', text: part.text, ...breakpoint(part, writing) }]
    case 'image': {
      const url = urlOfSource(part.source)
      const detail = part.detail === undefined ? {} : { detail: part.detail }
      if (url !== null) return [{ type: 'image_url', image_url: { url, ...detail }, ...breakpoint(part, writing) }]
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
  const filename = part.title ?? 'document.pdf'
  if (source.kind === 'text') {
    const text = part.title === undefined ? source.text : `${part.title}\n\n${source.text}`
    return [{ type: 'text', text, ...mark }]
  }
  if (source.kind === 'base64') return [{ type: 'file', file: { filename, file_data: urlOfSource(source) }, ...mark }]
  if (source.kind === 'file' && source.dialect === DIALECT)
    return [{ type: 'file', file: { file_id: source.id }, ...mark }]
  writing.warnings.note(`document_${source.kind}:dropped`)
  return []
}

/** Marks of other dialects are left out: where they stand says nothing to caches that are found by prefix. */
function breakpoint(part: { readonly cacheMark?: CacheMark }, { native, warnings }: Writing): JsonObject {
  if (part.cacheMark === undefined) return {}
  if (!native) {
    warnings.note('cache_mark:dropped')
    return {}
  }
  const ttl = part.cacheMark === 'long' ? { ttl: '12h' } : {}
  return { prompt_cache_breakpoint: { mode: 'explicit', ...ttl } }
}

function writeResults(message: ToolMessage, writing: Writing): JsonObject[] {
  const written = message.results.map((result) => ({
    role: 'tool',
    tool_call_id: result.callId,
    content: resultText(result, writing),
  }))
  const moved = message.results.flatMap((result) => movedMedia(result, writing))
  return moved.length === 0 ? written : [...written, { role: 'user', content: moved }]
}

function resultText(result: ToolResult, writing: Writing): string {
  if (result.isError) writing.warnings.note('tool_error_flag:dropped')
  if (result.cacheMark !== undefined) breakpoint(result, writing)
  const texts = result.content.flatMap((part) => {
    if (part.type === 'text') return [part.text]
    return part.type === 'document' && part.source.kind === 'text' ? [part.source.text] : []
  })
  return texts.join('\n')
}

function movedMedia(result: ToolResult, writing: Writing): JsonObject[] {
  const media = result.content.filter((part) => {
    return part.type !== 'text' && !(part.type === 'document' && part.source.kind === 'text')
  })
  const written = media.flatMap((part) => writePart(part, writing))
  if (written.length === 0) return []
  writing.warnings.note('tool_result_media:moved')
  return [{ type: 'text', text: `From the result of the tool call ${result.callId}:` }, ...written]
}

function writeAnswer(message: AnswerMessage, writing: Writing): JsonObject[] {
  const text = joinedAnswerText(message.parts)
  const refusal = message.parts.map((part) => (part.type === 'refusal' ? part.text : '')).join('')
  const calls = message.parts.filter((part) => part.type === 'tool-call')
  const reasoning = writeReasoning(message, writing)
  for (const part of message.parts) {
    if (part.type === 'own') writing.warnings.keeps(part.own, DIALECT)
    else if (part.type === 'text' || part.type === 'tool-call') breakpointLost(part, writing)
  }
  if (text === '' && refusal === '' && calls.length === 0) return []
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(refusal === '' ? {} : { refusal }),
      ...reasoning,
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(writeCall) }),
    },
  ]
}

function breakpointLost(part: { readonly cacheMark?: CacheMark }, { warnings }: Writing): void {
  if (part.cacheMark !== undefined) warnings.note('cache_mark:dropped')
}

/** Reasoning goes back only to a server of this dialect that told it. */
function writeReasoning(message: AnswerMessage, { warnings }: Writing): JsonObject {
  let text = ''
  for (const part of message.parts) {
    if (part.type !== 'reasoning') continue
    if (part.seal?.dialect === DIALECT) text += part.text
    else warnings.note('reasoning:dropped')
  }
  return text === '' ? {} : { reasoning_content: text }
}

/** A whole call, of an answer or of the history. */
export function writeCall(call: ToolCallPart): JsonObject {
  if (call.freeform) return { id: call.id, type: 'custom', custom: { name: call.name, input: call.input } }
  const input = call.input.trim() === '' ? '{}' : call.input
  return { id: call.id, type: 'function', function: { name: call.name, arguments: input } }
}
