/**
 * The early end of a Responses stream: text that was told becomes an incomplete message, half calls and reasoning never
 * become items (agents act on whole items only), and `max_output_tokens` is why.
 * API: https://developers.openai.com/api/reference/responses/streaming-events.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { numberOf, objectOf, stringOf } from '../../chat/json-value.ts'
import type { EarlyEnd, OpenAnswer } from '../end-stream.ts'
import { openAnswer } from '../end-stream.ts'
import { sseText } from '../sse-events.ts'
import { writeUsage } from './response-usage.ts'

interface OpenItem {
  readonly item: JsonObject
  /** Content parts that have ended. */
  readonly whole: readonly JsonObject[]
  /** The part that is being told. */
  readonly part: { readonly index: number; readonly type: 'output_text' | 'refusal'; readonly text: string } | null
}

interface State {
  /** As `response.created` told it; null before. */
  readonly response: JsonObject | null
  /** The number of the next event. */
  readonly sequence: number
  /** Whole items by place. */
  readonly items: ReadonlyMap<number, JsonObject>
  readonly open: ReadonlyMap<number, OpenItem>
  readonly ended: boolean
}

const START: State = { response: null, sequence: 0, items: new Map(), open: new Map(), ended: false }

/** A response of which nothing was told yet. */
export function startAnswer(): OpenAnswer {
  return openAnswer(START, { read, end })
}

function read(before: State, event: JsonObject): State {
  const state = { ...before, sequence: (numberOf(event['sequence_number']) ?? before.sequence) + 1 }
  const place = numberOf(event['output_index']) ?? -1
  switch (event['type']) {
    case 'response.created':
    case 'response.in_progress':
      return { ...state, response: objectOf(event['response']) }
    case 'response.output_item.added':
      return withOpen(state, place, { item: objectOf(event['item']), whole: [], part: null })
    case 'response.output_item.done': {
      const open = new Map([...state.open].filter(([other]) => other !== place))
      return { ...state, open, items: new Map([...state.items, [place, objectOf(event['item'])]]) }
    }
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
    case 'error':
      return { ...state, ended: true }
    default: {
      const open = state.open.get(place)
      return open === undefined ? state : withOpen(state, place, readPart(open, event))
    }
  }
}

function withOpen(state: State, place: number, open: OpenItem): State {
  return { ...state, open: new Map([...state.open, [place, open]]) }
}

function readPart(open: OpenItem, event: JsonObject): OpenItem {
  switch (event['type']) {
    case 'response.content_part.added': {
      const part = objectOf(event['part'])
      const type = part['type'] === 'refusal' ? 'refusal' : 'output_text'
      return { ...open, part: { index: numberOf(event['content_index']) ?? 0, type, text: '' } }
    }
    case 'response.output_text.delta':
    case 'response.refusal.delta':
      if (open.part === null) return open
      return { ...open, part: { ...open.part, text: open.part.text + (stringOf(event['delta']) ?? '') } }
    case 'response.content_part.done':
      return { ...open, part: null, whole: [...open.whole, objectOf(event['part'])] }
    default:
      return open
  }
}

type Told = readonly [type: string, members: JsonObject]

function end(state: State, { usage, note }: EarlyEnd): string | null {
  const { response } = state
  if (state.ended) return ''
  if (response === null) return null
  const told: Told[] = []
  const items = new Map(state.items)
  for (const [place, open] of state.open) {
    const item = closeMessage(place, open, told)
    if (item !== null) items.set(place, item)
  }
  const last = [...items.entries()].toSorted(([one], [other]) => one - other).at(-1)?.[1]
  if (last === undefined || last['type'] === 'reasoning') {
    const place = Math.max(-1, ...items.keys(), ...state.open.keys()) + 1
    items.set(place, tellNote(place, { note, id: stringOf(response['id']) ?? '' }, told))
  }
  const output = [...items.entries()].toSorted(([one], [other]) => one - other).map(([, item]) => item)
  const incomplete = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
  told.push(['response.incomplete', { response: { ...response, ...incomplete, output, usage: writeUsage(usage) } }])
  return told
    .map(([type, members], at) => sseText(type, { type, sequence_number: state.sequence + at, ...members }))
    .join('')
}

/** Null: it was no message, or nothing of it was told. */
function closeMessage(place: number, { item, whole, part }: OpenItem, told: Told[]): JsonObject | null {
  if (item['type'] !== 'message') return null
  const content = [...whole]
  if (part !== null && part.text !== '') {
    const at = { item_id: item['id'], output_index: place, content_index: part.index }
    content.push(tellPartDone(at, part, told))
  }
  if (content.length === 0) return null
  const closed = { ...item, status: 'incomplete', content }
  told.push(['response.output_item.done', { output_index: place, item: closed }])
  return closed
}

function tellPartDone(at: JsonObject, part: NonNullable<OpenItem['part']>, told: Told[]): JsonObject {
  const { type, text } = part
  const refused = type === 'refusal'
  const content = refused ? { type, refusal: text } : { type, text, annotations: [], logprobs: [] }
  told.push(
    refused
      ? ['response.refusal.done', { ...at, refusal: text }]
      : ['response.output_text.done', { ...at, text, logprobs: [] }],
    ['response.content_part.done', { ...at, part: content }],
  )
  return content
}

function tellNote(place: number, { note, id }: { note: string; id: string }, told: Told[]): JsonObject {
  const item = {
    id: `msg_${id.replace(/^resp_/, '')}_end`,
    type: 'message',
    role: 'assistant',
    status: 'in_progress',
    content: [],
  }
  const at = { item_id: item.id, output_index: place, content_index: 0 }
  const empty = { type: 'output_text', text: '', annotations: [], logprobs: [] }
  told.push(
    ['response.output_item.added', { output_index: place, item }],
    ['response.content_part.added', { ...at, part: empty }],
    ['response.output_text.delta', { ...at, delta: note, logprobs: [] }],
  )
  const content = tellPartDone(at, { index: 0, type: 'output_text', text: note }, told)
  const done = { ...item, status: 'completed', content: [content] }
  told.push(['response.output_item.done', { output_index: place, item: done }])
  return done
}
