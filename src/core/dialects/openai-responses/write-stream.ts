/**
 * A stream for a Responses client, one handler for each event. Events are numbered; every item is told when it begins
 * and whole when it ends, and the last event holds the whole response: agents act on whole items. Expects parts one
 * behind the other (`sequenceParts`). API: https://developers.openai.com/api/reference/responses/streaming-events.
 */
import type { ReasoningPart } from '../../chat/chat-message.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import type { Machine } from '../../chat/machine.ts'
import { machine } from '../../chat/machine.ts'
import type { OpeningPart, StreamEvent } from '../../chat/stream-event.ts'
import { NO_USAGE } from '../../chat/usage.ts'
import type { AnswerContext, ClientEvent } from '../codec.ts'
import { SSE_COMMENT, sseText } from '../sse-events.ts'
import { failureOf } from './provider-errors.ts'
import type { ItemPlace } from './response-object.ts'
import {
  bareId,
  callItem,
  isShown,
  messageItem,
  reasoningItem,
  refusalContent,
  responseObject,
  textContent,
} from './response-object.ts'
import { statusOf } from './response-status.ts'

interface State {
  readonly context: AnswerContext
  readonly bareId: string | null
  readonly model: string | null
  readonly ended: boolean
  /** The number of the next event. */
  readonly sequence: number
  /** Whole items so far. */
  readonly output: readonly JsonObject[]
  readonly open: OpenPart | null
  readonly refused: boolean
}

interface OpenPart {
  readonly part: OpeningPart
  readonly text: string
  /** The client knows of its item. */
  readonly begun: boolean
}

type Outcome = readonly [State, readonly ClientEvent[]]
type Handlers = {
  [Type in StreamEvent['type']]: (state: State, event: Extract<StreamEvent, { type: Type }>) => Outcome
}

export function writeStream(context: AnswerContext): Machine<StreamEvent, ClientEvent> {
  const start: State = {
    context,
    bareId: null,
    model: null,
    ended: false,
    sequence: 0,
    output: [],
    open: null,
    refused: false,
  }
  return machine<State, StreamEvent, ClientEvent>(start, (state, event) => {
    if (state.ended) return [state, []]
    if (state.bareId !== null || event.type === 'start') return handle(state, event)
    const [begun, opening] = HANDLERS.start(state, { type: 'start', id: null, model: null, usage: null })
    const [next, out] = handle(begun, event)
    return [next, [...opening, ...out]]
  })
}

function handle(state: State, event: StreamEvent): Outcome {
  const handler = HANDLERS[event.type] as (state: State, event: StreamEvent) => Outcome
  return handler(state, event)
}

const COMMENT: ClientEvent = { type: 'text', text: SSE_COMMENT }

const HANDLERS: Handlers = {
  start: (state, { id, model }) => {
    if (state.bareId !== null) return [state, []]
    const begun = { ...state, bareId: bareId(id, state.context), model }
    const response = responseObject(state.context, { ...partsOf(begun), status: 'in_progress', usage: null })
    return tell(begun, [
      ['response.created', { response }],
      ['response.in_progress', { response }],
    ])
  },
  'keep-alive': (state) => [state, [COMMENT]],
  'part-begin': (state, { part }) => {
    const open = { part, text: '', begun: false }
    // Text that never comes and reasoning that stays hidden have no item.
    return part.type === 'tool-call' ? begin({ ...state, open }) : [{ ...state, open }, []]
  },
  'part-delta': (state, { text }) => {
    if (state.open === null || text === '') return [state, []]
    if (state.open.part.type === 'reasoning') {
      return [{ ...state, open: { ...state.open, text: state.open.text + text } }, [COMMENT]]
    }
    const [begun, opening] = begin(state)
    const grown = begun.open === null ? begun : { ...begun, open: { ...begun.open, text: begun.open.text + text } }
    const [next, out] = tell(grown, deltaEvents(grown, text))
    return [next, [...opening, ...out]]
  },
  'part-end': (state, { seal }) => {
    if (state.open === null) return [state, []]
    const { part, text } = state.open
    if (part.type === 'reasoning') return endReasoning(state, { type: 'reasoning', text, seal })
    if (part.type === 'own') return endOwn(state, part)
    return state.open.begun ? end(state) : [{ ...state, open: null }, []]
  },
  finish: (state, { finish, usage }) => {
    const explanation = state.refused ? null : (finish.refusal?.explanation ?? null)
    const [told, out] = explanation === null ? [state, []] : refuse(state, explanation)
    const ending = statusOf(finish, { refusalTold: told.refused })
    const response = responseObject(state.context, { ...partsOf(told), ...ending, usage: usage ?? NO_USAGE })
    const [next, last] = tell({ ...told, ended: true }, [[`response.${ending.status}`, { response }]])
    return [next, [...out, ...last]]
  },
  error: (state, { error }) => {
    const failed = { ...partsOf(state), status: 'failed', error: failureOf(error), usage: null } as const
    return tell({ ...state, ended: true }, [['response.failed', { response: responseObject(state.context, failed) }]])
  },
}

function partsOf(state: State) {
  return { bareId: state.bareId ?? '', model: state.model, output: state.output }
}

type Told = readonly [type: string, members: JsonObject]

/** Numbers the events and writes them. */
function tell(state: State, events: readonly Told[]): Outcome {
  const written = events.map(([type, members], at): ClientEvent => {
    return { type: 'text', text: sseText(type, { type, sequence_number: state.sequence + at, ...members }) }
  })
  return [{ ...state, sequence: state.sequence + events.length }, written]
}

function placeOf(state: State, status: ItemPlace['status']): ItemPlace {
  return { bareId: state.bareId ?? '', index: state.output.length, status }
}

/** The item of the open part: as it begins, or whole. */
function itemOf(state: State, { part, text }: OpenPart, status: 'in_progress' | 'completed'): JsonObject {
  const place = placeOf(state, status)
  if (part.type === 'tool-call') return callItem(part, text, place)
  if (status === 'in_progress') return messageItem(null, place)
  return messageItem(part.type === 'refusal' ? refusalContent(text) : textContent(text), place)
}

function begin(state: State): Outcome {
  const { open } = state
  if (open === null || open.begun || open.part.type === 'own') return [state, []]
  const item = itemOf(state, open, 'in_progress')
  const added: Told = ['response.output_item.added', { output_index: state.output.length, item }]
  const empty = open.part.type === 'refusal' ? refusalContent('') : textContent('')
  const content: Told = ['response.content_part.added', { ...contentAt(state, item), part: empty }]
  const events = open.part.type === 'tool-call' ? [added] : [added, content]
  return tell({ ...state, open: { ...open, begun: true } }, events)
}

function itemAt(state: State, item: JsonObject): JsonObject {
  return { item_id: item['id'], output_index: state.output.length }
}

function contentAt(state: State, item: JsonObject): JsonObject {
  return { ...itemAt(state, item), content_index: 0 }
}

/** The names of an open part's events. */
function eventName(part: OpeningPart): string {
  switch (part.type) {
    case 'tool-call':
      return part.freeform ? 'response.custom_tool_call_input' : 'response.function_call_arguments'
    case 'refusal':
      return 'response.refusal'
    default:
      return 'response.output_text'
  }
}

function deltaEvents(state: State, delta: string): Told[] {
  const { open } = state
  if (open === null || open.part.type === 'own') return []
  const item = itemOf(state, open, 'in_progress')
  const at = open.part.type === 'tool-call' ? itemAt(state, item) : contentAt(state, item)
  const logprobs = open.part.type === 'text' ? { logprobs: [] } : {}
  return [[`${eventName(open.part)}.delta`, { ...at, delta, ...logprobs }]]
}

function end(state: State): Outcome {
  const { open } = state
  if (open === null) return [state, []]
  const item = itemOf(state, open, 'completed')
  const events = [...doneEvents(state, open, item), itemDone(state, item)]
  const refused = state.refused || open.part.type === 'refusal'
  return tell({ ...state, open: null, refused, output: [...state.output, item] }, events)
}

function itemDone(state: State, item: JsonObject): Told {
  return ['response.output_item.done', { output_index: state.output.length, item }]
}

function doneEvents(state: State, { part, text }: OpenPart, item: JsonObject): Told[] {
  const name = `${eventName(part)}.done`
  switch (part.type) {
    case 'tool-call':
      return [
        [name, { ...itemAt(state, item), ...(part.freeform ? { input: text } : { arguments: text, name: part.name }) }],
      ]
    case 'refusal':
      return [
        [name, { ...contentAt(state, item), refusal: text }],
        ['response.content_part.done', { ...contentAt(state, item), part: refusalContent(text) }],
      ]
    default:
      return [
        [name, { ...contentAt(state, item), text, logprobs: [] }],
        ['response.content_part.done', { ...contentAt(state, item), part: textContent(text) }],
      ]
  }
}

/** Reasoning is told when it is known whether it may be: with its end. */
function endReasoning(state: State, part: ReasoningPart): Outcome {
  const ended = { ...state, open: null }
  if (!isShown(part, state.context)) return [ended, [{ type: 'warning', name: 'reasoning:dropped' }]]
  const item = reasoningItem(part, placeOf(state, 'completed'))
  const added: Told = [
    'response.output_item.added',
    { output_index: state.output.length, item: { ...item, summary: [] } },
  ]
  const told = part.text === '' ? [] : summaryEvents(state, item, part.text)
  return tell({ ...ended, output: [...state.output, item] }, [added, ...told, itemDone(state, item)])
}

function summaryEvents(state: State, item: JsonObject, text: string): Told[] {
  const at = { ...itemAt(state, item), summary_index: 0 }
  const part = { type: 'summary_text', text }
  return [
    ['response.reasoning_summary_part.added', { ...at, part: { ...part, text: '' } }],
    ['response.reasoning_summary_text.delta', { ...at, delta: text }],
    ['response.reasoning_summary_text.done', { ...at, text }],
    ['response.reasoning_summary_part.done', { ...at, part }],
  ]
}

function endOwn(state: State, part: Extract<OpeningPart, { type: 'own' }>): Outcome {
  const ended = { ...state, open: null }
  if (part.own.dialect !== 'openai-responses') {
    return [ended, [{ type: 'warning', name: `${part.own.what}:dropped` }]]
  }
  const item = part.own.value as JsonObject
  const added: Told = ['response.output_item.added', { output_index: state.output.length, item }]
  return tell({ ...ended, output: [...state.output, item] }, [added, itemDone(state, item)])
}

function refuse(state: State, text: string): Outcome {
  const opened = { ...state, open: { part: { type: 'refusal' }, text, begun: false } } as const
  const [begun, opening] = begin(opened)
  const [told, delta] = tell(begun, deltaEvents(begun, text))
  const [next, ending] = end(told)
  return [next, [...opening, ...delta, ...ending]]
}
