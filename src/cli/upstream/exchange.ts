/** One HTTP call in the scripted provider's hands: what was asked, what is wished for it, and how it is answered. */
import type { ServerResponse } from 'node:http'
import { deliver, type Answer } from './deliver.ts'
import type { JsonObject } from './json.ts'
import type { RequestRecord } from './recording.ts'
import type { Script } from './script.ts'
import type { UpstreamState } from './state.ts'
import { defaultErrorType, errorBody, type Family, type WireErrorFields } from './wire-error.ts'

/** A call on its way through a handler. */
export interface Exchange {
  state: UpstreamState
  family: Family
  method: string
  path: string
  query: URLSearchParams
  headers: Record<string, string>
  bytes: Buffer
  /** The parsed JSON body, empty when there is none. */
  body: JsonObject
  /** The key the client showed. */
  account: string
  script: Script
  record: RequestRecord
  response: ServerResponse
  requestId: string
}

/** Plays an answer to the client and bills it. */
export async function answerWith(exchange: Exchange, answer: Answer): Promise<void> {
  const { state, record, script, response } = exchange
  record.model = answer.model
  await deliver(answer, {
    response,
    record,
    recording: state.recording,
    script,
    pace: state.settings,
    now: state.now,
  })
}

/** Sends a plain JSON body. */
export function sendJson(exchange: Exchange, body: unknown, headers: Record<string, string> = {}): void {
  sendBytes(exchange, 200, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
}

/** Sends bytes with the family's standard headers. */
export function sendBytes(
  exchange: Exchange,
  status: number,
  content: string | Uint8Array,
  headers: Record<string, string>,
): void {
  const { response, record, state } = exchange
  record.status = status
  record.ending = 'complete'
  record.endedAt = state.now()
  response.writeHead(status, { ...standardHeaders(exchange), ...headers })
  response.end(exchange.method === 'HEAD' ? undefined : content)
}

/** Sends an error in the family's envelope. */
export function sendError(exchange: Exchange, error: WireErrorFields, headers: Record<string, string> = {}): void {
  const body = errorBody(exchange.family, error, exchange.requestId)
  sendBytes(exchange, error.status, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
}

/** Sends the error a script asks for. */
export function sendScriptedError(exchange: Exchange, status: number): void {
  const { script, family } = exchange
  const headers: Record<string, string> = { ...script.headers }
  if (script.retryAfter !== undefined) headers['retry-after'] = String(script.retryAfter)
  if (script.shouldRetry !== undefined) headers['x-should-retry'] = String(script.shouldRetry)
  if (script.rawBody !== undefined) {
    sendBytes(exchange, status, script.rawBody, { 'content-type': 'application/json', ...headers })
    return
  }
  sendError(exchange, scriptedFields(script, family, status), headers)
}

/** The error fields a script asks for, with the family's usual words where it does not say. */
export function scriptedFields(script: Script, family: Family, status: number): WireErrorFields {
  const type = script.errorType ?? defaultErrorType(family, status)
  return {
    status,
    type,
    message: script.errorMessage ?? usualMessage(status),
    ...(script.errorDetails === undefined ? {} : { details: script.errorDetails }),
    ...(script.errorCode === undefined ? {} : { code: script.errorCode }),
    ...(script.errorParam === undefined ? {} : { param: script.errorParam }),
  }
}

const MESSAGES: Record<number, string> = {
  401: 'invalid x-api-key',
  402: 'Your credit balance is too low to access the API.',
  403: 'Your API key does not have permission to use the specified resource.',
  429: "This request would exceed your organization's rate limit.",
  500: 'Internal server error',
  503: 'The server is currently overloaded with other requests. Sorry about that!',
  504: 'The request timed out.',
  529: 'Overloaded',
}

function usualMessage(status: number): string {
  return MESSAGES[status] ?? 'The scripted provider was asked to fail.'
}

/** The headers each family puts on every answer. Limits are generous and constant, resets are a minute away. */
export function standardHeaders(exchange: Exchange): Record<string, string> {
  const { family, requestId, state } = exchange
  const reset = new Date(state.now() + 60_000).toISOString().replace(/\.\d+Z$/, 'Z')
  if (family === 'openai') return { 'x-request-id': requestId, 'openai-version': '2020-10-01', ...OPENAI_LIMITS }
  return { 'request-id': requestId, 'anthropic-organization-id': ORGANIZATION, ...anthropicLimits(reset) }
}

const ORGANIZATION = '5c1e7a0e-0000-4000-8000-000000000001'

const OPENAI_LIMITS = {
  'openai-organization': 'org-scripted',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-limit-tokens': '30000000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-remaining-tokens': '29999000',
  'x-ratelimit-reset-requests': '6ms',
  'x-ratelimit-reset-tokens': '2ms',
}

function anthropicLimits(reset: string): Record<string, string> {
  const headers: Record<string, string> = {}
  const limits: [string, number][] = [
    ['requests', 4_000],
    ['tokens', 4_800_000],
    ['input-tokens', 4_000_000],
    ['output-tokens', 800_000],
  ]
  for (const [kind, limit] of limits) {
    headers[`anthropic-ratelimit-${kind}-limit`] = String(limit)
    headers[`anthropic-ratelimit-${kind}-remaining`] = String(limit - 1)
    headers[`anthropic-ratelimit-${kind}-reset`] = reset
  }
  return headers
}
