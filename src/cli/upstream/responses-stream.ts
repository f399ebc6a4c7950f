/**
 * Writes an answer of the Responses API: the stream's events in order of `sequence_number`, and the whole response.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import { silentSteps } from './chat-stream.ts'
import { sseEvent } from './claude-stream.ts'
import type { Step } from './deliver.ts'
import { sha256 } from './ids.ts'
import { objectOf, type JsonObject } from './json.ts'
import type { OpenAiModel } from './openai-models.ts'
import { cacheDetails, type PromptBill } from './openai-usage.ts'
import { pieces, replyTokens, thinkingTokens, type Reply, type ReplyPart } from './reply.ts'
import type { WireErrorFields } from './wire-error.ts'

/** What a response says besides its output. */
export interface ResponseFrame {
  id: string
  model: string
  createdAtSeconds: number
  request: JsonObject
  bill: PromptBill
  modelRow: OpenAiModel
  /** One id for each part, in order. */
  itemIds: string[]
  /** Reasoning items carry their encrypted content. */
  encrypted: boolean
  showSummary: boolean
  /** The namespace of each tool that has one. */
  namespaces: Record<string, string>
  pieceLength: number
  omitUsage: boolean
}

/** The whole response once done. */
export function responseBody(reply: Reply, frame: ResponseFrame): JsonObject {
  const incomplete = incompleteReason(reply)
  return {
    ...envelope(frame, incomplete === null ? 'completed' : 'incomplete'),
    completed_at: incomplete === null ? frame.createdAtSeconds : null,
    incomplete_details: incomplete === null ? null : { reason: incomplete },
    output: outputItems(reply, frame),
    usage: frame.omitUsage ? null : usageOf(reply, frame),
  }
}

function incompleteReason(reply: Reply): string | null {
  if (reply.stop === 'length' || reply.stop === 'context') return 'max_output_tokens'
  return reply.stop === 'filter' ? 'content_filter' : null
}

function envelope(frame: ResponseFrame, status: string): JsonObject {
  const { request } = frame
  const reasoning = objectOf(request.reasoning)
  const fallback = frame.modelRow.reasoning ? (frame.modelRow.efforts[0] ?? null) : null
  return {
    id: frame.id,
    object: 'response',
    created_at: frame.createdAtSeconds,
    status,
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model: frame.model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    ...cacheOptions(frame),
    reasoning: { effort: reasoning.effort ?? fallback, summary: reasoning.summary ?? null },
    safety_identifier: null,
    service_tier: 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: { format: { type: 'text' }, verbosity: 'medium', ...objectOf(request.text) },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_logprobs: 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    usage: null,
    user: request.user ?? null,
    metadata: request.metadata ?? {},
  }
}

function cacheOptions(frame: ResponseFrame): JsonObject {
  if (!frame.modelRow.billsCacheWrites) return {}
  const asked = objectOf(frame.request.prompt_cache_options)
  return { prompt_cache_options: { mode: asked.mode ?? 'implicit', ttl: asked.ttl ?? '30m' } }
}

function usageOf(reply: Reply, frame: ResponseFrame): JsonObject {
  const output = replyTokens(reply)
  return {
    input_tokens: frame.bill.tokens,
    input_tokens_details: cacheDetails(frame.bill, frame.modelRow),
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: thinkingTokens(reply) },
    total_tokens: frame.bill.tokens + output,
  }
}

/** The output items of a whole answer. */
export function outputItems(reply: Reply, frame: ResponseFrame): JsonObject[] {
  const items = reply.parts.map((part, index) => item(part, { frame, index, done: true }))
  const refusal = refusalText(reply)
  return refusal === null ? items : [...items, refusalItem(refusal, frame)]
}

function refusalText(reply: Reply): string | null {
  return reply.stop === 'refusal' ? (reply.stopDetails?.explanation ?? 'I cannot help with that.') : null
}

function refusalItem(refusal: string, frame: ResponseFrame): JsonObject {
  const content = [{ type: 'refusal', refusal }]
  return { id: `msg_${frame.id.slice(5)}`, type: 'message', status: 'completed', role: 'assistant', content }
}

interface ItemPlace {
  frame: ResponseFrame
  index: number
  done: boolean
}

function item(part: ReplyPart, place: ItemPlace): JsonObject {
  const { frame, index, done } = place
  const id = frame.itemIds[index] ?? ''
  const status = done ? 'completed' : 'in_progress'
  switch (part.kind) {
    case 'thinking':
      return {
        id,
        type: 'reasoning',
        summary: done && frame.showSummary ? [{ type: 'summary_text', text: part.text }] : [],
        ...(frame.encrypted ? { encrypted_content: done ? encryptedContent(id) : '' } : {}),
      }
    case 'text': {
      const content = done ? [textContent(part.text)] : []
      return { id, type: 'message', status, content, role: 'assistant' }
    }
    case 'tool': {
      const call = { call_id: part.id, name: part.name }
      if (part.custom) {
        return { id: `ctc_${id.slice(3)}`, type: 'custom_tool_call', status, ...call, input: done ? part.input : '' }
      }
      const namespace = frame.namespaces[part.name]
      const extra = namespace === undefined ? {} : { namespace }
      return { id, type: 'function_call', status, arguments: done ? part.input : '', ...call, ...extra }
    }
  }
}

function encryptedContent(id: string): string {
  return `gAAAAAscripted${sha256(id)}${sha256(`${id}.`)}==`
}

function textContent(text: string): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

/** The events of a streaming answer with the tokens produced at each. */
export function responseSteps(reply: Reply, frame: ResponseFrame): Step[] {
  const writer = new EventWriter()
  writer.event('response.created', { response: envelope(frame, 'in_progress') }, 0)
  writer.event('response.in_progress', { response: envelope(frame, 'in_progress') }, 0)
  let done = 0
  for (const [index, part] of reply.parts.entries()) {
    partEvents(part, { writer, frame, index, before: done })
    done += part.tokens
  }
  const refusal = refusalText(reply)
  done += reply.refusalTokens
  if (refusal !== null) refusalEvents(refusal, { writer, frame, index: reply.parts.length, before: done })
  const body = responseBody(reply, frame)
  writer.event(body.status === 'completed' ? 'response.completed' : 'response.incomplete', { response: body }, done)
  return writer.steps
}

/** Numbers events as it writes them. */
class EventWriter {
  readonly steps: Step[] = []
  #sequence = 0

  event(type: string, fields: JsonObject, tokens: number): void {
    this.steps.push({ text: sseEvent(type, { type, sequence_number: this.#sequence, ...fields }), tokens })
    this.#sequence += 1
  }

  silence(steps: Step[]): void {
    this.steps.push(...steps)
  }
}

interface PartPlace {
  writer: EventWriter
  frame: ResponseFrame
  index: number
  before: number
}

function partEvents(part: ReplyPart, place: PartPlace): void {
  const { writer, frame, index, before } = place
  const opened = item(part, { frame, index, done: false })
  const after = before + part.tokens
  writer.event('response.output_item.added', { output_index: index, item: opened }, before)
  if (part.kind === 'thinking') thinkingEvents(part, place)
  else if (part.kind === 'text') textEvents(part, place)
  else toolEvents(part, { ...place, itemId: String(opened.id) })
  writer.event(
    'response.output_item.done',
    { output_index: index, item: item(part, { frame, index, done: true }) },
    after,
  )
}

function thinkingEvents(part: ReplyPart & { kind: 'thinking' }, place: PartPlace): void {
  const { writer, frame, index, before } = place
  const silent = silentSteps(part.tokens, before)
  writer.silence(silent)
  if (!frame.showSummary) return
  const after = before + part.tokens
  const where = { item_id: frame.itemIds[index], output_index: index, summary_index: 0 }
  writer.event('response.reasoning_summary_part.added', { ...where, part: { type: 'summary_text', text: '' } }, after)
  for (const delta of pieces(part.text, frame.pieceLength)) {
    writer.event('response.reasoning_summary_text.delta', { ...where, delta }, after)
  }
  writer.event('response.reasoning_summary_text.done', { ...where, text: part.text }, after)
  writer.event(
    'response.reasoning_summary_part.done',
    { ...where, part: { type: 'summary_text', text: part.text } },
    after,
  )
}

function textEvents(part: ReplyPart & { kind: 'text' }, place: PartPlace): void {
  const { writer, frame, index, before } = place
  const after = before + part.tokens
  const where = { item_id: frame.itemIds[index], output_index: index, content_index: 0 }
  writer.event('response.content_part.added', { ...where, part: textContent('') }, before)
  const texts = pieces(part.text, frame.pieceLength)
  for (const [at, delta] of texts.entries()) {
    const tokens = before + Math.round((part.tokens * (at + 1)) / texts.length)
    writer.event('response.output_text.delta', { ...where, delta, logprobs: [] }, tokens)
  }
  writer.event('response.output_text.done', { ...where, text: part.text, logprobs: [] }, after)
  writer.event('response.content_part.done', { ...where, part: textContent(part.text) }, after)
}

function toolEvents(part: ReplyPart & { kind: 'tool' }, place: PartPlace & { itemId: string }): void {
  const { writer, frame, index, before, itemId } = place
  const [name, field] = part.custom
    ? ['response.custom_tool_call_input', 'input']
    : ['response.function_call_arguments', 'arguments']
  const where = { item_id: itemId, output_index: index }
  const texts = pieces(part.input, frame.pieceLength)
  for (const [at, delta] of texts.entries()) {
    writer.event(`${name}.delta`, { ...where, delta }, before + Math.round((part.tokens * (at + 1)) / texts.length))
  }
  writer.event(`${name}.done`, { ...where, [String(field)]: part.input }, before + part.tokens)
}

function refusalEvents(refusal: string, place: PartPlace): void {
  const { writer, frame, index, before } = place
  const whole = refusalItem(refusal, frame)
  const where = { item_id: whole.id, output_index: index, content_index: 0 }
  writer.event(
    'response.output_item.added',
    { output_index: index, item: { ...whole, status: 'in_progress', content: [] } },
    before,
  )
  writer.event('response.content_part.added', { ...where, part: { type: 'refusal', refusal: '' } }, before)
  for (const delta of pieces(refusal, frame.pieceLength))
    writer.event('response.refusal.delta', { ...where, delta }, before)
  writer.event('response.refusal.done', { ...where, refusal }, before)
  writer.event('response.content_part.done', { ...where, part: { type: 'refusal', refusal } }, before)
  writer.event('response.output_item.done', { output_index: index, item: whole }, before)
}

/** The event a failing stream ends with, as the `sequence`th. */
export function failedEvent(frame: ResponseFrame, error: WireErrorFields, sequence: number): string {
  const code = error.code ?? (error.status === 429 ? 'rate_limit_exceeded' : 'server_error')
  const response = { ...envelope(frame, 'failed'), error: { code, message: error.message } }
  return sseEvent('response.failed', { type: 'response.failed', sequence_number: sequence, response })
}
