/** Streams on the wire: made from an answer, taken apart again, and held against the rules of each dialect. */
import { runAll } from '../../src/core/chat/machine.ts'
import type { ChatResponse } from '../../src/core/chat/chat-response.ts'
import type { AnswerPart } from '../../src/core/chat/chat-message.ts'
import type { OpeningPart, StreamEvent } from '../../src/core/chat/stream-event.ts'
import type { AnswerContext } from '../../src/core/dialects/codec.ts'
import type { DialectName } from '../../src/core/dialects/dialect.ts'
import { SSE_START, readSse } from '../../src/core/dialects/sse-events.ts'
import {
  endStreamTranslation,
  startStreamTranslation,
  streamWarnings,
  translateStreamText,
} from '../../src/core/dialects/stream-translation.ts'
import type { Direction } from '../../src/core/dialects/translation.ts'
import { codecOf } from '../../src/core/dialects/translation.ts'

/** The context of a call whose client sent this body. */
export function contextFor(given: Partial<AnswerContext> = {}): AnswerContext {
  return {
    clientBody: {},
    tools: new Map(),
    usageChunk: true,
    model: null,
    fallbackId: 'req_test',
    now: 1_790_000_000_000,
    foreignReasoning: 'dropped',
    ...given,
  }
}

function openingOf(part: AnswerPart): OpeningPart {
  switch (part.type) {
    case 'tool-call':
      return { type: 'tool-call', id: part.id, name: part.name, namespace: part.namespace, freeform: part.freeform }
    case 'own':
      return part
    default:
      return { type: part.type }
  }
}

/** The events of an answer, its texts in pieces of three characters. */
export function eventsOf(response: ChatResponse): StreamEvent[] {
  const { id, model, usage } = response
  const parts = response.parts.flatMap((part, index): StreamEvent[] => {
    const whole = part.type === 'tool-call' ? part.input : part.type === 'own' ? '' : part.text
    const pieces = whole.match(/[\s\S]{1,3}/gu) ?? []
    return [
      { type: 'part-begin', index, part: openingOf(part) },
      ...pieces.map((text): StreamEvent => ({ type: 'part-delta', index, text })),
      { type: 'part-end', index, seal: part.type === 'reasoning' ? part.seal : null },
    ]
  })
  return [{ type: 'start', id, model, usage }, ...parts, { type: 'finish', finish: response.finish, usage }]
}

/** The stream a provider of this dialect would send. */
export function streamOf(response: ChatResponse, dialect: DialectName): string {
  const [, out] = runAll(codecOf(dialect).writeStream(contextFor()), eventsOf(response))
  return out.map((event) => (event.type === 'text' ? event.text : '')).join('')
}

/** The answer a stream of this dialect tells, put together from its events. */
export function foldStream(stream: string, dialect: DialectName): ChatResponse {
  const [, events] = readSse(SSE_START, stream)
  const [, told] = runAll(codecOf(dialect).readStream(), [...events, { type: 'end' }])
  return foldEvents(told)
}

export function foldEvents(events: readonly StreamEvent[]): ChatResponse {
  const parts = new Map<number, AnswerPart>()
  let answer: Omit<ChatResponse, 'parts'> | null = null
  let [id, model]: (string | null)[] = [null, null]
  for (const event of events) {
    if (event.type === 'start') [id, model] = [event.id, event.model]
    else if (event.type === 'part-begin') parts.set(event.index, openedPart(event.part))
    else if (event.type === 'part-delta') parts.set(event.index, grown(parts.get(event.index), event.text))
    else if (event.type === 'finish') answer = { id: id ?? null, model: model ?? null, ...event }
    else if (event.type === 'error') throw new Error(`the stream failed: ${event.error.message}`)
  }
  if (answer === null) throw new Error('the stream did not finish')
  return { ...answer, parts: [...parts.values()] }
}

function openedPart(part: OpeningPart): AnswerPart {
  if (part.type === 'tool-call') return { ...part, input: '' }
  if (part.type === 'own') return part
  return part.type === 'reasoning' ? { type: 'reasoning', text: '', seal: null } : { type: part.type, text: '' }
}

function grown(part: AnswerPart | undefined, text: string): AnswerPart {
  if (part === undefined) throw new Error('a delta of a part that never began')
  if (part.type === 'tool-call') return { ...part, input: part.input + text }
  return part.type === 'own' ? part : { ...part, text: part.text + text }
}

/** A whole stream translated, in these pieces. */
export function translateStream(pieces: readonly string[], direction: Direction, context: AnswerContext) {
  let state = startStreamTranslation(direction, context)
  let text = ''
  for (const piece of pieces) {
    const [next, out] = translateStreamText(state, piece)
    state = next
    text += out
  }
  const [ended, out] = endStreamTranslation(state)
  return { text: text + out, finished: ended.finished, warnings: streamWarnings(ended) }
}

/** The stream's bytes one by one, through a streaming decoder as the shell has it. */
export function byteByByte(stream: string): string[] {
  const decoder = new TextDecoder()
  return [...new TextEncoder().encode(stream)].map((byte) => decoder.decode(new Uint8Array([byte]), { stream: true }))
}

interface Wire {
  readonly name: string | null
  readonly data: Record<string, unknown>
}

/** The events on the wire; comments and `[DONE]` left out. */
export function wireEvents(stream: string): Wire[] {
  const [, events] = readSse(SSE_START, stream)
  return events.flatMap((event) => {
    if (event.type === 'comment' || event.data === '[DONE]') return []
    return [{ name: event.name, data: JSON.parse(event.data) as Record<string, unknown> }]
  })
}

/** Everything that is wrong with a finished stream by the rules of its dialect; empty for a good one. */
export function faultsOf(stream: string, dialect: DialectName): string[] {
  return RULES[dialect](wireEvents(stream), stream)
}

const RULES: Readonly<Record<DialectName, (events: readonly Wire[], stream: string) => string[]>> = {
  'anthropic-messages': anthropicFaults,
  'openai-chat-completions': chatFaults,
  'openai-responses': responsesFaults,
}

function anthropicFaults(events: readonly Wire[]): string[] {
  const faults: string[] = []
  const spoken = events.filter((event) => event.name !== 'ping')
  for (const event of events) if (event.name !== event.data['type']) faults.push(`${event.name} is named otherwise`)
  const names = spoken.map((event) => event.name)
  if (names[0] !== 'message_start') faults.push('does not begin with message_start')
  if (names.slice(-2).join() !== 'message_delta,message_stop') faults.push('does not end with delta and stop')
  let open: { index: unknown; json: string | null } | null = null
  let next = 0
  for (const { name, data } of spoken) {
    if (name === 'content_block_start') {
      if (open !== null) faults.push('a block begins inside another')
      if (data['index'] !== next) faults.push(`block ${String(data['index'])} instead of ${next}`)
      const block = data['content_block'] as Record<string, unknown>
      open = { index: data['index'], json: block['type'] === 'tool_use' ? '' : null }
      next += 1
    } else if (name === 'content_block_delta') {
      if (open?.index !== data['index']) faults.push('a delta of a block that is not open')
      const delta = data['delta'] as Record<string, unknown>
      if (open !== null && open.json !== null) open.json += String(delta['partial_json'])
    } else if (name === 'content_block_stop') {
      if (open?.index !== data['index']) faults.push('a stop of a block that is not open')
      if (open !== null && open.json !== null && !isJsonObject(open.json)) faults.push(`no JSON: ${open.json}`)
      open = null
    }
  }
  if (open !== null) faults.push('a block was not stopped')
  return faults
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

function chatFaults(events: readonly Wire[], stream: string): string[] {
  const faults: string[] = []
  if (!stream.endsWith('data: [DONE]\n\n')) faults.push('does not end with [DONE]')
  const deltas = events.flatMap((event) => {
    return (event.data['choices'] as { delta: Record<string, unknown>; finish_reason: string | null }[]) ?? []
  })
  if (deltas[0]?.delta['role'] !== 'assistant') faults.push('the role does not come first')
  if (deltas.filter((choice) => choice.finish_reason !== null).length !== 1) faults.push('not one finish reason')
  if (deltas.at(-1)?.finish_reason === null) faults.push('something follows the finish reason')
  if (new Set(events.map((event) => event.data['id'])).size !== 1) faults.push('more than one id')
  const seen = new Set<number>()
  for (const { delta } of deltas) {
    for (const call of (delta['tool_calls'] as { index: number; id?: string }[] | undefined) ?? []) {
      if ((call.id !== undefined) === seen.has(call.index)) faults.push(`call ${call.index} begins twice or never`)
      seen.add(call.index)
    }
  }
  if ([...seen].some((index, at) => index !== at)) faults.push('calls are not numbered in order')
  return faults
}

function responsesFaults(events: readonly Wire[]): string[] {
  const faults: string[] = []
  const names = events.map((event) => event.name)
  if (names.slice(0, 2).join() !== 'response.created,response.in_progress') faults.push('does not begin as it should')
  if (!/^response\.(completed|incomplete)$/.test(names.at(-1) ?? '')) faults.push('does not end as it should')
  const added = new Map<unknown, unknown>()
  const done: unknown[] = []
  for (const [at, { name, data }] of events.entries()) {
    if (data['sequence_number'] !== at) faults.push(`event ${at} has number ${String(data['sequence_number'])}`)
    if (name !== data['type']) faults.push(`${name} is named otherwise`)
    const item = data['item'] as Record<string, unknown> | undefined
    if (name === 'response.output_item.added') {
      if (data['output_index'] !== added.size) faults.push('items are not numbered in order')
      added.set(data['output_index'], item?.['id'])
    } else if (name === 'response.output_item.done') {
      if (added.get(data['output_index']) !== item?.['id']) faults.push('an item ends that did not begin')
      if (item?.['status'] === 'in_progress') faults.push('an item ends in progress')
      done.push(item)
    } else if (data['item_id'] !== undefined && added.get(data['output_index']) !== data['item_id']) {
      faults.push('an event of an unknown item')
    }
  }
  const last = events.at(-1)?.data['response'] as Record<string, unknown> | undefined
  if (JSON.stringify(last?.['output']) !== JSON.stringify(done)) faults.push('the last event lacks items')
  return faults
}
