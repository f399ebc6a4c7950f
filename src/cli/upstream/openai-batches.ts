/**
 * Batches of the OpenAI API: a file of requests in, a file of answers (and one of errors) out.
 * https://platform.openai.com/docs/api-reference/batch
 */
import { chatBody } from './chat-stream.ts'
import { produceChat } from './chat-completions.ts'
import { sendJson, type Exchange } from './exchange.ts'
import { freshId } from './ids.ts'
import { isObject, objectOf, stringOf, type JsonObject } from './json.ts'
import { findFile, storeFile } from './openai-files.ts'
import type { TokensByKind } from './recording.ts'
import { replyTokens, thinkingTokens, type Reply } from './reply.ts'
import { produceResponse } from './responses.ts'
import { responseBody } from './responses-stream.ts'
import type { UpstreamState } from './state.ts'
import { WireError, errorBody, invalidParameter } from './wire-error.ts'

/** A batch and what came of it. */
export interface OpenAiBatch {
  id: string
  account: string
  endpoint: string
  inputFileId: string
  content: string
  metadata: unknown
  createdAt: number
  cancelledAt: number | null
  outcome: { outputFileId: string | null; errorFileId: string | null; completed: number; failed: number } | null
}

const ENDPOINTS = new Set(['/v1/chat/completions', '/v1/responses'])
const WORK_MS = 200
const EXPIRY_MS = 86_400_000

/** Answers `POST /v1/batches`. */
export function createOpenAiBatch(exchange: Exchange): void {
  const { body, state, account } = exchange
  for (const field of ['input_file_id', 'endpoint', 'completion_window']) {
    if (body[field] === undefined) {
      throw invalidParameter(`Missing required parameter: '${field}'.`, field, 'missing_required_parameter')
    }
  }
  if (!ENDPOINTS.has(stringOf(body.endpoint))) {
    throw invalidParameter(
      `Invalid value: '${stringOf(body.endpoint)}'. Supported values are: '/v1/chat/completions' and '/v1/responses'.`,
      'endpoint',
      'invalid_value',
    )
  }
  if (body.completion_window !== '24h') {
    throw invalidParameter(
      "Invalid value for 'completion_window': expected '24h'.",
      'completion_window',
      'invalid_value',
    )
  }
  const file = findFile(exchange, stringOf(body.input_file_id))
  if (file.purpose !== 'batch') throw invalidParameter("The input file must have the purpose 'batch'.", 'input_file_id')
  const batch: OpenAiBatch = {
    id: freshId('batch_', 24),
    account,
    endpoint: stringOf(body.endpoint),
    inputFileId: file.id,
    content: file.content.toString('utf8'),
    metadata: body.metadata ?? null,
    createdAt: state.now(),
    cancelledAt: null,
    outcome: null,
  }
  state.openaiBatches.set(batch.id, batch)
  sendJson(exchange, view(batch, state))
}

/** Answers `GET /v1/batches`. */
export function listOpenAiBatches(exchange: Exchange): void {
  const { state, account } = exchange
  const mine = [...state.openaiBatches.values()].filter((batch) => batch.account === account)
  const data = mine.toReversed().map((batch) => view(batch, state))
  sendJson(exchange, {
    object: 'list',
    data,
    has_more: false,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  })
}

/** Answers `GET /v1/batches/:id`. */
export function retrieveOpenAiBatch(exchange: Exchange, id: string): void {
  sendJson(exchange, view(find(exchange, id), exchange.state))
}

/** Answers `POST /v1/batches/:id/cancel`. */
export function cancelOpenAiBatch(exchange: Exchange, id: string): void {
  const batch = find(exchange, id)
  if (statusOf(batch, exchange.state) === 'in_progress') batch.cancelledAt = exchange.state.now()
  sendJson(exchange, view(batch, exchange.state))
}

function find(exchange: Exchange, id: string): OpenAiBatch {
  const batch = exchange.state.openaiBatches.get(id)
  if (batch !== undefined && batch.account === exchange.account) return batch
  const message = `No batch found with id '${id}'.`
  throw new WireError({ status: 404, type: 'invalid_request_error', message })
}

function statusOf(batch: OpenAiBatch, state: UpstreamState): string {
  const now = state.now()
  if (batch.cancelledAt !== null) return now >= batch.cancelledAt + WORK_MS / 2 ? 'cancelled' : 'cancelling'
  if (now >= batch.createdAt + WORK_MS) return 'completed'
  return now >= batch.createdAt + WORK_MS / 4 ? 'in_progress' : 'validating'
}

interface LineResult {
  ok: boolean
  line: JsonObject
}

function workOff(batch: OpenAiBatch, state: UpstreamState): NonNullable<OpenAiBatch['outcome']> {
  if (batch.outcome !== null) return batch.outcome
  const lines = batch.content.split('\n').filter((line) => line.trim() !== '')
  const results = lines.map((line) => answerLine(line, batch, state))
  const keep = (chosen: LineResult[], name: string) => {
    if (chosen.length === 0) return null
    const content = Buffer.from(`${chosen.map(({ line }) => JSON.stringify(line)).join('\n')}\n`)
    const filename = `${batch.id}_${name}.jsonl`
    return storeFile(state, { account: batch.account, filename, purpose: 'batch_output', content }).id
  }
  const good = results.filter(({ ok }) => ok)
  const bad = results.filter(({ ok }) => !ok)
  batch.outcome = {
    outputFileId: keep(good, 'output'),
    errorFileId: keep(bad, 'error'),
    completed: good.length,
    failed: bad.length,
  }
  return batch.outcome
}

function answerLine(line: string, batch: OpenAiBatch, state: UpstreamState): LineResult {
  const request = parse(line)
  const frame = { id: freshId('batch_req_', 24), custom_id: stringOf(request.custom_id) }
  const requestId = freshId('req_', 32).toLowerCase()
  try {
    if (request.url !== batch.endpoint) {
      throw invalidParameter(
        `The URL provided for this request does not match the batch endpoint.`,
        'url',
        'mismatched_url',
      )
    }
    const body = answerRequest(objectOf(request.body), batch, state)
    return { ok: true, line: { ...frame, response: { status_code: 200, request_id: requestId, body }, error: null } }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    const body = errorBody('openai', error.fields, requestId)
    const response = { status_code: error.fields.status, request_id: requestId, body }
    return { ok: false, line: { ...frame, response, error: null } }
  }
}

function parse(line: string): JsonObject {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function answerRequest(body: JsonObject, batch: OpenAiBatch, state: UpstreamState): JsonObject {
  const call = { state, body, account: batch.account }
  if (batch.endpoint === '/v1/responses') {
    const { model, bill, reply, frame } = produceResponse(call)
    charge(state, { model: model.id, billed: bill.billed, reply })
    return responseBody(reply, frame)
  }
  const { model, bill, reply, frame } = produceChat(call)
  charge(state, { model: model.id, billed: bill.billed, reply })
  return chatBody(reply, frame)
}

function charge(state: UpstreamState, item: { model: string; billed: TokensByKind; reply: Reply }): void {
  state.recording.charge({
    model: item.model,
    service: 'batch',
    longPrompt: false,
    aborted: false,
    tokens: { ...item.billed, output: replyTokens(item.reply), reasoning: thinkingTokens(item.reply) },
  })
}

function view(batch: OpenAiBatch, state: UpstreamState): JsonObject & { id: string } {
  const status = statusOf(batch, state)
  const outcome = status === 'completed' ? workOff(batch, state) : null
  const total = batch.content.split('\n').filter((line) => line.trim() !== '').length
  const seconds = (at: number) => Math.floor(at / 1_000)
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    errors: null,
    input_file_id: batch.inputFileId,
    completion_window: '24h',
    status,
    output_file_id: outcome?.outputFileId ?? null,
    error_file_id: outcome?.errorFileId ?? null,
    created_at: seconds(batch.createdAt),
    in_progress_at: status === 'validating' ? null : seconds(batch.createdAt),
    expires_at: seconds(batch.createdAt + EXPIRY_MS),
    finalizing_at: outcome === null ? null : seconds(batch.createdAt + WORK_MS),
    completed_at: outcome === null ? null : seconds(batch.createdAt + WORK_MS),
    failed_at: null,
    expired_at: null,
    cancelling_at: batch.cancelledAt === null ? null : seconds(batch.cancelledAt),
    cancelled_at: status === 'cancelled' ? seconds(batch.cancelledAt ?? 0) : null,
    request_counts: { total, completed: outcome?.completed ?? 0, failed: outcome?.failed ?? 0 },
    metadata: batch.metadata,
  }
}
