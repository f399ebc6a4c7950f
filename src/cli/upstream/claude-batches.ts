/**
 * Message batches: created, worked off after a moment, listed, cancelled, results as JSONL. Half the price is a
 * matter of the bill's reader: the tokens are billed under the service `batch`.
 * https://platform.claude.com/docs/en/api/creating-message-batches
 */
import {
  claudeCall,
  checkLength,
  produce,
  readPrompt,
  tokensOf,
  withOutput,
  type ClaudeCall,
} from './claude-messages.ts'
import { messageBody } from './claude-stream.ts'
import { sendBytes, sendJson, type Exchange } from './exchange.ts'
import { freshId } from './ids.ts'
import { arrayOf, isObject, objectOf, stringOf, type JsonObject } from './json.ts'
import type { UpstreamState } from './state.ts'
import { WireError, errorBody, invalidRequest } from './wire-error.ts'

/** A batch with what is known of each of its requests. */
export interface AnthropicBatch {
  id: string
  account: string
  createdAt: number
  cancelledAt: number | null
  call: ClaudeCall
  requests: { customId: string; params: JsonObject; result: JsonObject | null }[]
}

/** How long a batch works, from its creation, in ms; cancelling takes half of that. */
const WORK_MS = 200
const EXPIRY_MS = 86_400_000

/** Answers `POST /v1/messages/batches`. */
export function createBatch(exchange: Exchange): void {
  const { state, body, account } = exchange
  const call = claudeCall(exchange)
  const requests = arrayOf(body.requests).map(readRequest)
  if (requests.length === 0) throw invalidRequest('requests: List should have at least 1 item after validation')
  if (requests.length > 100_000)
    throw invalidRequest('requests: List should have at most 100000 items after validation')
  const ids = new Set(requests.map((request) => request.customId))
  if (ids.size !== requests.length) throw invalidRequest('requests: custom_id must be unique')
  const batch: AnthropicBatch = {
    id: freshId('msgbatch_01', 22),
    account,
    createdAt: state.now(),
    cancelledAt: null,
    call,
    requests,
  }
  state.claudeBatches.set(batch.id, batch)
  sendJson(exchange, view(batch, exchange))
}

const NOT_IN_BATCHES = ['stream', 'speed', 'fallbacks', 'thread']

function readRequest(request: unknown, index: number): AnthropicBatch['requests'][number] {
  const { custom_id: customId, params } = objectOf(request)
  if (typeof customId !== 'string' || !/^[\w-]{1,64}$/.test(customId)) {
    throw invalidRequest(`requests.${index}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`)
  }
  if (!isObject(params)) throw invalidRequest(`requests.${index}.params: Field required`)
  const wrong = NOT_IN_BATCHES.find((field) => params[field] !== undefined && params[field] !== false)
  if (wrong !== undefined) throw invalidRequest(`requests.${index}.params.${wrong}: Extra inputs are not permitted`)
  if (params.max_tokens === 0) {
    throw invalidRequest(`requests.${index}.params.max_tokens: Input should be greater than or equal to 1`)
  }
  return { customId, params, result: null }
}

/** Answers `GET /v1/messages/batches`. */
export function listBatches(exchange: Exchange): void {
  const mine = [...exchange.state.claudeBatches.values()].filter((batch) => batch.account === exchange.account)
  const data = mine.toReversed().map((batch) => view(batch, exchange))
  const limit = Number(exchange.query.get('limit') ?? 20)
  const page = data.slice(0, limit)
  sendJson(exchange, {
    data: page,
    has_more: data.length > limit,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  })
}

/** Answers `GET /v1/messages/batches/:id`. */
export function retrieveBatch(exchange: Exchange, id: string): void {
  sendJson(exchange, view(find(exchange, id), exchange))
}

/** Answers `POST /v1/messages/batches/:id/cancel`. */
export function cancelBatch(exchange: Exchange, id: string): void {
  const batch = find(exchange, id)
  if (statusOf(batch, exchange.state) === 'in_progress') batch.cancelledAt = exchange.state.now()
  sendJson(exchange, view(batch, exchange))
}

/** Answers `DELETE /v1/messages/batches/:id`, once it has ended. */
export function deleteBatch(exchange: Exchange, id: string): void {
  const batch = find(exchange, id)
  if (statusOf(batch, exchange.state) !== 'ended') {
    throw invalidRequest(`Batch ${id} cannot be deleted while it is still processing.`)
  }
  exchange.state.claudeBatches.delete(id)
  sendJson(exchange, { id, type: 'message_batch_deleted' })
}

/** Answers `GET /v1/messages/batches/:id/results` with JSONL in no particular order. */
export function batchResults(exchange: Exchange, id: string): void {
  const batch = find(exchange, id)
  if (statusOf(batch, exchange.state) !== 'ended') {
    throw new WireError({
      status: 404,
      type: 'not_found_error',
      message: `Batch ${id} has no available results. Results are available once processing has ended.`,
    })
  }
  finish(batch, exchange.state)
  const lines = batch.requests
    .toReversed()
    .map((request) => JSON.stringify({ custom_id: request.customId, result: request.result }))
  sendBytes(exchange, 200, `${lines.join('\n')}\n`, { 'content-type': 'application/x-jsonl' })
}

function find(exchange: Exchange, id: string): AnthropicBatch {
  const batch = exchange.state.claudeBatches.get(id)
  if (batch !== undefined && batch.account === exchange.account) return batch
  throw new WireError({ status: 404, type: 'not_found_error', message: `Message batch ${id} not found.` })
}

function statusOf(batch: AnthropicBatch, state: UpstreamState): 'in_progress' | 'canceling' | 'ended' {
  const now = state.now()
  if (batch.cancelledAt !== null) return now >= batch.cancelledAt + WORK_MS / 2 ? 'ended' : 'canceling'
  return now >= batch.createdAt + WORK_MS ? 'ended' : 'in_progress'
}

/** Works off what is still open; each request is answered or fails on its own. */
function finish(batch: AnthropicBatch, state: UpstreamState): void {
  for (const request of batch.requests) {
    if (request.result !== null) continue
    request.result = batch.cancelledAt === null ? work(request.params, batch.call, state) : { type: 'canceled' }
  }
}

function work(params: JsonObject, batchCall: ClaudeCall, state: UpstreamState): JsonObject {
  const call: ClaudeCall = { ...batchCall, body: params, onMismatch: 'drop' }
  try {
    const prompt = readPrompt(call)
    checkLength(prompt)
    const { reply, frame, commit } = produce(prompt, call)
    commit()
    state.recording.charge({
      model: prompt.model.id,
      service: 'batch',
      longPrompt: false,
      aborted: false,
      tokens: withOutput(tokensOf(frame.cache), reply),
    })
    const message = messageBody(reply, frame)
    return {
      type: 'succeeded',
      message: { ...message, usage: { ...objectOf(message.usage), service_tier: 'batch' } },
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { type: 'errored', error: errorBody('anthropic', error.fields, freshId('req_011C', 20)) }
  }
}

function view(batch: AnthropicBatch, exchange: Exchange): JsonObject & { id: string } {
  const status = statusOf(batch, exchange.state)
  if (status === 'ended') finish(batch, exchange.state)
  const count = (type: string) => batch.requests.filter((request) => stringOf(request.result?.type) === type).length
  const endedAt = batch.cancelledAt === null ? batch.createdAt + WORK_MS : batch.cancelledAt + WORK_MS / 2
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: status,
    request_counts: {
      processing: batch.requests.filter((request) => request.result === null).length,
      succeeded: count('succeeded'),
      errored: count('errored'),
      canceled: count('canceled'),
      expired: 0,
    },
    created_at: iso(batch.createdAt),
    expires_at: iso(batch.createdAt + EXPIRY_MS),
    ended_at: status === 'ended' ? iso(endedAt) : null,
    cancel_initiated_at: batch.cancelledAt === null ? null : iso(batch.cancelledAt),
    archived_at: null,
    results_url: status === 'ended' ? `${originOf(exchange)}/v1/messages/batches/${batch.id}/results` : null,
  }
}

function originOf(exchange: Exchange): string {
  return `http://${exchange.headers.host ?? 'localhost'}`
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
