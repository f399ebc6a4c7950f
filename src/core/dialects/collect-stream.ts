/**
 * A stream of events collected into the one answer that the same request would have got without a stream: for calls
 * whose client asked for no stream while the gateway needs to see, extend and stop what is produced. What a dialect's
 * events say beyond what is known here carries over under its own name. It never counts tokens or money.
 */
import type { JsonObject } from '../chat/json-value.ts'
import { isObject, parsedJson } from '../chat/json-value.ts'
import type { ProviderError } from '../chat/provider-error.ts'
import type { EarlyEnd, OpenAnswer } from './end-stream.ts'
import { readSse, SSE_START } from './sse-events.ts'

/** The whole answer, or the error that came in its place. */
export type Collected =
  | { readonly type: 'answer'; readonly body: JsonObject }
  | { readonly type: 'failed'; readonly error: ProviderError }

/** An answer being collected; its parts grow in place, since one is built for every event of a stream. */
export interface AnswerCollector {
  /** The next event's data; `[DONE]` and what is no object is not shown. */
  read(event: JsonObject): void
  /** Null: the stream has not told the whole answer. */
  result(): Collected | null
  /**
   * The answer as it is when it has to end now, as if the output limit had been reached, without half of anything that
   * could be run. Null: nothing was told of which an answer could be made.
   */
  endEarly(given: EarlyEnd): JsonObject | null
}

/** The objects in a text of whole events. */
export function eventsIn(text: string): JsonObject[] {
  const [, events] = readSse(SSE_START, text)
  return events.flatMap((event) => {
    const data = event.type === 'event' ? parsedJson(event.data) : null
    return isObject(data) ? [data] : []
  })
}

/** Shows the collector the events that end an open answer. False: the dialect knows no end for it. */
export function readEarlyEnd(collector: Pick<AnswerCollector, 'read'>, open: OpenAnswer, given: EarlyEnd): boolean {
  const text = open.end(given)
  if (text === null) return false
  for (const event of eventsIn(text)) collector.read(event)
  return true
}
