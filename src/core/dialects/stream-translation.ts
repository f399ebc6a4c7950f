/**
 * A streamed answer of one dialect in another, as text goes by: `(state, text) => [state, text]`. Whole events come out,
 * whatever pieces go in. A stream that ends before its last word is left open: the gateway ends it with an error.
 */
import { restoreClientCalls } from '../chat/client-calls.ts'
import type { Machine } from '../chat/machine.ts'
import { chain, machine, runAll } from '../chat/machine.ts'
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
  readonly translator: Machine<UpstreamEvent, TranslatedEvent>
  /** The answer ended as its dialect ends it, or with an error event: nothing may follow. */
  readonly finished: boolean
  /** Events written so far, comments included. */
  readonly events: number
  readonly warnings: readonly string[]
}

type TranslatedEvent = ClientEvent | { readonly type: 'finished' }

/** From the provider's dialect to the client's. */
export function startStreamTranslation({ from, to }: Direction, context: AnswerContext): StreamTranslation {
  const canonical = chain(chain(codecOf(from).readStream(), restoreClientCalls(context.tools)), sequenceParts())
  const translator = chain(canonical, announcingEnd(codecOf(to).writeStream(context)))
  return { sse: SSE_START, translator, finished: false, events: 0, warnings: [] }
}

/** Tells when the last event has been written. */
function announcingEnd(writer: Machine<StreamEvent, ClientEvent>): Machine<StreamEvent, TranslatedEvent> {
  return machine<Machine<StreamEvent, ClientEvent>, StreamEvent, TranslatedEvent>(writer, (current, event) => {
    const [next, out] = current.step(event)
    const last = event.type === 'finish' || event.type === 'error'
    return [next, last ? [...out, { type: 'finished' }] : out]
  })
}

/** Takes the next text of the provider's stream and returns the text for the client, often empty. */
export function translateStreamText(
  state: StreamTranslation,
  text: string,
): readonly [next: StreamTranslation, out: string] {
  const [sse, events] = readSse(state.sse, text)
  return advance({ ...state, sse }, events)
}

/** The provider's stream has ended. Returns what was still to be said; `finished` tells whether the answer was whole. */
export function endStreamTranslation(state: StreamTranslation): readonly [next: StreamTranslation, out: string] {
  // An event whose empty line never came is taken as whole.
  const [sse, events] = readSse(state.sse, '\n\n')
  return advance({ ...state, sse }, [...events, { type: 'end' }])
}

function advance(state: StreamTranslation, events: readonly UpstreamEvent[]): readonly [StreamTranslation, string] {
  const [translator, out] = runAll(state.translator, events)
  const texts = out.flatMap((event) => (event.type === 'text' ? [event.text] : []))
  const warned = out.flatMap((event) => (event.type === 'warning' ? [event.name] : []))
  const next = {
    ...state,
    translator,
    finished: state.finished || out.some((event) => event.type === 'finished'),
    events: state.events + texts.length,
    warnings: warned.length === 0 ? state.warnings : [...state.warnings, ...warned],
  }
  return [next, texts.join('')]
}

/** What of the streamed answer could not be carried, by name; the same thing many times is one warning with a count. */
export function streamWarnings(state: StreamTranslation): string[] {
  const warnings = new Warnings()
  for (const name of state.warnings) warnings.note(name)
  return warnings.list()
}
