/**
 * A Chat Completions request read into the canonical conversation.
 * API: https://developers.openai.com/api/reference/chat-completions.
 */
import type { ChatMessage, ToolMessage, ToolResult } from '../../chat/chat-message.ts'
import type { ChatRequest, OutputFormat } from '../../chat/chat-request.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { booleanOf, isObject, listOf, numberOf, objectOf, objectsOf, stringOf } from '../../chat/json-value.ts'
import type { IfLost, OwnValue } from '../../chat/own-value.ts'
import { NO_REASONING_ASKED } from '../../chat/reasoning-asked.ts'
import { InvalidRequest } from '../request-scan.ts'
import { legacyId, ownChat, partsOf, readAnswerMessage, readContentPart } from './read-content.ts'
import { readTools } from './read-tools.ts'

/** @throws InvalidRequest */
export function readRequest(body: unknown): ChatRequest {
  if (!isObject(body)) throw new InvalidRequest('the body is not a JSON object')
  if (!Array.isArray(body['messages'])) throw new InvalidRequest('Invalid type: expected an array', 'messages')
  const { tools, choice } = readTools(body)
  const { stop } = body
  return {
    dialect: 'openai-chat-completions',
    model: stringOf(body['model']) ?? '',
    stream: body['stream'] === true,
    messages: joinToolMessages(objectsOf(body['messages']).map(readMessage)),
    tools,
    toolChoice: choice,
    parallelToolCalls: booleanOf(body['parallel_tool_calls']),
    maxOutputTokens: numberOf(body['max_completion_tokens']) ?? numberOf(body['max_tokens']),
    sampling: { temperature: numberOf(body['temperature']), topP: numberOf(body['top_p']) },
    stopSequences: (typeof stop === 'string' ? [stop] : listOf(stop)).filter((one) => typeof one === 'string'),
    outputFormat: readFormat(objectOf(body['response_format'])),
    reasoning: { ...NO_REASONING_ASKED, effort: stringOf(body['reasoning_effort']) },
    verbosity: stringOf(body['verbosity']),
    endUser: stringOf(body['safety_identifier']) ?? stringOf(body['user']),
    standardServiceOnly: body['service_tier'] === 'default',
    cacheKey: stringOf(body['prompt_cache_key']),
    usageChunk: objectOf(body['stream_options'])['include_usage'] === true,
    own: readOwn(body),
  }
}

function readMessage(message: JsonObject): ChatMessage {
  const parts = () => partsOf(message['content']).map(readContentPart)
  switch (message['role']) {
    case 'system':
    case 'developer':
      return { role: 'instructions', spoken: message['role'], parts: parts() }
    case 'assistant':
      return { role: 'assistant', parts: readAnswerMessage(message) }
    case 'tool':
      return { role: 'tool', results: [readResult(stringOf(message['tool_call_id']) ?? '', message)] }
    case 'function':
      return { role: 'tool', results: [readResult(legacyId(stringOf(message['name']) ?? ''), message)] }
    default:
      return { role: 'user', parts: parts() }
  }
}

function readResult(callId: string, message: JsonObject): ToolResult {
  return { callId, freeform: false, content: partsOf(message['content']).map(readContentPart), isError: false }
}

/** The results of one answer's calls belong together. */
function joinToolMessages(messages: readonly ChatMessage[]): ChatMessage[] {
  const joined: ChatMessage[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (message.role === 'tool' && last?.role === 'tool') {
      const both: ToolMessage = { role: 'tool', results: [...last.results, ...message.results] }
      joined[joined.length - 1] = both
    } else joined.push(message)
  }
  return joined
}

function readFormat(format: JsonObject): OutputFormat | null {
  if (format['type'] === 'json_object') return { kind: 'json-object' }
  const named = objectOf(format['json_schema'])
  if (format['type'] !== 'json_schema' || !isObject(named['schema'])) return null
  return {
    kind: 'json-schema',
    name: stringOf(named['name']),
    description: stringOf(named['description']),
    schema: named['schema'],
    strict: booleanOf(named['strict']),
  }
}

/** Fields read above. */
const READ: ReadonlySet<string> = new Set(
  (
    'model stream messages tools tool_choice functions function_call parallel_tool_calls max_completion_tokens ' +
    'max_tokens temperature top_p stop response_format reasoning_effort verbosity safety_identifier user ' +
    'prompt_cache_key stream_options'
  ).split(' '),
)

/** What the loss of other fields means; a field that is not listed is `warned`. */
const IF_LOST: Readonly<Record<string, IfLost>> = {
  metadata: 'harmless',
  moderation: 'harmless',
  prediction: 'harmless',
  prompt_cache_options: 'harmless',
  prompt_cache_retention: 'harmless',
  store: 'harmless',
  n: 'refused',
  audio: 'refused',
}

/** Values that say what holds anyway. */
function isDefault(name: string, value: unknown): boolean {
  if (value === null || value === undefined) return true
  switch (name) {
    case 'n':
      return value === 1
    case 'service_tier':
      return value === 'auto' || value === 'default'
    case 'presence_penalty':
    case 'frequency_penalty':
    case 'top_logprobs':
      return value === 0
    case 'logprobs':
      return value === false
    case 'modalities':
      return listOf(value).every((kind) => kind === 'text')
    default:
      return false
  }
}

function readOwn(body: JsonObject): OwnValue[] {
  const fields = Object.entries(body).filter(([name, value]) => !READ.has(name) && !isDefault(name, value))
  return fields.map(([name, value]) => ownChat(name, value, IF_LOST[name] ?? 'warned'))
}
