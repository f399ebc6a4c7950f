/**
 * Usage and ending of an Anthropic Messages answer. Prompt tokens come with `message_start`, the final counts with
 * `message_delta`, cumulative. API: https://platform.claude.com/docs/en/build-with-claude/streaming.
 */
import type { Usage } from '../chat/usage.ts'
import { arrayElements, memberValue, objectMembers } from '../dialects/json-members.ts'
import type { DeltaKeys, Json } from './json-reading.ts'
import { ascii, countDelta, member, parsed, rangeLength, record, standsAt, text, tokens } from './json-reading.ts'
import type { ReadingDraft } from './stream-reading.ts'
import { noteToolCall } from './stream-reading.ts'

const DELTA = ascii('{"type":"content_block_delta"')
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
    draft.usage = foldUsage(draft.usage, record(message['usage']))
    draft.serverToolCalls = serverToolCalls(draft, record(message['usage']))
    if (draft.usageKnown === 'none') draft.usageKnown = 'prompt'
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
    draft.usage = foldUsage(draft.usage, usage)
    draft.serverToolCalls = serverToolCalls(draft, usage)
    if (typeof usage['output_tokens'] === 'number') draft.usageKnown = 'final'
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
  if (typeof usage['output_tokens'] !== 'number') return
  draft.usage = foldUsage(draft.usage, usage)
  draft.serverToolCalls = serverToolCalls(draft, usage)
  draft.usageKnown = 'final'
}

function readIdentity(draft: ReadingDraft, id: unknown, model: unknown): void {
  draft.responseId = text(id) ?? draft.responseId
  draft.model = text(model) ?? draft.model
}

/**
 * Usage with a newer report folded in. Counts are cumulative, so the newer one stands; a report without any prompt
 * token (or with zeros, as proxies send at the start or the end) says nothing about the prompt. The four kinds are
 * disjoint as the provider counts them. See https://platform.claude.com/docs/en/build-with-claude/prompt-caching.
 */
function foldUsage(before: Usage, raw: Json): Usage {
  const prompt = {
    inputTokens: tokens(raw['input_tokens']),
    cacheReadTokens: tokens(raw['cache_read_input_tokens']),
    ...cacheWrites(before, raw),
  }
  const told = Object.values(prompt).some((count) => count > 0)
  const thinking = tokens(record(raw['output_tokens_details'])['thinking_tokens'])
  const outputTokens = tokens(raw['output_tokens']) || before.outputTokens
  return {
    ...before,
    ...(told ? prompt : {}),
    outputTokens,
    reasoningTokens: Math.min(thinking || before.reasoningTokens, outputTokens),
  }
}

/** Writes by lifetime. A total without its split keeps the split known before; the rest is taken for 5 minutes. */
function cacheWrites(before: Usage, raw: Json): Pick<Usage, 'cacheWriteShortTokens' | 'cacheWriteLongTokens'> {
  const split = record(raw['cache_creation'])
  const short = tokens(split['ephemeral_5m_input_tokens'])
  const long = tokens(split['ephemeral_1h_input_tokens'])
  const total = Math.max(tokens(raw['cache_creation_input_tokens']), short + long)
  const longKnown = short + long > 0 ? long : Math.min(before.cacheWriteLongTokens, total)
  return { cacheWriteShortTokens: total - longKnown, cacheWriteLongTokens: longKnown }
}

function serverToolCalls(draft: ReadingDraft, usage: Json): number {
  const used = record(usage['server_tool_use'])
  const calls = tokens(used['web_search_requests']) + tokens(used['web_fetch_requests'])
  return Math.max(draft.serverToolCalls, calls)
}
