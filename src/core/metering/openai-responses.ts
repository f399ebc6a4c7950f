/**
 * Usage and ending of a Responses answer. The last event holds the whole response; only its small members are parsed.
 * API: https://developers.openai.com/api/reference/responses/streaming-events.
 */
import type { ByteRange } from '../dialects/body-text.ts'
import type { ObjectMembers } from '../dialects/json-members.ts'
import { arrayElements, memberValue, objectMembers } from '../dialects/json-members.ts'
import type { DeltaKeys } from './json-reading.ts'
import {
  ascii,
  bytesOfValues,
  countDelta,
  member,
  parsed,
  rangeLength,
  record,
  standsAt,
  text,
} from './json-reading.ts'
import { readOpenAiUsage } from './openai-usage.ts'
import type { UsageNames } from './openai-usage.ts'
import type { ReadingDraft } from './stream-reading.ts'
import { noteToolCall } from './stream-reading.ts'

const NAMES: UsageNames = {
  prompt: 'input_tokens',
  promptDetails: 'input_tokens_details',
  output: 'output_tokens',
  outputDetails: 'output_tokens_details',
}

const TYPE = ascii('{"type":"')
const DELTA = ascii('.delta')
const DELTA_KEYS: DeltaKeys = { counted: [ascii('delta')], marks: [] }
/** What a whole answer says, or puts into tools. */
const SAID = ['text', 'refusal', 'arguments', 'input'].map(ascii)
const QUOTE = 0x22

/** Items that are calls of the client's own tools. */
const CLIENT_CALLS: ReadonlySet<unknown> = new Set(['function_call', 'custom_tool_call'])
/** Items that are calls of tools the provider runs and bills. */
const SERVER_CALLS: ReadonlySet<unknown> = new Set(['web_search_call', 'file_search_call', 'code_interpreter_call'])

const ENDED: ReadonlySet<unknown> = new Set(['completed', 'incomplete', 'cancelled'])

/** Reads one event; none is droppable. */
export function readResponsesEvent(draft: ReadingDraft, data: Uint8Array): boolean {
  if (isDelta(data)) {
    countDelta(draft, data, DELTA_KEYS)
    return false
  }
  const event = objectMembers(data, 0)
  const type = member(data, event, 'type')
  if (typeof type !== 'string') return false
  if (type.endsWith('.delta')) countDelta(draft, data, DELTA_KEYS)
  else if (Object.hasOwn(HANDLERS, type) && event !== null) HANDLERS[type]?.(draft, data, event)
  return false
}

function isDelta(data: Uint8Array): boolean {
  if (!standsAt(data, TYPE, 0)) return false
  return standsAt(data, DELTA, data.indexOf(QUOTE, TYPE.length) - DELTA.length)
}

type Handler = (draft: ReadingDraft, data: Uint8Array, event: ObjectMembers) => void

const HANDLERS: Readonly<Record<string, Handler>> = {
  'response.created': (draft, data, event) => readIdentity(draft, data, responseOf(data, event)),
  'response.output_item.done': (draft, data, event) => {
    readItem(draft, data, objectMembers(data, memberValue(event, 'item')?.start ?? data.length))
  },
  'response.completed': readLast,
  'response.incomplete': readLast,
  'response.failed': readLast,
  error: (draft, data) => {
    draft.ending = 'error'
    draft.errorType = text(parsed(data)['code']) ?? 'error'
  },
}

function responseOf(data: Uint8Array, event: ObjectMembers): ObjectMembers | null {
  return objectMembers(data, memberValue(event, 'response')?.start ?? data.length)
}

function readLast(draft: ReadingDraft, data: Uint8Array, event: ObjectMembers): void {
  readResponse(draft, data, responseOf(data, event))
}

/** Reads a whole answer. */
export function readResponsesAnswer(draft: ReadingDraft, body: Uint8Array): void {
  const response = objectMembers(body, 0)
  const output = memberValue(response, 'output')
  const empty = record(member(body, response, 'usage'))[NAMES.output] === 0 && saysNothing(body, output)
  draft.outputBytes = empty ? 0 : rangeLength(output)
  readResponse(draft, body, response)
  if (output === undefined) return
  for (const item of arrayElements(body, output.start) ?? []) readItem(draft, body, objectMembers(body, item.start))
}

function saysNothing(body: Uint8Array, output: ByteRange | undefined): boolean {
  return output === undefined || bytesOfValues(body.subarray(output.start, output.end), SAID) === 0
}

function readIdentity(draft: ReadingDraft, bytes: Uint8Array, response: ObjectMembers | null): void {
  draft.responseId = text(member(bytes, response, 'id')) ?? draft.responseId
  draft.model = text(member(bytes, response, 'model')) ?? draft.model
}

function readResponse(draft: ReadingDraft, bytes: Uint8Array, response: ObjectMembers | null): void {
  const status = text(member(bytes, response, 'status'))
  const error = member(bytes, response, 'error')
  readIdentity(draft, bytes, response)
  if (status === 'failed' || (status === null && error)) {
    draft.ending = 'error'
    draft.errorType = text(record(error)['code']) ?? 'failed'
  } else if (ENDED.has(status) && draft.ending === 'cut') draft.ending = 'complete'
  const reason = record(member(bytes, response, 'incomplete_details'))['reason']
  draft.stopReason = text(reason) ?? status ?? draft.stopReason
  const usage = member(bytes, response, 'usage')
  if (typeof usage !== 'object' || usage === null) return
  readOpenAiUsage(draft, record(usage), NAMES)
}

function readItem(draft: ReadingDraft, bytes: Uint8Array, item: ObjectMembers | null): void {
  const type = member(bytes, item, 'type')
  if (CLIENT_CALLS.has(type)) noteToolCall(draft, member(bytes, item, 'name'))
  else if (SERVER_CALLS.has(type)) draft.serverToolCalls += 1
}
