/**
 * The canonical conversation written as a Responses request. It fits the dialect, not a model: what a model does not
 * accept is for the adaptation to change. The provider stores nothing of a conversation that is not continued by its id.
 * API: https://developers.openai.com/api/reference/responses.
 */
import type {
  ChatRequest,
  FreeformTool,
  FunctionTool,
  OutputFormat,
  Tool,
  ToolChoice,
} from '../../chat/chat-request.ts'
import { endUserWithin } from '../../chat/end-user.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { present } from '../../chat/json-value.ts'
import { effortOf } from '../../chat/reasoning-asked.ts'
import { Warnings } from '../../chat/warnings.ts'
import type { WriteTarget, Written } from '../codec.ts'
import { canBeStrict } from '../openai-output-schema.ts'
import { writeInput } from './write-items.ts'

const DIALECT = 'openai-responses'

const LEAST_OUTPUT_TOKENS = 16
const LONGEST_USER = 64

export function writeRequest(request: ChatRequest, _target: WriteTarget): Written {
  const warnings = new Warnings()
  const native = request.dialect === DIALECT
  const { instructions, items } = writeInput(request, warnings)
  const tools = writeTools(request.tools, { native, warnings })
  const { temperature, topP } = request.sampling
  const body = {
    model: request.model,
    ...present({ instructions }),
    input: items,
    ...(tools.length === 0 ? {} : { tools }),
    ...present({
      tool_choice: tools.length === 0 ? null : writeToolChoice(request.toolChoice),
      parallel_tool_calls: tools.length === 0 ? null : request.parallelToolCalls,
      max_output_tokens: writeLimit(request.maxOutputTokens, warnings),
      temperature,
      top_p: topP,
      text: writeText(request, warnings),
      reasoning: writeReasoning(request, native),
      user: endUserWithin(request, LONGEST_USER, warnings),
      service_tier: request.standardServiceOnly ? 'default' : null,
      prompt_cache_key: request.cacheKey,
    }),
    ...(native ? {} : { store: false }),
    ...(request.stream ? { stream: true } : {}),
    ...ownFields(request, warnings),
  }
  return { body, warnings: warnings.list() }
}

/** Why the API cannot say what the request needs. */
export function whyNotWritable(request: ChatRequest): string | null {
  return request.stopSequences.length > 0 ? 'stop_sequences' : null
}

function ownFields(request: ChatRequest, warnings: Warnings): JsonObject {
  const kept = request.own.filter((own) => warnings.keeps(own, DIALECT))
  return Object.fromEntries(kept.map((own) => [own.what, own.value]))
}

function writeLimit(limit: number | null, warnings: Warnings): number | null {
  if (limit === null || limit >= LEAST_OUTPUT_TOKENS) return limit
  warnings.note(`max_output_tokens:raised_to_${LEAST_OUTPUT_TOKENS}`)
  return LEAST_OUTPUT_TOKENS
}

interface Writing {
  readonly native: boolean
  readonly warnings: Warnings
}

/** Tools of one namespace stand together where the first of them stood. */
function writeTools(tools: readonly Tool[], writing: Writing): JsonObject[] {
  const written: JsonObject[] = []
  const groups = new Map<string, JsonObject[]>()
  for (const tool of tools) {
    if (tool.kind === 'own') {
      if (writing.warnings.keeps(tool.own, DIALECT)) written.push(tool.own.value as JsonObject)
      continue
    }
    if (tool.broughtByItem === true && writing.native) continue
    const one = writeTool(tool, writing)
    if (tool.namespace === null) {
      written.push(one)
      continue
    }
    const group = groups.get(tool.namespace)
    if (group !== undefined) group.push(one)
    else {
      const children = [one]
      groups.set(tool.namespace, children)
      const description = tool.namespaceDescription ?? ''
      written.push({ type: 'namespace', name: tool.namespace, description, tools: children })
    }
  }
  return written
}

function writeTool(tool: FunctionTool | FreeformTool, { native, warnings }: Writing): JsonObject {
  const named = { name: tool.name, ...present({ description: tool.description }) }
  if (tool.kind === 'freeform') {
    const { grammar } = tool
    return { type: 'custom', ...named, format: grammar === null ? { type: 'text' } : { type: 'grammar', ...grammar } }
  }
  if (tool.cacheMark !== undefined) warnings.note('cache_mark:dropped')
  if (tool.deferred && !native) warnings.note('deferred_tool:offered')
  const parameters = tool.parameters ?? { type: 'object', properties: {} }
  const deferred = tool.deferred && native ? { defer_loading: true } : {}
  return { type: 'function', ...named, parameters, ...strictness(tool, { native, warnings }), ...deferred }
}

/** Unsaid, this API takes a schema strictly and other dialects do not. */
function strictness(tool: FunctionTool, { native, warnings }: Writing): JsonObject {
  if (native) return present({ strict: tool.strict })
  const strict = tool.strict === true && canBeStrict(tool.parameters)
  if (tool.strict === true && !strict) warnings.note('strict_tools:dropped')
  return { strict }
}

function writeToolChoice(choice: ToolChoice | null): unknown {
  if (choice?.kind !== 'named') return choice?.kind ?? null
  return { type: choice.freeform ? 'custom' : 'function', name: choice.name }
}

function writeText(request: ChatRequest, warnings: Warnings): JsonObject | null {
  const format = writeFormat(request.outputFormat, warnings)
  const text = present({ format, verbosity: request.verbosity })
  return Object.keys(text).length === 0 ? null : text
}

function writeFormat(format: OutputFormat | null, warnings: Warnings): JsonObject | null {
  if (format === null) return null
  if (format.kind === 'json-object') return { type: 'json_object' }
  const { name, description, schema } = format
  const strict = format.strict ?? canBeStrict(schema)
  if (!strict && format.strict === null) warnings.note('output_schema:not_strict')
  return { type: 'json_schema', name: name ?? 'answer', ...present({ description }), schema, strict }
}

/** A summary is asked for only where the client can be shown it: accounts need a permission for it. */
function writeReasoning(request: ChatRequest, native: boolean): JsonObject | null {
  const summary = native ? request.reasoning.display : null
  const reasoning = present({ effort: effortOf(request.reasoning), summary })
  return Object.keys(reasoning).length === 0 ? null : reasoning
}
