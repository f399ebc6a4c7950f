/**
 * Content parts and items of the Responses API read. What no other dialect knows is kept as it came.
 * API: https://developers.openai.com/api/reference/responses.
 */
import type { AnswerPart, ContentPart, DocumentPart, ReasoningPart, ToolResult } from '../../chat/chat-message.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { objectsOf, stringOf, typeOf } from '../../chat/json-value.ts'
import type { IfLost, OwnValue } from '../../chat/own-value.ts'
import { breakpointOf, sourceOfUrl } from '../openai-content.ts'

const DIALECT = 'openai-responses'

export function ownResponses(what: string, value: unknown, ifLost: IfLost): OwnValue {
  return { dialect: DIALECT, what, value, ifLost }
}

/** Parts of a content that may also be a plain string. */
export function partsOf(content: unknown): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'input_text', text: content }] : objectsOf(content)
}

/** A part of a message that is not an answer, or of a tool's output. */
export function readContentPart(part: JsonObject): ContentPart {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: stringOf(part['text']) ?? '', ...breakpointOf(part) }
    case 'input_image':
      return readImage(part)
    case 'input_file':
      return readFile(part)
    default:
      return { type: 'own', own: ownResponses(typeOf(part), part, 'refused') }
  }
}

function readImage(part: JsonObject): ContentPart {
  const [url, id, detail] = [stringOf(part['image_url']), stringOf(part['file_id']), stringOf(part['detail'])]
  const rest = { ...(detail === null ? {} : { detail }), ...breakpointOf(part) }
  if (url !== null) return { type: 'image', source: sourceOfUrl(url), ...rest }
  if (id !== null) return { type: 'image', source: { kind: 'file', dialect: DIALECT, id }, ...rest }
  return { type: 'own', own: ownResponses('image', part, 'refused') }
}

function readFile(part: JsonObject): ContentPart {
  const source = fileSource(part)
  if (source === null) return { type: 'own', own: ownResponses('file', part, 'refused') }
  const name = stringOf(part['filename'])
  return { type: 'document', source, ...(name === null ? {} : { title: name }), ...breakpointOf(part) }
}

function fileSource(part: JsonObject): DocumentPart['source'] | null {
  const [data, url, id] = [stringOf(part['file_data']), stringOf(part['file_url']), stringOf(part['file_id'])]
  if (data !== null) {
    return data.startsWith('data:') ? sourceOfUrl(data) : { kind: 'base64', mediaType: 'application/pdf', data }
  }
  if (url !== null) return { kind: 'url', url }
  return id === null ? null : { kind: 'file', dialect: DIALECT, id }
}

/** A `function_call_output` or `custom_tool_call_output`. */
export function readToolResult(item: JsonObject): ToolResult {
  return {
    callId: stringOf(item['call_id']) ?? '',
    freeform: item['type'] === 'custom_tool_call_output',
    content: partsOf(item['output']).map(readContentPart),
    isError: false,
  }
}

/** A part of an assistant's message. */
export function readAnswerContent(part: JsonObject): AnswerPart {
  if (part['type'] === 'refusal') return { type: 'refusal', text: stringOf(part['refusal']) ?? '' }
  return { type: 'text', text: stringOf(part['text']) ?? '' }
}

/** What the loss of an item means; one that is not listed is `warned`. */
const IF_ITEM_LOST: Readonly<Record<string, IfLost>> = {
  item_reference: 'refused',
  compaction: 'refused',
}

/** The parts an item of an answer holds. */
export function readAnswerItem(item: JsonObject): AnswerPart[] {
  const type = stringOf(item['type']) ?? 'message'
  switch (type) {
    case 'message':
      return partsOf(item['content']).map(readAnswerContent)
    case 'reasoning':
      return [readReasoning(item)]
    case 'function_call':
    case 'custom_tool_call': {
      const freeform = type === 'custom_tool_call'
      return [
        {
          type: 'tool-call',
          id: stringOf(item['call_id']) ?? '',
          name: stringOf(item['name']) ?? '',
          namespace: stringOf(item['namespace']),
          input: stringOf(item[freeform ? 'input' : 'arguments']) ?? '',
          freeform,
        },
      ]
    }
    default:
      return [{ type: 'own', own: ownResponses(type, item, IF_ITEM_LOST[type] ?? 'warned') }]
  }
}

/** The item goes back whole or not at all. */
function readReasoning(item: JsonObject): ReasoningPart {
  const texts = [...objectsOf(item['summary']), ...objectsOf(item['content'])].map(
    (part) => stringOf(part['text']) ?? '',
  )
  const sealed = stringOf(item['encrypted_content']) !== null || stringOf(item['id']) !== null
  return { type: 'reasoning', text: texts.join('\n\n'), seal: sealed ? { dialect: DIALECT, value: item } : null }
}
