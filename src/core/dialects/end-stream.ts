/**
 * Ends a stream of answers before its time, as if the output limit had been reached: what is open is closed, half tool
 * input becomes input that nothing can run, and the dialect's own last events follow. Fed with the events the client was
 * sent, it knows what is open; it never sends, delays or counts anything.
 */
import type { JsonObject } from '../chat/json-value.ts'
import type { Usage } from '../chat/usage.ts'

/** What an ending says. */
export interface EarlyEnd {
  /** What was used until now: an estimate. */
  readonly usage: Usage
  /** Told where the answer would else be one that no API takes back: empty, or nothing but reasoning. */
  readonly note: string
}

/** An answer on its way, as far as it was told. */
export interface OpenAnswer {
  /** The next event's data; `[DONE]` and what is no object is not shown. */
  read(event: JsonObject): OpenAnswer
  /**
   * The text of the events that end the answer; null where the dialect knows no end for it that leaves a history the API
   * takes back (before the first event, inside reasoning that is not signed yet, inside a tool the provider runs): then
   * it must end in an error.
   */
  end(given: EarlyEnd): string | null
}

/** An answer whose state is plain data. */
export function openAnswer<State>(
  state: State,
  rules: {
    readonly read: (state: State, event: JsonObject) => State
    readonly end: (state: State, given: EarlyEnd) => string | null
  },
): OpenAnswer {
  return {
    read: (event) => openAnswer(rules.read(state, event), rules),
    end: (given) => rules.end(state, given),
  }
}
