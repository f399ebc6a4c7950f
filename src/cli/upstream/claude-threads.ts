/**
 * Message threads (beta): the provider holds a conversation under an answer's id, and a request that continues it
 * carries only what is new. Where it does not apply it fails with the details the SDK recovers by.
 * https://platform.claude.com/docs/en/api/beta/messages
 */
import type { ClaudeCall } from './claude-messages.ts'
import { arrayOf, isObject, stringOf, without, type JsonObject } from './json.ts'
import { remember, type StoredThread } from './state.ts'
import { WireError, invalidRequest } from './wire-error.ts'

/** A request with its thread resolved: the full conversation, and whether to keep the answer. */
export interface ThreadedRequest {
  body: JsonObject
  keeps: boolean
  /** Ends the claim on the continued answer when the call did not complete. */
  release: () => void
}

const BETA = 'message-threads-2026-08-12'
const FIXED = ['model', 'system', 'tools'] as const

/** Resolves `thread` in a request; a request without one is returned as it is. */
export function continueThread(call: ClaudeCall, request: JsonObject): ThreadedRequest {
  const thread = request.thread
  if (!isObject(thread)) return { body: request, keeps: false, release: () => {} }
  if (call.state.settings.strict && !call.headers.betas.includes(BETA)) {
    throw invalidRequest('thread: Extra inputs are not permitted')
  }
  refuseUnsupported(request)
  if (thread.type === 'create') return { body: without(request, 'thread'), keeps: true, release: () => {} }
  if (thread.type !== 'continue') throw invalidRequest("thread.type: Input should be 'create' or 'continue'")
  const id = stringOf(thread.previous_message_id)
  const stored = call.state.threads.get(id)
  if (stored === undefined || stored.account !== call.account) throw threadError(404, 'thread_not_found', id)
  if (stored.continued === 'running') throw threadError(409, 'thread_continue_in_flight', id)
  if (stored.continued === 'done') throw threadError(409, 'thread_already_continued', id)
  for (const field of FIXED) {
    const differs = request[field] !== undefined && !equal(request[field], stored.body[field])
    if (differs) throw threadError(400, 'thread_fingerprint_mismatch', id, field)
  }
  return claimed(stored, request)
}

function claimed(stored: StoredThread, request: JsonObject): ThreadedRequest {
  stored.continued = 'running'
  const messages = [...arrayOf(stored.body.messages), ...arrayOf(request.messages)]
  const { system, tools } = stored.body
  const body: JsonObject = {
    ...(system === undefined ? {} : { system }),
    ...(tools === undefined ? {} : { tools }),
    ...without(request, 'thread'),
    messages,
  }
  const release = () => {
    if (stored.continued === 'running') stored.continued = 'no'
  }
  return { body, keeps: true, release }
}

function refuseUnsupported(request: JsonObject): void {
  const unsupported = ['context_management', 'fallbacks'].filter((field) => request[field] !== undefined)
  if (unsupported.length === 0) return
  throw invalidRequest(`thread: not supported together with ${unsupported.join(', ')}`, {
    error_code: 'thread_unsupported_request',
    unsupported,
  })
}

const WORDS: Record<string, string> = {
  thread_not_found: 'No usable thread state was found for previous_message_id',
  thread_continue_in_flight: 'Another request is still continuing from previous_message_id',
  thread_already_continued: 'The thread was already continued from previous_message_id',
  thread_fingerprint_mismatch: 'A field differs from the value stored with the thread',
}

function threadError(status: number, code: string, id: string, field?: string): WireError {
  const type = { 400: 'invalid_request_error', 404: 'not_found_error', 409: 'conflict_error' }[status] ?? 'api_error'
  const message = `thread: ${WORDS[code] ?? code}: ${field ?? id}`
  return new WireError({ status, type, message, details: { error_code: code } })
}

/** Keeps the conversation under the id of the answer just sent. */
export function keepThread(call: ClaudeCall, threaded: ThreadedRequest, answer: JsonObject): void {
  if (!threaded.keeps) return
  const previous = isObject(call.body.thread) ? stringOf(call.body.thread.previous_message_id) : ''
  const continued = call.state.threads.get(previous)
  if (continued !== undefined) continued.continued = 'done'
  const messages = [...arrayOf(threaded.body.messages), { role: 'assistant', content: answer.content }]
  remember(call.state.threads, stringOf(answer.id), {
    body: { ...threaded.body, messages },
    account: call.account,
    continued: 'no',
  })
}

function equal(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
