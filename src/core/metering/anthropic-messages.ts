/**
 * Usage and ending of an Anthropic Messages answer. Prompt tokens come with `message_start`, the final counts with
 * `message_delta`, cumulative. API: https://platform.claude.com/docs/en/build-with-claude/streaming.
 */
import { promptTokens, type Usage } from '../chat/usage.ts'
import type { ByteRange } from '../dialects/body-text.ts'
import { arrayElements, memberValue, objectMembers } from '../dialects/json-members.ts'
import type { DeltaKeys, Json } from './json-reading.ts'
import {
  ascii,
  bytesOfValues,
  count,
  countDelta,
  member,
  parsed,
  rangeLength,
  record,
  standsAt,
  text,
  tokens,
} from './json-reading.ts'
import type { ReadingDraft } from './stream-reading.ts'
import { noteToolCall } from './stream-reading.ts'
import { noteImpossibleCounts, noteOutputCount } from './usage-report.ts'

const DELTA = ascii('{"type":"content_block_delta"')
const COUNTS = ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens']
const DELTA_KEYS: DeltaKeys = { counted: ['text', 'thinking', 'partial_json'].map(ascii), marks: [] }

/** Reads one event; none is droppable. */
export function readAnthropicEvent(draft: ReadingDraft, data: Uint8Array): boolean {
  if (standsAt(data, DELTA, 0)) {
    countDelta(draft, data, DELTA_KEYS)
    return false
  }
  const type = member(data, objectMembers(data, 0), 'type')
  if (typeof type === 'string' && Object.hasOwn(HANDLERS, type)) HANDLERS[type]?.(draft, data)
  return false
}

const HANDLERS: Readonly<Record<string, (draft: ReadingDraft, data: Uint8Array) => void>> = {
  message_start: (draft, data) => {
    const message = record(parsed(data)['message'])
    readIdentity(draft, message['id'], message['model'])
    // What it tells of the output is only how the answer begins.
    readUsage(draft, record(message['usage']))
  },
  content_block_start: (draft, data) => {
    const block = objectMembers(data, memberValue(objectMembers(data, 0), 'content_block')?.start ?? data.length)
    if (member(data, block, 'type') === 'tool_use') noteToolCall(draft, member(data, block, 'name'))
  },
  content_block_delta: (draft, data) => {
    countDelta(draft, data, DELTA_KEYS)
  },
  message_delta: (draft, data) => {
    const event = parsed(data)
    const usage = record(event['usage'])
    draft.stopReason = text(record(event['delta'])['stop_reason']) ?? draft.stopReason
    noteOutputCount(draft, usage['output_tokens'])
    readUsage(draft, usage)
  },
  message_stop: (draft) => {
    if (draft.ending === 'cut') draft.ending = 'complete'
  },
  error: (draft, data) => {
    draft.ending = 'error'
    draft.errorType = text(record(parsed(data)['error'])['type']) ?? 'error'
  },
}

/** Reads a whole answer; its content is stepped over, but for the names of the tools it calls. */
export function readAnthropicAnswer(draft: ReadingDraft, body: Uint8Array): void {
  const answer = objectMembers(body, 0)
  const type = member(body, answer, 'type')
  if (type === 'error') {
    draft.ending = 'error'
    draft.errorType = text(record(member(body, answer, 'error'))['type']) ?? 'error'
  }
  if (type !== 'message') return
  readIdentity(draft, member(body, answer, 'id'), member(body, answer, 'model'))
  draft.stopReason = text(member(body, answer, 'stop_reason'))
  draft.ending = 'complete'
  const content = memberValue(answer, 'content')
  draft.outputBytes = rangeLength(content)
  for (const range of (content && arrayElements(body, content.start)) ?? []) {
    const block = objectMembers(body, range.start)
    if (member(body, block, 'type') === 'tool_use') noteToolCall(draft, member(body, block, 'name'))
  }
  const usage = record(member(body, answer, 'usage'))
  if (usage['output_tokens'] === 0 && saysNothing(draft, body, content)) draft.outputBytes = 0
  noteOutputCount(draft, usage['output_tokens'])
  readUsage(draft, usage)
}

function saysNothing(draft: ReadingDraft, body: Uint8Array, content: ByteRange | undefined): boolean {
  if (content === undefined) return true
  return (
    draft.toolCalls.length === 0 && bytesOfValues(body.subarray(content.start, content.end), DELTA_KEYS.counted) === 0
  )
}

function readUsage(draft: ReadingDraft, usage: Json): void {
  noteImpossibleCounts(draft, usage, COUNTS)
  draft.usage = foldUsage(draft.usage, usage)
  draft.serverToolCalls = serverToolCalls(draft, usage)
}

function readIdentity(draft: ReadingDraft, id: unknown, model: unknown): void {
  draft.responseId = text(id) ?? draft.responseId
  draft.model = text(model) ?? draft.model
}

/**
 * Usage with a newer report folded in (`usage-report.ts`). Counts are cumulative, and the four kinds of the prompt are
 * disjoint as the provider counts them. See https://platform.claude.com/docs/en/build-with-claude/prompt-caching.
 */
function foldUsage(before: Usage, raw: Json): Usage {
  const thinking = tokens(record(raw['output_tokens_details'])['thinking_tokens'])
  const outputTokens = tokens(raw['output_tokens']) || before.outputTokens
  return {
    ...foldPrompt(before, raw),
    outputTokens,
    reasoningTokens: Math.min(thinking || before.reasoningTokens, outputTokens),
  }
}

/** A kind that falls to zero is believed where the prompt does not shrink by it: then its tokens are in another kind. */
function foldPrompt(before: Usage, raw: Json): Usage {
  const told: Usage = {
    ...before,
    inputTokens: count(raw['input_tokens']) ?? before.inputTokens,
    cacheReadTokens: count(raw['cache_read_input_tokens']) ?? before.cacheReadTokens,
    ...cacheWrites(before, raw),
  }
  if (promptTokens(told) >= promptTokens(before)) return told
  const written = told.cacheWriteShortTokens + told.cacheWriteLongTokens > 0 ? told : before
  return {
    ...before,
    inputTokens: told.inputTokens || before.inputTokens,
    cacheReadTokens: told.cacheReadTokens || before.cacheReadTokens,
    cacheWriteShortTokens: written.cacheWriteShortTokens,
    cacheWriteLongTokens: written.cacheWriteLongTokens,
  }
}

/** Writes by lifetime. A total without its split keeps the split known before; the rest is taken for 5 minutes. */
function cacheWrites(before: Usage, raw: Json): Pick<Usage, 'cacheWriteShortTokens' | 'cacheWriteLongTokens'> {
  const split = record(raw['cache_creation'])
  const short = tokens(split['ephemeral_5m_input_tokens'])
  const long = tokens(split['ephemeral_1h_input_tokens'])
  const named = count(raw['cache_creation_input_tokens']) !== null || short + long > 0
  const known = before.cacheWriteShortTokens + before.cacheWriteLongTokens
  const total = named ? Math.max(tokens(raw['cache_creation_input_tokens']), short + long) : known
  const longKnown = short + long > 0 ? long : Math.min(before.cacheWriteLongTokens, total)
  return { cacheWriteShortTokens: total - longKnown, cacheWriteLongTokens: longKnown }
}

function serverToolCalls(draft: ReadingDraft, usage: Json): number {
  const used = record(usage['server_tool_use'])
  const calls = tokens(used['web_search_requests']) + tokens(used['web_fetch_requests'])
  return Math.max(draft.serverToolCalls, calls)
}
