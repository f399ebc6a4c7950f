/**
 * Content parts and calls of Chat Completions read. What no other dialect knows is kept as it came.
 * API: https://developers.openai.com/api/reference/chat-completions.
 */
import type { AnswerPart, ContentPart, ReasoningPart, ToolCallPart } from '../../chat/chat-message.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { objectOf, objectsOf, stringOf, typeOf } from '../../chat/json-value.ts'
import type { IfLost, OwnValue } from '../../chat/own-value.ts'
import { shortHash } from '../../chat/short-hash.ts'
import { breakpointOf, sourceOfUrl } from '../openai-content.ts'

const DIALECT = 'openai-chat-completions'

export function ownChat(what: string, value: unknown, ifLost: IfLost): OwnValue {
  return { dialect: DIALECT, what, value, ifLost }
}

/** Parts of a content that may also be a plain string. */
export function partsOf(content: unknown): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content)
}

/** A part of a message that is not an answer. */
export function readContentPart(part: JsonObject): ContentPart {
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: stringOf(part['text']) ?? '', ...breakpointOf(part) }
    case 'image_url': {
      const image = objectOf(part['image_url'])
      const url = stringOf(image['url']) ?? stringOf(part['image_url']) ?? ''
      const detail = stringOf(image['detail'])
      return { type: 'image', source: sourceOfUrl(url), ...(detail === null ? {} : { detail }), ...breakpointOf(part) }
    }
    case 'file':
      return readFile(part)
    default:
      // Sound is not heard by any other dialect: without it the answer would be to another question.
      return { type: 'own', own: ownChat(typeOf(part), part, 'refused') }
  }
}

function readFile(part: JsonObject): ContentPart {
  const file = objectOf(part['file'])
  const [data, id, name] = [stringOf(file['file_data']), stringOf(file['file_id']), stringOf(file['filename'])]
  const title = name === null ? {} : { title: name }
  if (data !== null) {
    const source = data.startsWith('data:') ? sourceOfUrl(data) : base64Pdf(data)
    return { type: 'document', source, ...title, ...breakpointOf(part) }
  }
  if (id === null) return { type: 'own', own: ownChat('file', part, 'refused') }
  return { type: 'document', source: { kind: 'file', dialect: DIALECT, id }, ...title, ...breakpointOf(part) }
}

function base64Pdf(data: string) {
  return { kind: 'base64', mediaType: 'application/pdf', data } as const
}

/** The parts of an assistant message, in the order it stands for: reasoning, text, refusal, calls. */
export function readAnswerMessage(message: JsonObject): AnswerPart[] {
  const texts = partsOf(message['content']).map((part): AnswerPart => {
    const refused = stringOf(part['refusal'])
    return refused === null ? { type: 'text', text: stringOf(part['text']) ?? '' } : { type: 'refusal', text: refused }
  })
  const refusal = stringOf(message['refusal'])
  const calls = objectsOf(message['tool_calls']).map(readCall)
  const legacy = objectOf(message['function_call'])
  const legacyName = stringOf(legacy['name'])
  return [
    ...readReasoning(message),
    ...texts.filter((part) => !(part.type === 'text' && part.text === '')),
    ...(refusal === null || refusal === '' ? [] : [{ type: 'refusal', text: refusal } as const]),
    ...calls,
    ...(legacyName === null ? [] : [legacyCall(legacyName, stringOf(legacy['arguments']) ?? '')]),
    ...(message['audio'] ? [{ type: 'own', own: ownChat('audio', message['audio'], 'warned') } as const] : []),
  ]
}

/** Compatible servers tell what was thought under one of two names; OpenAI itself tells nothing here. */
export function reasoningText(message: JsonObject): string | null {
  return stringOf(message['reasoning_content']) ?? stringOf(message['reasoning'])
}

function readReasoning(message: JsonObject): ReasoningPart[] {
  const text = reasoningText(message)
  if (text === null || text === '') return []
  return [{ type: 'reasoning', text, seal: { dialect: DIALECT, value: { reasoning_content: text } } }]
}

/** A whole tool call. */
export function readCall(call: JsonObject): ToolCallPart {
  const freeform = call['type'] === 'custom'
  const named = objectOf(call[freeform ? 'custom' : 'function'])
  return {
    type: 'tool-call',
    id: stringOf(call['id']) ?? '',
    name: stringOf(named['name']) ?? '',
    namespace: null,
    input: stringOf(named[freeform ? 'input' : 'arguments']) ?? '',
    freeform,
  }
}

/** An id for a call whose server gave it none: new in every answer, the same whenever that answer is read. */
export function madeCallId(answerId: string | null, position: number): string {
  return `call_${shortHash(`${answerId ?? ''} ${position}`)}`
}

/** The older form of a call had no id; its result names the function. */
function legacyCall(name: string, input: string): ToolCallPart {
  return { type: 'tool-call', id: legacyId(name), name, namespace: null, input, freeform: false }
}

export function legacyId(name: string): string {
  return `call_${name}`
}
