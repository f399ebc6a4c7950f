/**
 * The canonical conversation written as a Chat Completions request. It fits the dialect, not a model: what a model does
 * not accept is for the adaptation to change. API: https://developers.openai.com/api/reference/chat-completions.
 */
import type { ChatRequest, OutputFormat, Tool, ToolChoice } from '../../chat/chat-request.ts'
import { documentSources } from '../../chat/content-of.ts'
import { endUserWithin } from '../../chat/end-user.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { present } from '../../chat/json-value.ts'
import { effortOf } from '../../chat/reasoning-asked.ts'
import { Warnings } from '../../chat/warnings.ts'
import type { WriteTarget, Written } from '../codec.ts'
import { canBeStrict } from '../openai-output-schema.ts'
import { writeMessages } from './write-messages.ts'

const DIALECT = 'openai-chat-completions'

const MOST_STOP_SEQUENCES = 4
const LONGEST_USER = 64

export function writeRequest(request: ChatRequest, _target: WriteTarget): Written {
  const warnings = new Warnings()
  const native = request.dialect === DIALECT
  const tools = request.tools.flatMap((tool) => writeTool(tool, { native, warnings }))
  const { temperature, topP } = request.sampling
  const usageChunk = request.stream && (!native || request.usageChunk)
  const body = {
    model: request.model,
    messages: writeMessages(request, warnings),
    ...(tools.length === 0 ? {} : { tools }),
    ...present({
      tool_choice: tools.length === 0 ? null : writeToolChoice(request.toolChoice),
      parallel_tool_calls: tools.length === 0 ? null : request.parallelToolCalls,
      max_completion_tokens: request.maxOutputTokens,
      temperature,
      top_p: topP,
      stop: request.stopSequences.length === 0 ? null : request.stopSequences,
      response_format: writeFormat(request.outputFormat, warnings),
      reasoning_effort: effortOf(request.reasoning),
      verbosity: request.verbosity,
      user: endUserWithin(request, LONGEST_USER, warnings),
      service_tier: request.standardServiceOnly ? 'default' : null,
      prompt_cache_key: request.cacheKey,
      stream_options: usageChunk ? { include_usage: true } : null,
    }),
    ...(request.stream ? { stream: true } : {}),
    ...ownFields(request, warnings),
  }
  return { body, warnings: warnings.list() }
}

/** Why the API cannot say what the request needs. */
export function whyNotWritable(request: ChatRequest): string | null {
  if (request.stopSequences.length > MOST_STOP_SEQUENCES) return 'stop_sequences'
  if (documentSources(request).some((source) => source.kind === 'url')) return 'document_url'
  return null
}

function ownFields(request: ChatRequest, warnings: Warnings): JsonObject {
  const kept = request.own.filter((own) => warnings.keeps(own, DIALECT))
  return Object.fromEntries(kept.map((own) => [own.what, own.value]))
}

interface Writing {
  readonly native: boolean
  readonly warnings: Warnings
}

function writeTool(tool: Tool, { native, warnings }: Writing): JsonObject[] {
  if (tool.kind === 'own') return warnings.keeps(tool.own, DIALECT) ? [tool.own.value as JsonObject] : []
  const named = { name: tool.name, ...present({ description: tool.description }) }
  if (tool.kind === 'freeform') {
    const { grammar } = tool
    const format = grammar === null ? { type: 'text' } : { type: 'grammar', grammar }
    return [{ type: 'custom', custom: { ...named, format } }]
  }
  if (tool.deferred) warnings.note('deferred_tool:offered')
  if (tool.cacheMark !== undefined) warnings.note('cache_mark:dropped')
  // Other dialects promise less about a strict schema than this API wants of it.
  const strict = tool.strict === true && !native ? canBeStrict(tool.parameters) : tool.strict
  if (strict !== tool.strict) warnings.note('strict_tools:dropped')
  return [{ type: 'function', function: { ...named, ...present({ parameters: tool.parameters, strict }) } }]
}

function writeToolChoice(choice: ToolChoice | null): unknown {
  if (choice?.kind !== 'named') return choice?.kind ?? null
  const { name } = choice
  return choice.freeform ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } }
}

function writeFormat(format: OutputFormat | null, warnings: Warnings): JsonObject | null {
  if (format === null) return null
  if (format.kind === 'json-object') return { type: 'json_object' }
  const { name, description, schema } = format
  const strict = format.strict ?? canBeStrict(schema)
  if (!strict && format.strict === null) warnings.note('output_schema:not_strict')
  return { type: 'json_schema', json_schema: { name: name ?? 'answer', ...present({ description }), schema, strict } }
}
