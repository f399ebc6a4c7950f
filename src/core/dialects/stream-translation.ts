/**
 * A streamed answer of one dialect in another, as text goes by: `(state, text) => [state, text]`. Whole events come out,
 * whatever pieces go in. A stream that ends before its last word is left open, for the gateway to end with an error.
 */
import { restoreClientCalls } from '../chat/client-calls.ts'
import type { Machine } from '../chat/machine.ts'
import { chain, runAll } from '../chat/machine.ts'
import type { ProviderError } from '../chat/provider-error.ts'
import { sequenceParts } from '../chat/sequence-parts.ts'
import type { StreamEvent } from '../chat/stream-event.ts'
import { Warnings } from '../chat/warnings.ts'
import type { AnswerContext, ClientEvent, UpstreamEvent } from './codec.ts'
import type { SseState } from './sse-events.ts'
import { SSE_START, readSse } from './sse-events.ts'
import type { Direction } from './translation.ts'
import { codecOf } from './translation.ts'

export interface StreamTranslation {
  readonly sse: SseState
  readonly reader: Machine<UpstreamEvent, StreamEvent>
  readonly writer: Machine<StreamEvent, ClientEvent>
  /** The answer ended as its dialect ends it, or with an error event: nothing may follow. */
  readonly finished: boolean
  /** Names of what could not be carried so far, one for each time; see `streamWarnings`. */
  readonly losses: readonly string[]
}

/** What comes of a step: the next state, and text for the client, often empty. */
export type StreamStep = readonly [next: StreamTranslation, text: string]

/** From the provider's dialect to the client's. */
export function startStreamTranslation({ from, to }: Direction, context: AnswerContext): StreamTranslation {
  const asOffered = chain(codecOf(from).readStream(), restoreClientCalls(context.tools))
  return {
    sse: SSE_START,
    reader: chain(asOffered, sequenceParts()),
    writer: codecOf(to).writeStream(context),
    finished: false,
    losses: [],
  }
}

/** Takes the next text of the provider's stream, as a streaming UTF-8 decoder gives it. */
export function translateStreamText(state: StreamTranslation, text: string): StreamStep {
  const [sse, events] = readSse(state.sse, text)
  return read({ ...state, sse }, events)
}

/** The provider's stream has ended. `finished` tells whether the answer was whole. */
export function endStreamTranslation(state: StreamTranslation): StreamStep {
  // An event whose empty line never came is taken as whole.
  const [sse, events] = readSse(state.sse, '\n\n')
  return read({ ...state, sse }, [...events, { type: 'end' }])
}

/** Ends a stream that was cut, or must not go on, with the error event of the client's dialect. */
export function failStreamTranslation(state: StreamTranslation, error: ProviderError): StreamStep {
  return state.finished ? [state, ''] : write(state, [{ type: 'error', error }])
}

function read(state: StreamTranslation, events: readonly UpstreamEvent[]): StreamStep {
  const [reader, told] = runAll(state.reader, events)
  return write({ ...state, reader }, told)
}

function write(state: StreamTranslation, events: readonly StreamEvent[]): StreamStep {
  const [writer, out] = runAll(state.writer, events)
  const lost = out.flatMap((event) => (event.type === 'warning' ? [event.name] : []))
  const ends = events.some((event) => event.type === 'finish' || event.type === 'error')
  const next = {
    ...state,
    writer,
    finished: state.finished || ends,
    losses: lost.length === 0 ? state.losses : [...state.losses, ...lost],
  }
  return [next, out.map((event) => (event.type === 'text' ? event.text : '')).join('')]
}

/** What of the streamed answer could not be carried; the same thing many times is one warning with a count. */
export function streamWarnings(state: StreamTranslation): string[] {
  const warnings = new Warnings()
  for (const name of state.losses) warnings.note(name)
  return warnings.list()
}
