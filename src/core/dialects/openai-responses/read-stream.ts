/**
 * A stream of the Responses API read, one handler for each type of event. Items and the parts of their content become
 * parts of the answer; what came only with an item's end is told there.
 * API: https://developers.openai.com/api/reference/responses/streaming-events.
 */
import type { AnswerPart, Seal } from '../../chat/chat-message.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { numberOf, objectOf, objectsOf, parsedJson, stringOf } from '../../chat/json-value.ts'
import type { Machine } from '../../chat/machine.ts'
import { machine } from '../../chat/machine.ts'
import type { OpeningPart, StreamEvent } from '../../chat/stream-event.ts'
import type { UpstreamEvent } from '../codec.ts'
import { readOpenAiProviderError } from '../openai-provider-errors.ts'
import { failureIn } from './provider-errors.ts'
import { readAnswerContent, readAnswerItem } from './read-content.ts'
import { readFinish } from './response-status.ts'
import { readUsage } from './response-usage.ts'

interface OpenPart {
  readonly index: number
  /** Something of it was told already. */
  readonly told: boolean
}

interface State {
  readonly started: boolean
  readonly ended: boolean
  /** Open parts by the place of their item, and of their content in a message. */
  readonly open: ReadonlyMap<string, OpenPart>
  /** Every part begun so far. */
  readonly begun: readonly Pick<AnswerPart, 'type'>[]
  /** Places that have begun: their end needs nothing more told. */
  readonly places: ReadonlySet<string>
}

type Outcome = readonly [State, readonly StreamEvent[]]
type Handler = (state: State, event: JsonObject) => Outcome

const START: State = { started: false, ended: false, open: new Map(), begun: [], places: new Set() }

export function readStream(): Machine<UpstreamEvent, StreamEvent> {
  return machine<State, UpstreamEvent, StreamEvent>(START, (state, event) => {
    if (state.ended || event.type === 'end') return [state, []]
    if (event.type === 'comment') return [state, [{ type: 'keep-alive' }]]
    const data = objectOf(parsedJson(event.data))
    const type = stringOf(data['type']) ?? event.name ?? ''
    return Object.hasOwn(HANDLERS, type) ? (HANDLERS[type]?.(state, data) ?? [state, []]) : [state, []]
  })
}

/** Some servers send the text without saying that it begins. */
const text: Handler = (state, event) => {
  const place = contentPlace(event)
  const [begun, opening] = begin(state, place, {
    type: event['type'] === 'response.refusal.delta' ? 'refusal' : 'text',
  })
  const [next, out] = grow(begun, place, stringOf(event['delta']))
  return [next, [...opening, ...out]]
}
const input: Handler = (state, event) => grow(state, itemPlace(event), stringOf(event['delta']))
const alive: Handler = (state) => [state, [{ type: 'keep-alive' }]]

const HANDLERS: Readonly<Record<string, Handler>> = {
  'response.created': start,
  'response.queued': start,
  'response.in_progress': (state, event) => (state.started ? alive(state, event) : start(state, event)),
  'response.output_item.added': (state, event) => {
    const item = objectOf(event['item'])
    const [part] = item['type'] === 'message' ? [] : readAnswerItem(item)
    return part === undefined ? [state, []] : begin(state, itemPlace(event), openingOf(part))
  },
  'response.content_part.added': (state, event) => {
    const part = objectOf(event['part'])
    if (part['type'] === 'reasoning_text') return [state, []]
    return begin(state, contentPlace(event), openingOf(readAnswerContent(part)))
  },
  'response.output_text.delta': text,
  'response.refusal.delta': text,
  'response.function_call_arguments.delta': input,
  'response.custom_tool_call_input.delta': input,
  'response.reasoning_summary_text.delta': input,
  'response.reasoning_text.delta': input,
  'response.reasoning_summary_part.added': (state, event) =>
    (numberOf(event['summary_index']) ?? 0) === 0 ? [state, []] : grow(state, itemPlace(event), '\n\n'),
  'response.content_part.done': (state, event) => {
    const part = objectOf(event['part'])
    if (part['type'] === 'reasoning_text') return [state, []]
    return end(state, contentPlace(event), readAnswerContent(part))
  },
  'response.output_item.done': endItem,
  'response.completed': finish,
  'response.incomplete': finish,
  'response.failed': (state, event) =>
    fail(state, failureIn(event['response']) ?? readOpenAiProviderError(null, event)),
  error: (state, event) => fail(state, readOpenAiProviderError(null, event)),
  'response.web_search_call.searching': alive,
  'response.code_interpreter_call.interpreting': alive,
}

function itemPlace(event: JsonObject): string {
  return String(numberOf(event['output_index']) ?? 0)
}

function contentPlace(event: JsonObject): string {
  return `${itemPlace(event)}/${numberOf(event['content_index']) ?? 0}`
}

function start(state: State, event: JsonObject): Outcome {
  if (state.started) return [state, []]
  const response = objectOf(event['response'])
  const [id, model] = [stringOf(response['id']), stringOf(response['model'])]
  return [{ ...state, started: true }, [{ type: 'start', id, model, usage: null }]]
}

function openingOf(part: AnswerPart): OpeningPart {
  switch (part.type) {
    case 'tool-call': {
      const { id, name, namespace, freeform } = part
      return { type: 'tool-call', id, name, namespace, freeform }
    }
    case 'own':
      return part
    default:
      return { type: part.type }
  }
}

function begin(state: State, place: string, part: OpeningPart): Outcome {
  if (state.places.has(place)) return [state, []]
  const index = state.begun.length
  const next = {
    ...state,
    open: new Map([...state.open, [place, { index, told: false }]]),
    begun: [...state.begun, { type: part.type }],
    places: new Set([...state.places, place]),
  }
  return [next, [{ type: 'part-begin', index, part }]]
}

function grow(state: State, place: string, delta: string | null): Outcome {
  const open = state.open.get(place)
  if (open === undefined || delta === null || delta === '') return [state, []]
  const grown = { ...state, open: new Map([...state.open, [place, { ...open, told: true }]]) }
  return [grown, [{ type: 'part-delta', index: open.index, text: delta }]]
}

/** Ends a part that is now known whole; tells what of it never came. */
function end(state: State, place: string, whole: AnswerPart): Outcome {
  const [begun, opening] = begin(state, place, openingOf(whole))
  const open = begun.open.get(place)
  if (open === undefined) return [begun, opening]
  const [told, rest] = open.told ? [begun, []] : grow(begun, place, wholeText(whole))
  const left = new Map([...told.open].filter(([other]) => other !== place))
  const ended: StreamEvent = { type: 'part-end', index: open.index, seal: sealOf(whole) }
  return [{ ...told, open: left }, [...opening, ...rest, ended]]
}

function wholeText(part: AnswerPart): string {
  if (part.type === 'tool-call') return part.input
  return part.type === 'own' ? '' : part.text
}

function sealOf(part: AnswerPart): Seal | null {
  return part.type === 'reasoning' ? part.seal : null
}

function endItem(state: State, event: JsonObject): Outcome {
  const item = objectOf(event['item'])
  const parts = readAnswerItem(item)
  const place = itemPlace(event)
  let current = state
  const out: StreamEvent[] = []
  for (const [at, part] of parts.entries()) {
    const [next, events] = end(current, item['type'] === 'message' ? `${place}/${at}` : place, part)
    current = next
    out.push(...events)
  }
  return [current, out]
}

function finish(state: State, event: JsonObject): Outcome {
  const response = objectOf(event['response'])
  const out: StreamEvent[] = []
  let current = state
  for (const [index, item] of objectsOf(response['output']).entries()) {
    if (wasTold(current, item, index)) continue
    const [next, events] = endItem(current, { output_index: index, item })
    current = next
    out.push(...events)
  }
  const ended = readFinish(response, current.begun)
  out.push({ type: 'finish', finish: ended, usage: readUsage(response['usage']) })
  return [{ ...current, ended: true }, out]
}

/** Whether an item of the whole response came on the stream already, as all of them should. */
function wasTold(state: State, item: JsonObject, index: number): boolean {
  if (item['type'] !== 'message') return state.places.has(String(index))
  return state.begun.some((part) => part.type === 'text' || part.type === 'refusal')
}

function fail(state: State, error: ReturnType<typeof readOpenAiProviderError>): Outcome {
  return [{ ...state, ended: true }, [{ type: 'error', error }]]
}
