/**
 * What a meter knows of an answer: counts, ids and names, never its text. It is the same for every dialect.
 */
import type { Usage } from '../chat/usage.ts'
import { NO_USAGE, promptTokens } from '../chat/usage.ts'

export interface StreamReading {
  readonly usage: Usage
  /**
   * `final`: the provider's own last word, of an answer that said why it ended, or that it did. `prompt`: only the prompt's
   * part is known. `none`: not even that.
   */
  readonly usageKnown: 'none' | 'prompt' | 'final'
  /** The model that answered, as the provider names it. */
  readonly model: string | null
  readonly responseId: string | null
  /**
   * The dialect's own word: `end_turn`, `tool_use`, `refusal`, `pause_turn` ...; `stop`, `length`, `tool_calls`,
   * `content_filter`; `completed`, `max_output_tokens`, `failed` ...
   */
  readonly stopReason: string | null
  /** `complete`: the dialect's own end was seen. `error`: an error event was. `cut`: neither. */
  readonly ending: 'complete' | 'error' | 'cut'
  /** Type or code of the error event. */
  readonly errorType: string | null
  /** Names of the tools the answer calls, in order, those the provider runs itself not among them. */
  readonly toolCalls: readonly string[]
  /** Calls of tools that the provider runs and bills itself (searches, fetches). */
  readonly serverToolCalls: number
  /** Bytes of visible output: text, shown thinking, tool inputs, as JSON strings. */
  readonly outputBytes: number
  /** Bytes of it that the provider's count of output includes; null: it told none but that of the answer's beginning. */
  readonly countedBytes: number | null
  /** A count was told that is none: below zero, broken, or without an end. */
  readonly impossibleCount: boolean
  /** Events with data. */
  readonly events: number
  /** The last event is not finished. */
  readonly midEvent: boolean
}

/** A reading in the making. */
export type ReadingDraft = {
  -readonly [Name in keyof Omit<StreamReading, 'midEvent' | 'toolCalls' | 'usageKnown'>]: StreamReading[Name]
} & {
  readonly toolCalls: string[]
}

/** Reads the data of one event. True: the event holds nothing but usage. It never throws; what it cannot read it skips. */
export type EventReader = (draft: ReadingDraft, data: Uint8Array) => boolean

/** Reads a whole JSON answer. */
export type AnswerReader = (draft: ReadingDraft, body: Uint8Array) => void

/** More names than anyone looks at are not kept. */
const MOST_TOOL_CALLS = 128

export function emptyReading(): ReadingDraft {
  return {
    usage: NO_USAGE,
    model: null,
    responseId: null,
    stopReason: null,
    ending: 'cut',
    errorType: null,
    toolCalls: [],
    serverToolCalls: 0,
    outputBytes: 0,
    countedBytes: null,
    impossibleCount: false,
    events: 0,
  }
}

export function readingOf(draft: ReadingDraft, midEvent: boolean): StreamReading {
  return { ...draft, toolCalls: [...draft.toolCalls], usageKnown: usageKnown(draft), midEvent }
}

/** A count in the middle of an answer is no last word, even where the stream was cut right after it. */
function usageKnown({
  usage,
  countedBytes,
  outputBytes,
  ending,
  stopReason,
}: ReadingDraft): StreamReading['usageKnown'] {
  const ended = ending !== 'cut' || stopReason !== null
  if (ended && countedBytes === outputBytes) return 'final'
  return promptTokens(usage) > 0 ? 'prompt' : 'none'
}

export function noteToolCall(draft: ReadingDraft, name: unknown): void {
  if (typeof name === 'string' && name !== '' && draft.toolCalls.length < MOST_TOOL_CALLS) draft.toolCalls.push(name)
}
