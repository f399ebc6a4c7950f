/**
 * The canonical conversation written as an Anthropic Messages request. It fits the dialect, not a model: what a model
 * does not accept is for the adaptation to change. API: https://platform.claude.com/docs/en/api/messages.
 */
import type { DocumentPart } from '../../chat/chat-message.ts'
import type { ChatRequest, OutputFormat, Tool, ToolChoice } from '../../chat/chat-request.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { withoutCacheMarks } from '../../chat/cache-marks.ts'
import { documentSources } from '../../chat/content-of.ts'
import { endUserWithin } from '../../chat/end-user.ts'
import { isObject, objectOf, present } from '../../chat/json-value.ts'
import { formOf, spokenEffort } from '../../chat/reasoning-asked.ts'
import { Warnings } from '../../chat/warnings.ts'
import type { WriteTarget, Written } from '../codec.ts'
import { closedSchema } from './output-schema.ts'
import { cacheControl } from './write-content.ts'
import { writeConversation } from './write-messages.ts'

const DIALECT = 'anthropic-messages'

const LONGEST_USER_ID = 256

/** The API takes a budget from so many tokens on. */
const LEAST_BUDGET = 1024

/** Said where a client wants any JSON object, for which the API has no format. */
const JSON_ONLY = 'Answer with one JSON object and nothing else.'

export function writeRequest(request: ChatRequest, target: WriteTarget): Written {
  const warnings = new Warnings()
  // Marks of another dialect may be too many here, and in an order of lifetimes the API refuses.
  const told = request.dialect === DIALECT ? request.messages : withoutCacheMarks(request.messages)
  const { system, messages } = writeConversation(told, warnings)
  const jsonOnly = request.outputFormat?.kind === 'json-object' ? [{ type: 'text', text: JSON_ONLY }] : []
  const tools = request.tools.flatMap((tool) => writeTool(tool, warnings))
  const maxTokens = request.maxOutputTokens ?? target.maxOutputTokens
  const thinking = writeThinking(request, maxTokens, warnings)
  const endUser = endUserWithin(request, LONGEST_USER_ID, warnings)
  const instructions = [...system, ...jsonOnly]
  const body = {
    model: request.model,
    max_tokens: maxTokens,
    ...(instructions.length === 0 ? {} : { system: instructions }),
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...present({
      tool_choice: tools.length === 0 ? null : writeToolChoice(request.toolChoice, request.parallelToolCalls),
      thinking,
      output_config: writeOutputConfig(request, warnings),
      ...writeSampling(request, thinking, warnings),
      stop_sequences: request.stopSequences.length === 0 ? null : request.stopSequences,
      metadata: endUser === null ? null : { user_id: endUser },
      service_tier: request.standardServiceOnly ? 'standard_only' : null,
    }),
    ...(request.stream ? { stream: true } : {}),
    ...automaticCaching(request),
    ...ownFields(request, warnings),
  }
  noteUnsaid(request, warnings)
  return { body, warnings: warnings.list() }
}

/** Why the API cannot say what the request needs. */
export function whyNotWritable(request: ChatRequest): string | null {
  if (request.stopSequences.some((stop) => stop.trim() === '')) return 'stop_sequences'
  const isOther = (source: DocumentPart['source']) => source.kind === 'base64' && source.mediaType !== 'application/pdf'
  if (documentSources(request).some(isOther)) return 'document_type'
  return null
}

/**
 * Elsewhere prompts are cached without a mark. A conversation that will go on (it has tools, or an answer already) keeps
 * that with the API's automatic breakpoint; a single question would only pay for a cache nobody reads.
 */
function automaticCaching(request: ChatRequest): JsonObject {
  if (request.dialect === DIALECT) return {}
  const goesOn = request.tools.length > 0 || request.messages.some((message) => message.role === 'assistant')
  return goesOn ? { cache_control: { type: 'ephemeral' } } : {}
}

function ownFields(request: ChatRequest, warnings: Warnings): JsonObject {
  const kept = request.own.filter((own) => warnings.keeps(own, DIALECT))
  return Object.fromEntries(kept.map((own) => [own.what, own.value]))
}

function noteUnsaid(request: ChatRequest, warnings: Warnings): void {
  if (request.verbosity !== null && request.verbosity !== 'medium') warnings.note('verbosity:dropped')
}

function writeTool(tool: Tool, warnings: Warnings): JsonObject[] {
  if (tool.kind === 'own') return warnings.keeps(tool.own, DIALECT) && isObject(tool.own.value) ? [tool.own.value] : []
  if (tool.kind === 'freeform') {
    warnings.note(`tool:${tool.name}:dropped`)
    return []
  }
  if (tool.strict === true) warnings.note('strict_tools:dropped')
  return [
    {
      name: tool.name,
      ...present({ description: tool.description }),
      input_schema: { type: 'object', ...(tool.parameters ?? { properties: {} }) },
      ...(tool.deferred ? { defer_loading: true } : {}),
      ...cacheControl(tool),
    },
  ]
}

function writeToolChoice(choice: ToolChoice | null, parallel: boolean | null): JsonObject | null {
  const single = parallel === false ? { disable_parallel_tool_use: true } : {}
  switch (choice?.kind) {
    case undefined:
      return parallel === false ? { type: 'auto', ...single } : null
    case 'auto':
      return { type: 'auto', ...single }
    case 'none':
      return { type: 'none' }
    case 'required':
      return { type: 'any', ...single }
    case 'named':
      return { type: 'tool', name: choice.name, ...single }
  }
}

const TYPES = {
  adaptive: 'adaptive',
  'between-tools': 'between_tools',
  disabled: 'disabled',
  budget: 'enabled',
} as const

/** Thinking and a forced tool exclude each other: the tool is what the answer depends on. */
function writeThinking(request: ChatRequest, maxTokens: number, warnings: Warnings): JsonObject | null {
  const asked = request.reasoning
  const form = formOf(asked)
  if (form === null) return null
  const forced = request.toolChoice?.kind === 'required' || request.toolChoice?.kind === 'named'
  if (forced && form !== 'disabled' && asked.form === null) {
    warnings.note('thinking:dropped_for_forced_tool')
    return null
  }
  if (form === 'disabled') return { type: 'disabled' }
  const display = DISPLAYS[asked.display ?? '']
  const shown = display === undefined ? {} : { display }
  if (form !== 'budget') return { type: TYPES[form], ...(form === 'adaptive' ? shown : {}) }
  const budget = Math.min(asked.budgetTokens ?? LEAST_BUDGET, maxTokens - 1)
  return budget < LEAST_BUDGET ? null : { type: 'enabled', budget_tokens: budget, ...shown }
}

/** `auto`, `concise` and `detailed` are the other dialects' words for a summary. */
const DISPLAYS: Readonly<Record<string, string>> = {
  summarized: 'summarized',
  omitted: 'omitted',
  updates: 'updates',
  auto: 'summarized',
  concise: 'summarized',
  detailed: 'summarized',
  none: 'omitted',
}

function writeOutputConfig(request: ChatRequest, warnings: Warnings): JsonObject | null {
  const effort = spokenEffort(request.reasoning)
  const format = writeFormat(request.outputFormat, warnings)
  return effort === null && format === null ? null : present({ effort, format })
}

function writeFormat(format: OutputFormat | null, warnings: Warnings): JsonObject | null {
  if (format === null) return null
  if (format.kind === 'json-object') {
    warnings.note('json_object:as_instruction')
    return null
  }
  return { type: 'json_schema', schema: objectOf(closedSchema(format.schema, warnings)) }
}

/** The API takes one of the two, up to 1, and only the default while the model thinks. */
function writeSampling(request: ChatRequest, thinking: JsonObject | null, warnings: Warnings): JsonObject {
  const { temperature, topP } = request.sampling
  const thinks = thinking !== null && thinking['type'] !== 'disabled'
  if (thinks && temperature !== null && temperature !== 1) warnings.note('temperature:dropped')
  const limited = temperature === null || thinks ? null : Math.min(1, temperature)
  if (limited !== null && limited !== temperature) warnings.note('temperature:lowered_to_1')
  if (topP === null || topP === 1) return { temperature: limited }
  if (limited === null && !thinks) return { top_p: topP }
  warnings.note('top_p:dropped')
  return { temperature: limited }
}
