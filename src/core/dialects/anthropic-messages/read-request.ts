/**
 * An Anthropic Messages request read into the canonical conversation. Top-level `system` becomes the instructions it
 * begins with; tool results are taken out of the user's messages. API: https://platform.claude.com/docs/en/api/messages.
 */
import type { AnswerMessage, ChatMessage, ContentPart, InstructionMessage } from '../../chat/chat-message.ts'
import type { ChatRequest, OutputFormat, Tool, ToolChoice } from '../../chat/chat-request.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { booleanOf, isObject, listOf, numberOf, objectOf, objectsOf, stringOf } from '../../chat/json-value.ts'
import type { IfLost, OwnValue } from '../../chat/own-value.ts'
import type { ReasoningAsked } from '../../chat/reasoning-asked.ts'
import { InvalidRequest } from '../request-scan.ts'
import {
  blocksOf,
  cacheMarkOf,
  ownAnthropic,
  readAnswerBlock,
  readContentBlock,
  readToolResult,
} from './read-content.ts'

/** @throws InvalidRequest */
export function readRequest(body: unknown): ChatRequest {
  if (!isObject(body)) throw new InvalidRequest('the body is not a JSON object')
  if (!Array.isArray(body['messages'])) throw new InvalidRequest('Input should be a valid list', 'messages')
  const choice = objectOf(body['tool_choice'])
  return {
    dialect: 'anthropic-messages',
    model: stringOf(body['model']) ?? '',
    stream: body['stream'] === true,
    messages: [...readSystem(body['system']), ...objectsOf(body['messages']).flatMap(readMessage)],
    tools: objectsOf(body['tools']).map(readTool),
    toolChoice: readToolChoice(choice),
    parallelToolCalls: choice['disable_parallel_tool_use'] === true ? false : null,
    maxOutputTokens: numberOf(body['max_tokens']),
    sampling: { temperature: numberOf(body['temperature']), topP: numberOf(body['top_p']) },
    stopSequences: listOf(body['stop_sequences']).filter((stop) => typeof stop === 'string'),
    outputFormat: readFormat(body),
    reasoning: readReasoning(body),
    verbosity: null,
    endUser: stringOf(objectOf(body['metadata'])['user_id']),
    standardServiceOnly: body['service_tier'] === 'standard_only',
    cacheKey: null,
    usageChunk: false,
    own: readOwn(body),
  }
}

function readSystem(system: unknown): InstructionMessage[] {
  const parts = blocksOf(system).map(readSystemBlock)
  return parts.length === 0 ? [] : [{ role: 'instructions', spoken: 'system', parts }]
}

/**
 * The provider's own clients tell it in the first block what a call is billed as. That is no instruction, and where it
 * changes from call to call it would cost another provider's cache.
 */
function readSystemBlock(block: JsonObject): ContentPart {
  const told = stringOf(block['text'])?.startsWith('x-anthropic-billing-header:') === true
  return told ? { type: 'own', own: ownAnthropic('billing_header', block, 'harmless') } : readContentBlock(block)
}

function readMessage(message: JsonObject): ChatMessage[] {
  const blocks = blocksOf(message['content'])
  switch (message['role']) {
    case 'assistant': {
      const answer: AnswerMessage = { role: 'assistant', parts: blocks.map(readAnswerBlock) }
      return [answer]
    }
    case 'system':
      // One without content only sets the effort from there on.
      return blocks.length === 0
        ? []
        : [{ role: 'instructions', spoken: 'system', parts: blocks.map(readContentBlock) }]
    default:
      return readUserMessage(blocks)
  }
}

function readUserMessage(blocks: readonly JsonObject[]): ChatMessage[] {
  const results = blocks.filter((block) => block['type'] === 'tool_result').map(readToolResult)
  const parts = blocks.filter((block) => block['type'] !== 'tool_result').map(readContentBlock)
  const messages: ChatMessage[] = []
  if (results.length > 0) messages.push({ role: 'tool', results })
  if (parts.length > 0 || results.length === 0) messages.push({ role: 'user', parts })
  return messages
}

function readTool(tool: JsonObject): Tool {
  const type = stringOf(tool['type']) ?? 'custom'
  if (type !== 'custom') return { kind: 'own', own: ownAnthropic(`tool:${type}`, tool, ifToolLost(type)) }
  return {
    kind: 'function',
    name: stringOf(tool['name']) ?? '',
    namespace: null,
    description: stringOf(tool['description']),
    parameters: isObject(tool['input_schema']) ? tool['input_schema'] : null,
    strict: booleanOf(tool['strict']),
    deferred: tool['defer_loading'] === true,
    ...cacheMarkOf(tool),
  }
}

/**
 * Tools with a dated type have their schema with the provider. Without the ones that only look things up an answer is
 * less informed; the others are what the client is built around.
 */
function ifToolLost(type: string): IfLost {
  return /^(web_search|web_fetch|tool_search|advisor)/.test(type) ? 'warned' : 'refused'
}

function readToolChoice(choice: JsonObject): ToolChoice | null {
  switch (choice['type']) {
    case 'auto':
    case 'none':
      return { kind: choice['type'] }
    case 'any':
      return { kind: 'required' }
    case 'tool':
      return { kind: 'named', name: stringOf(choice['name']) ?? '', namespace: null, freeform: false }
    default:
      return null
  }
}

function readFormat(body: JsonObject): OutputFormat | null {
  const format = objectOf(objectOf(body['output_config'])['format'] ?? body['output_format'])
  if (format['type'] !== 'json_schema' || !isObject(format['schema'])) return null
  return { kind: 'json-schema', name: null, description: null, schema: format['schema'], strict: null }
}

const FORMS: Readonly<Record<string, ReasoningAsked['form']>> = {
  adaptive: 'adaptive',
  enabled: 'budget',
  between_tools: 'between-tools',
  disabled: 'disabled',
}

/** The effort that holds now: the latest a message of instructions set, else the request's. */
function readReasoning(body: JsonObject): ReasoningAsked {
  const thinking = objectOf(body['thinking'])
  const efforts = [body, ...objectsOf(body['messages'])].map((at) => stringOf(objectOf(at['output_config'])['effort']))
  return {
    effort: efforts.findLast((effort) => effort !== null) ?? null,
    form: FORMS[stringOf(thinking['type']) ?? ''] ?? null,
    budgetTokens: numberOf(thinking['budget_tokens']),
    display: stringOf(thinking['display']),
  }
}

/** Fields read above. */
const READ: ReadonlySet<string> = new Set(
  (
    'model stream messages system tools tool_choice max_tokens temperature top_p stop_sequences thinking ' +
    'output_config output_format metadata'
  ).split(' '),
)

/** What the loss of other fields means; a field that is not listed is `warned`. */
const IF_LOST: Readonly<Record<string, IfLost>> = {
  cache_control: 'harmless',
  context_management: 'harmless',
  diagnostics: 'harmless',
  fallbacks: 'harmless',
  fallback_credit_token: 'harmless',
  inference_geo: 'refused',
  container: 'refused',
  mcp_servers: 'refused',
  thread: 'refused',
}

function readOwn(body: JsonObject): OwnValue[] {
  const fields = Object.entries(body).filter(([name, value]) => !READ.has(name) && value !== null)
  return fields
    .filter(([name, value]) => name !== 'service_tier' || (value !== 'auto' && value !== 'standard_only'))
    .map(([name, value]) => ownAnthropic(name, value, IF_LOST[name] ?? 'warned'))
}
