/**
 * A stream for a Messages client, one handler for each event. Blocks are numbered without gaps, opened once and stopped
 * once: a client aborts on a second stop. Expects parts one behind the other (`sequenceParts`).
 * API: https://platform.claude.com/docs/en/build-with-claude/streaming.
 */
import { legalCallId } from '../../chat/call-ids.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject } from '../../chat/json-value.ts'
import type { Machine } from '../../chat/machine.ts'
import { machine } from '../../chat/machine.ts'
import type { OpeningPart, StreamEvent } from '../../chat/stream-event.ts'
import type { Usage } from '../../chat/usage.ts'
import type { AnswerContext, ClientEvent } from '../codec.ts'
import { sseText } from '../sse-events.ts'
import { messageFrame } from './answer-blocks.ts'
import { writeProviderError } from './provider-errors.ts'
import { writeFinish } from './stop-reason.ts'
import { writeFinalUsage, writeUsage } from './write-usage.ts'

const DIALECT = 'anthropic-messages'

interface State {
  readonly context: AnswerContext
  readonly started: boolean
  readonly ended: boolean
  /** Blocks begun so far. */
  readonly blocks: number
  readonly open: OpenPart | null
}

/** The part that is being told. `begun`: the client knows of its block. */
interface OpenPart {
  readonly part: OpeningPart
  readonly begun: boolean
  /** Reasoning that is not shown: its text, kept until it is known to be sealed here. */
  readonly text: string
}

type Outcome = readonly [State, readonly ClientEvent[]]
type Handlers = {
  [Type in StreamEvent['type']]: (state: State, event: Extract<StreamEvent, { type: Type }>) => Outcome
}

export function writeStream(context: AnswerContext): Machine<StreamEvent, ClientEvent> {
  const start: State = { context, started: false, ended: false, blocks: 0, open: null }
  return machine<State, StreamEvent, ClientEvent>(start, (state, event) => {
    if (state.ended) return [state, []]
    if (state.started || event.type === 'start' || event.type === 'error') return handle(state, event)
    const [begun, opening] = HANDLERS.start(state, { type: 'start', id: null, model: null, usage: null })
    const [next, out] = handle(begun, event)
    return [next, [...opening, ...out]]
  })
}

function handle(state: State, event: StreamEvent): Outcome {
  const handler = HANDLERS[event.type] as (state: State, event: StreamEvent) => Outcome
  return handler(state, event)
}

const PING = wire('ping', {})

const HANDLERS: Handlers = {
  start: (state, { id, model, usage }) => {
    if (state.started) return [state, []]
    const message = {
      ...messageFrame(state.context, id, model),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: writeUsage(promptOnly(usage)),
    }
    return [{ ...state, started: true }, [wire('message_start', { message })]]
  },
  'keep-alive': (state) => [state, [PING]],
  'part-begin': (state, { part }) => {
    const open: OpenPart = { part, begun: false, text: '' }
    // A text block without text and thinking that may stay hidden are begun by what they say.
    return part.type === 'tool-call' || part.type === 'own' ? begin({ ...state, open }) : [{ ...state, open }, []]
  },
  'part-delta': (state, { text }) => {
    if (state.open === null || text === '') return [state, []]
    if (hides(state)) return [{ ...state, open: { ...state.open, text: state.open.text + text } }, [PING]]
    const [begun, opening] = begin(state)
    return [begun, [...opening, ...delta(begun, deltaOf(state.open.part, text))]]
  },
  'part-end': (state, { seal }) => {
    if (state.open === null) return [state, []]
    if (state.open.part.type === 'reasoning') return endReasoning(state, seal?.dialect === DIALECT ? seal.value : null)
    if (!state.open.begun) return [{ ...state, open: null }, []]
    const closing = isFreeform(state.open.part) ? delta(state, inputDelta('"}')) : []
    const [next, end] = stop(state)
    return [next, [...closing, ...end]]
  },
  finish: (state, { finish, usage }) => [
    { ...state, ended: true },
    [wire('message_delta', { delta: writeFinish(finish), usage: writeFinalUsage(usage) }), wire('message_stop', {})],
  ],
  error: (state, { error }) => {
    // A fault of the server, told as the one that clients of this dialect try again inside a stream.
    const kind = error.kind === 'server' ? 'overloaded' : error.kind
    const { body } = writeProviderError({ ...error, kind }, state.context.fallbackId)
    return [{ ...state, ended: true }, [{ type: 'text', text: sseText('error', body) }]]
  },
}

function wire(type: string, members: JsonObject): ClientEvent {
  return { type: 'text', text: sseText(type, { type, ...members }) }
}

/** What is known at the start is the prompt. */
function promptOnly(usage: Usage | null): Usage | null {
  return usage === null ? null : { ...usage, outputTokens: Math.min(usage.outputTokens, 1), reasoningTokens: 0 }
}

/** Reasoning goes out as it comes only where a client may see it without a seal. */
function hides({ open, context }: State): boolean {
  return open?.part.type === 'reasoning' && context.foreignReasoning === 'dropped'
}

function begin(state: State): Outcome {
  const { open, blocks } = state
  if (open === null || open.begun) return [state, []]
  const block = openingBlock(open.part)
  if (block === null) {
    const what = open.part.type === 'own' ? open.part.own.what : open.part.type
    return [{ ...state, open: null }, [{ type: 'warning', name: `${what}:dropped` }]]
  }
  const begun = { ...state, blocks: blocks + 1, open: { ...open, begun: true } }
  const start = wire('content_block_start', { index: blocks, content_block: block })
  return [begun, isFreeform(open.part) ? [start, ...delta(begun, inputDelta('{"input":"'))] : [start]]
}

/** A call with free text, which this dialect does not have: the text becomes the one property of an object. */
function isFreeform(part: OpeningPart): boolean {
  return part.type === 'tool-call' && part.freeform
}

function inputDelta(json: string): JsonObject {
  return { type: 'input_json_delta', partial_json: json }
}

function openingBlock(part: OpeningPart): JsonObject | null {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: '', citations: null }
    case 'reasoning':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'tool-call':
      return { type: 'tool_use', id: legalCallId(part.id), name: part.name, input: {} }
    case 'own':
      return part.own.dialect === DIALECT && isObject(part.own.value) ? part.own.value : null
  }
}

function deltaOf(part: OpeningPart, text: string): JsonObject {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'text_delta', text }
    case 'reasoning':
      return { type: 'thinking_delta', thinking: text }
    case 'tool-call':
      return inputDelta(part.freeform ? JSON.stringify(text).slice(1, -1) : text)
    case 'own':
      return inputDelta(text)
  }
}

function delta(state: State, content: JsonObject): ClientEvent[] {
  return state.open === null ? [] : [wire('content_block_delta', { index: state.blocks - 1, delta: content })]
}

function stop(state: State): Outcome {
  return [{ ...state, open: null }, [wire('content_block_stop', { index: state.blocks - 1 })]]
}

/** Thinking sealed by this API is told whole with its signature; other reasoning ends unsigned or was never shown. */
function endReasoning(state: State, sealed: JsonObject | null): Outcome {
  if (state.open === null) return [state, []]
  if (sealed === null) {
    if (state.open.begun) return stop(state)
    return [{ ...state, open: null }, [{ type: 'warning', name: 'reasoning:dropped' }]]
  }
  if (sealed['type'] === 'redacted_thinking') {
    const start = wire('content_block_start', { index: state.blocks, content_block: sealed })
    const [next, end] = stop({ ...state, blocks: state.blocks + 1 })
    return [next, [start, ...end]]
  }
  const [begun, opening] = begin(state)
  const hidden = state.open.text === '' ? [] : delta(begun, { type: 'thinking_delta', thinking: state.open.text })
  const signature = delta(begun, { type: 'signature_delta', signature: sealed['signature'] })
  const [next, end] = stop(begun)
  return [next, [...opening, ...hidden, ...signature, ...end]]
}
