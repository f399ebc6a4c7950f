/**
 * Usage and ending of a Chat Completions answer. Usage comes once, in a last chunk without choices, if asked for.
 * API: https://developers.openai.com/api/reference/chat-completions/streaming-events.
 */
import type { ByteRange } from '../dialects/body-text.ts'
import { memberValue, objectMembers } from '../dialects/json-members.ts'
import type { DeltaKeys, Json } from './json-reading.ts'
import { ascii, bytesOfValues, countDelta, list, parsed, rangeLength, record, standsAt, text } from './json-reading.ts'
import { readOpenAiUsage } from './openai-usage.ts'
import type { UsageNames } from './openai-usage.ts'
import type { ReadingDraft } from './stream-reading.ts'
import { noteToolCall } from './stream-reading.ts'

const NAMES: UsageNames = {
  prompt: 'prompt_tokens',
  promptDetails: 'prompt_tokens_details',
  output: 'completion_tokens',
  outputDetails: 'completion_tokens_details',
}

const DONE = ascii('[DONE]')

const DELTA_KEYS: DeltaKeys = {
  // Legacy completions say `text`.
  counted: ['text', 'content', 'reasoning_content', 'reasoning', 'refusal', 'arguments', 'input'].map(ascii),
  marks: ['finish_reason', 'usage', 'name', 'error'].map(ascii),
}

/** Reads one chunk; true for the one that holds usage and no choices. */
export function readChatEvent(draft: ReadingDraft, data: Uint8Array): boolean {
  if (standsAt(data, DONE, 0)) {
    if (draft.ending === 'cut') draft.ending = 'complete'
    return false
  }
  const marked = countDelta(draft, data, DELTA_KEYS)
  if (!marked && draft.model !== null) return false
  const chunk = parsed(data)
  readIdentity(draft, chunk)
  readError(draft, chunk)
  for (const choice of list(chunk['choices'])) readChoice(draft, record(choice), 'delta')
  const usage = readUsage(draft, chunk)
  // The answer is whole once it told why it stopped: not every server sends `[DONE]`.
  if (draft.stopReason !== null && draft.ending === 'cut') draft.ending = 'complete'
  return usage && Array.isArray(chunk['choices']) && chunk['choices'].length === 0
}

/** Reads a whole answer. */
export function readChatAnswer(draft: ReadingDraft, body: Uint8Array): void {
  const answer = parsed(body)
  readIdentity(draft, answer)
  readError(draft, answer)
  if (!Array.isArray(answer['choices'])) return
  draft.ending = 'complete'
  for (const choice of answer['choices']) readChoice(draft, record(choice), 'message')
  const choices = memberValue(objectMembers(body, 0), 'choices')
  const empty = record(answer['usage'])[NAMES.output] === 0 && saysNothing(body, choices)
  draft.outputBytes = empty ? 0 : rangeLength(choices)
  readUsage(draft, answer)
}

function saysNothing(body: Uint8Array, choices: ByteRange | undefined): boolean {
  return choices === undefined || bytesOfValues(body.subarray(choices.start, choices.end), DELTA_KEYS.counted) === 0
}

function readIdentity(draft: ReadingDraft, chunk: Json): void {
  draft.responseId ??= text(chunk['id'])
  draft.model ??= text(chunk['model'])
}

function readError(draft: ReadingDraft, chunk: Json): void {
  if (chunk['error'] === undefined || chunk['error'] === null) return
  const error = record(chunk['error'])
  draft.ending = 'error'
  draft.errorType = text(error['code']) ?? text(error['type']) ?? 'error'
}

function readChoice(draft: ReadingDraft, choice: Json, holder: 'delta' | 'message'): void {
  draft.stopReason = text(choice['finish_reason']) ?? draft.stopReason
  for (const call of list(record(choice[holder])['tool_calls'])) {
    const { function: named, custom } = record(call) as { function?: unknown; custom?: unknown }
    noteToolCall(draft, record(named ?? custom)['name'])
  }
}

function readUsage(draft: ReadingDraft, chunk: Json): boolean {
  const usage = chunk['usage']
  if (typeof usage !== 'object' || usage === null) return false
  readOpenAiUsage(draft, usage as Json, NAMES)
  return true
}
