/**
 * A Responses request read into the canonical conversation: items that follow each other and belong to one answer, or
 * to its results, become one message. API: https://developers.openai.com/api/reference/responses.
 */
import type { AnswerMessage, AnswerPart, ChatMessage, ContentPart } from '../../chat/chat-message.ts'
import type { ChatRequest, OutputFormat } from '../../chat/chat-request.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { booleanOf, isObject, numberOf, objectOf, objectsOf, stringOf, typeOf } from '../../chat/json-value.ts'
import type { IfLost, OwnValue } from '../../chat/own-value.ts'
import { NO_REASONING_ASKED } from '../../chat/reasoning-asked.ts'
import { InvalidRequest } from '../request-scan.ts'
import { ownResponses, partsOf, readAnswerItem, readContentPart, readToolResult } from './read-content.ts'
import { readTools } from './read-tools.ts'

/** @throws InvalidRequest */
export function readRequest(body: unknown): ChatRequest {
  if (!isObject(body)) throw new InvalidRequest('the body is not a JSON object')
  const { tools, choice, own } = readTools(body)
  const text = objectOf(body['text'])
  const reasoning = objectOf(body['reasoning'])
  return {
    dialect: 'openai-responses',
    model: stringOf(body['model']) ?? '',
    stream: body['stream'] === true,
    messages: readMessages(body),
    tools,
    toolChoice: choice,
    parallelToolCalls: booleanOf(body['parallel_tool_calls']),
    maxOutputTokens: numberOf(body['max_output_tokens']),
    sampling: { temperature: numberOf(body['temperature']), topP: numberOf(body['top_p']) },
    stopSequences: [],
    outputFormat: readFormat(objectOf(text['format'])),
    reasoning: {
      ...NO_REASONING_ASKED,
      effort: stringOf(reasoning['effort']),
      display: stringOf(reasoning['summary']),
    },
    verbosity: stringOf(text['verbosity']),
    endUser: stringOf(body['safety_identifier']) ?? stringOf(body['user']),
    standardServiceOnly: body['service_tier'] === 'default',
    cacheKey: stringOf(body['prompt_cache_key']),
    usageChunk: false,
    own: [...own, ...readOwn(body)],
  }
}

function readMessages(body: JsonObject): ChatMessage[] {
  const { input, instructions } = body
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : objectsOf(input)
  const leading: ChatMessage[] =
    typeof instructions === 'string' && instructions !== ''
      ? [{ role: 'instructions', spoken: 'system', parts: [{ type: 'text', text: instructions }] }]
      : []
  return items.reduce<ChatMessage[]>(addItem, leading)
}

function addItem(messages: ChatMessage[], item: JsonObject): ChatMessage[] {
  const type = stringOf(item['type']) ?? 'message'
  if (type === 'message' && item['role'] !== 'assistant') messages.push(readMessage(item))
  else if (type === 'function_call_output' || type === 'custom_tool_call_output') addResult(messages, item)
  else if (type === 'additional_tools') addOwn(messages, item, 'harmless')
  else if (type.endsWith('_output') || type === 'mcp_approval_response') addOwn(messages, item, 'warned')
  else addAnswer(messages, readAnswerItem(item))
  return messages
}

function readMessage(item: JsonObject): ChatMessage {
  const parts = partsOf(item['content']).map(readContentPart)
  const { role } = item
  return role === 'system' || role === 'developer'
    ? { role: 'instructions', spoken: role, parts }
    : { role: 'user', parts }
}

function addAnswer(messages: ChatMessage[], parts: readonly AnswerPart[]): void {
  const last = messages.at(-1)
  const answer: AnswerMessage = {
    role: 'assistant',
    parts: [...(last?.role === 'assistant' ? last.parts : []), ...parts],
  }
  if (last?.role === 'assistant') messages[messages.length - 1] = answer
  else messages.push(answer)
}

function addResult(messages: ChatMessage[], item: JsonObject): void {
  const last = messages.at(-1)
  const result = readToolResult(item)
  if (last?.role === 'tool') messages[messages.length - 1] = { role: 'tool', results: [...last.results, result] }
  else messages.push({ role: 'tool', results: [result] })
}

/** An item only this dialect knows: the result of such a tool, or tools. */
function addOwn(messages: ChatMessage[], item: JsonObject, ifLost: IfLost): void {
  const part: ContentPart = { type: 'own', own: ownResponses(typeOf(item), item, ifLost) }
  messages.push({ role: 'user', parts: [part] })
}

function readFormat(format: JsonObject): OutputFormat | null {
  if (format['type'] === 'json_object') return { kind: 'json-object' }
  if (format['type'] !== 'json_schema' || !isObject(format['schema'])) return null
  return {
    kind: 'json-schema',
    name: stringOf(format['name']),
    description: stringOf(format['description']),
    schema: format['schema'],
    strict: booleanOf(format['strict']),
  }
}

/** Fields read above. */
const READ: ReadonlySet<string> = new Set(
  (
    'model stream input instructions tools tool_choice parallel_tool_calls max_output_tokens temperature top_p text ' +
    'reasoning safety_identifier user prompt_cache_key'
  ).split(' '),
)

/** What the loss of other fields means; a field that is not listed is `warned`. */
const IF_LOST: Readonly<Record<string, IfLost>> = {
  client_metadata: 'harmless',
  context_management: 'harmless',
  include: 'harmless',
  metadata: 'harmless',
  moderation: 'harmless',
  prompt_cache_options: 'harmless',
  prompt_cache_retention: 'harmless',
  store: 'harmless',
  stream_options: 'harmless',
  truncation: 'harmless',
  background: 'refused',
  conversation: 'refused',
  previous_response_id: 'refused',
  prompt: 'refused',
}

/** Values that say what holds anyway. */
function isDefault(name: string, value: unknown): boolean {
  if (value === null || value === undefined || value === false) return name !== 'store' || value !== false
  if (name === 'service_tier') return value === 'auto' || value === 'default'
  return name === 'top_logprobs' && value === 0
}

function readOwn(body: JsonObject): OwnValue[] {
  const fields = Object.entries(body).filter(([name, value]) => !READ.has(name) && !isDefault(name, value))
  return fields.map(([name, value]) => ownResponses(name, value, IF_LOST[name] ?? 'warned'))
}
