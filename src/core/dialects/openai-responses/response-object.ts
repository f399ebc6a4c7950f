/**
 * The response object around an answer: what of it repeats the request, ids, and the shape of its items.
 * API: https://developers.openai.com/api/reference/responses.
 */
import { legalCallId } from '../../chat/call-ids.ts'
import type { AnswerPart, ToolCallPart } from '../../chat/chat-message.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { objectOf } from '../../chat/json-value.ts'
import type { Usage } from '../../chat/usage.ts'
import type { AnswerContext } from '../codec.ts'
import { writeUsage } from './response-usage.ts'
import { writeCall } from './write-items.ts'

const DIALECT = 'openai-responses'

/** The provider's own part of an id, without the word for what it names. */
export function bareId(id: string | null, context: AnswerContext): string {
  return (id ?? context.fallbackId).replace(/^(msg_|chatcmpl-|resp_)/, '')
}

export interface ResponseParts {
  readonly bareId: string
  readonly model: string | null
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly incompleteReason?: string | null
  readonly error?: JsonObject | null
  readonly output: readonly JsonObject[]
  readonly usage: Usage | null
}

/** The whole object; settings of the request are repeated as the API does. */
export function responseObject(context: AnswerContext, parts: ResponseParts): JsonObject {
  const asked = context.clientBody
  const createdAt = Math.floor(context.now / 1000)
  return {
    id: `resp_${parts.bareId}`,
    object: 'response',
    created_at: createdAt,
    status: parts.status,
    background: false,
    completed_at: parts.status === 'completed' ? createdAt : null,
    error: parts.error ?? null,
    incomplete_details: parts.incompleteReason ? { reason: parts.incompleteReason } : null,
    instructions: asked['instructions'] ?? null,
    max_output_tokens: asked['max_output_tokens'] ?? null,
    model: context.model ?? parts.model ?? '',
    output: parts.output,
    parallel_tool_calls: asked['parallel_tool_calls'] ?? true,
    previous_response_id: null,
    prompt_cache_key: asked['prompt_cache_key'] ?? null,
    reasoning: { effort: null, summary: null, ...objectOf(asked['reasoning']) },
    service_tier: 'default',
    store: false,
    temperature: asked['temperature'] ?? 1,
    text: { format: { type: 'text' }, ...objectOf(asked['text']) },
    tool_choice: asked['tool_choice'] ?? 'auto',
    tools: asked['tools'] ?? [],
    top_p: asked['top_p'] ?? 1,
    truncation: asked['truncation'] ?? 'disabled',
    usage: parts.usage === null ? null : writeUsage(parts.usage),
    user: asked['user'] ?? null,
    metadata: asked['metadata'] ?? {},
  }
}

export interface ItemPlace {
  readonly bareId: string
  readonly index: number
  readonly status: 'in_progress' | 'completed' | 'incomplete'
}

/** A message item with one part of content, or with none yet. */
export function messageItem(content: JsonObject | null, { bareId: bare, index, status }: ItemPlace): JsonObject {
  const list = content === null ? [] : [content]
  return { id: `msg_${bare}_${index}`, type: 'message', status, role: 'assistant', content: list }
}

export function textContent(text: string): JsonObject {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

export function refusalContent(refusal: string): JsonObject {
  return { type: 'refusal', refusal }
}

/** The item of a call of one of the client's tools. `input`: what of it is known. */
export function callItem(call: Omit<ToolCallPart, 'input'>, input: string, place: ItemPlace): JsonObject {
  const prefix = call.freeform ? 'ctc' : 'fc'
  const item = writeCall({ ...call, id: legalCallId(call.id), input })
  const known = call.freeform || place.status !== 'in_progress' ? {} : { arguments: input }
  return { id: `${prefix}_${place.bareId}_${place.index}`, status: place.status, ...item, ...known }
}

/** A reasoning item: this API's own as it came, another's only as a summary. */
export function reasoningItem(
  part: Extract<AnswerPart, { type: 'reasoning' }>,
  place: Pick<ItemPlace, 'bareId' | 'index'>,
): JsonObject {
  if (part.seal?.dialect === DIALECT) return part.seal.value
  const summary = part.text === '' ? [] : [{ type: 'summary_text', text: part.text }]
  return { id: `rs_${place.bareId}_${place.index}`, type: 'reasoning', summary }
}

/** Reasoning another provider made is shown only where the client may see it. */
export function isShown(part: Extract<AnswerPart, { type: 'reasoning' }>, context: AnswerContext): boolean {
  return part.seal?.dialect === DIALECT || (context.foreignReasoning === 'shown' && part.text !== '')
}
