/**
 * Folds the bytes of an answer into its usage, also when the stream is cut. Bytes pass untouched and at once; only
 * events that carry usage, ids, stop reasons or tool calls are parsed, deltas are counted by their bytes. All it takes
 * out is what a client that did not ask for usage would not have got: the usage chunk, and `"usage": null` in the others.
 */
import { promptTokens, type Usage } from '../chat/usage.ts'
import type { DialectName } from '../dialects/dialect.ts'
import { joined } from '../joined-bytes.ts'
import { readAnthropicAnswer, readAnthropicEvent } from './anthropic-messages.ts'
import { readChatAnswer, readChatEvent } from './openai-chat-completions.ts'
import { readResponsesAnswer, readResponsesEvent } from './openai-responses.ts'
import { nullUsageIn } from './null-usage.ts'
import { readEventData } from './sse-data.ts'
import type { AnswerReader, EventReader, ReadingDraft, StreamReading } from './stream-reading.ts'
import { emptyReading, readingOf } from './stream-reading.ts'
import { UnfinishedEvent } from './unfinished-event.ts'

const READERS: Readonly<Record<DialectName, { readonly event: EventReader; readonly answer: AnswerReader }>> = {
  'anthropic-messages': { event: readAnthropicEvent, answer: readAnthropicAnswer },
  'openai-chat-completions': { event: readChatEvent, answer: readChatAnswer },
  'openai-responses': { event: readResponsesEvent, answer: readResponsesAnswer },
}

export interface MeterOptions {
  /** Take the usage that was not asked for out of the stream (see `Adaptation.usageChunkAdded`). */
  readonly removeUsageChunk?: boolean
}

export interface StreamMeter {
  /**
   * Takes the next bytes and returns what the client gets now: the same array, unless something was taken out.
   * Null: nothing yet. When removing, the bytes of an unfinished event wait for its end; no finished one ever waits.
   */
  push(chunk: Uint8Array): Uint8Array | null
  /** The upstream ended. Returns bytes that still waited. */
  end(): Uint8Array | null
  reading(): StreamReading
}

/** A meter for the event stream of one answer in this dialect. */
export function createStreamMeter(dialect: DialectName, options: MeterOptions = {}): StreamMeter {
  const read = READERS[dialect].event
  return options.removeUsageChunk === true ? new RemovingMeter(read) : new PassingMeter(read)
}

/** The same for an answer that came whole, as one JSON text. */
export function readAnswerUsage(dialect: DialectName, body: Uint8Array): StreamReading {
  const draft = emptyReading()
  READERS[dialect].answer(draft, body)
  // Nobody knows what it is: it is as much output as it has bytes.
  if (draft.ending === 'cut' && draft.outputBytes === 0) draft.outputBytes = body.length
  return readingOf(draft, false)
}

/** The provider's own count of all output. None at all is believed only of an answer that says nothing. */
export function toldOutput({ usage, usageKnown, outputBytes }: StreamReading): boolean {
  return usageKnown === 'final' && (usage.outputTokens > 0 || outputBytes === 0)
}

/**
 * Usage to settle: the provider's own, or an estimate of what it did not tell: of the prompt until it has told one with
 * tokens in it, of the output as long as some came that is in no count of its.
 *
 * @param expected `outputLimit`: tokens the answer may have; no estimate passes it, whatever the provider told may
 */
export function billableUsage(
  reading: StreamReading,
  expected: { readonly prompt: Usage; readonly bytesPerToken: number; readonly outputLimit?: number },
): { readonly usage: Usage; readonly estimated: boolean } {
  const { usage } = reading
  const { outputTokens, reasoningTokens } = usage
  const promptTold = promptTokens(usage) > 0
  const prompt = promptTold ? usage : expected.prompt
  if (toldOutput(reading)) return { usage: { ...prompt, outputTokens, reasoningTokens }, estimated: !promptTold }
  const estimate = Math.min(uncertainOutput(reading, expected.bytesPerToken), expected.outputLimit ?? Infinity)
  return { usage: { ...prompt, outputTokens: Math.max(outputTokens, estimate), reasoningTokens }, estimated: true }
}

/** What was counted and what came since; a count that is none, or of the beginning alone, is in the bytes. */
function uncertainOutput({ usage, outputBytes, countedBytes }: StreamReading, bytesPerToken: number): number {
  const counted = usage.outputTokens === 0 ? null : countedBytes
  const tokens = counted === null ? 0 : usage.outputTokens
  return tokens + Math.ceil((outputBytes - (counted ?? 0)) / bytesPerToken)
}

const NO_BYTES = new Uint8Array(0)

/** First bytes of a stream's lines: those of the fields `data`, `event`, `id`, `retry`, of comments, empty lines and a mark. */
const BEGINNINGS = [...'deir: \r\n'].map((character) => character.charCodeAt(0)).concat(0xef)

/** Splits the stream into events, wherever the chunks are cut. */
abstract class EventSplitter {
  protected readonly unfinished = new UnfinishedEvent()
  readonly #draft: ReadingDraft = emptyReading()
  readonly #read: EventReader
  #endedMidEvent = false
  /** Bytes until the first event. */
  #bytesBefore = 0
  /** Whether they begin as no line of an event does; null: there are none. */
  #foreign: boolean | null = null

  constructor(read: EventReader) {
    this.#read = read
  }

  reading(): StreamReading {
    const reading = readingOf(this.#draft, this.#endedMidEvent || this.unfinished.length > 0)
    // Nobody knows what it is, such as a coding that was not undone: it is as much output as it has bytes.
    return reading.events === 0 && this.#foreign === true ? { ...reading, outputBytes: this.#bytesBefore } : reading
  }

  protected noteBytes(chunk: Uint8Array): void {
    if (this.#draft.events > 0) return
    this.#foreign ??= chunk.length === 0 ? null : !BEGINNINGS.includes(chunk[0] as number)
    this.#bytesBefore += chunk.length
  }

  /** Reads the event in bytes [start, end), after what is unfinished. True: it holds nothing but usage. */
  protected finishEvent(chunk: Uint8Array, start: number, end: number): boolean {
    if (this.unfinished.length === 0) return readEventData(this.#draft, this.#read, chunk.subarray(start, end))
    this.unfinished.append(chunk.subarray(start, end))
    const usageOnly = readEventData(this.#draft, this.#read, this.unfinished.bytes())
    this.unfinished.clear()
    return usageOnly
  }

  /** What came of an event without its end is read too: its usage is billed all the same. */
  protected finishLast(): boolean {
    if (this.unfinished.length === 0) return false
    this.#endedMidEvent = true
    return this.finishEvent(NO_BYTES, 0, 0)
  }
}

class PassingMeter extends EventSplitter implements StreamMeter {
  push(chunk: Uint8Array): Uint8Array {
    this.noteBytes(chunk)
    let start = 0
    for (let end = this.unfinished.eventEnd(chunk, 0); end !== -1; end = this.unfinished.eventEnd(chunk, start)) {
      this.finishEvent(chunk, start, end)
      start = end
    }
    this.unfinished.append(chunk.subarray(start))
    return chunk
  }

  end(): null {
    this.finishLast()
    return null
  }
}

class RemovingMeter extends EventSplitter implements StreamMeter {
  push(chunk: Uint8Array): Uint8Array | null {
    this.noteBytes(chunk)
    const pieces: Uint8Array[] = []
    let start = 0
    let from = 0
    for (let end = this.unfinished.eventEnd(chunk, 0); end !== -1; end = this.unfinished.eventEnd(chunk, start)) {
      const waiting = this.unfinished.waiting()
      const event = waiting === null ? chunk.subarray(start, end) : joined([waiting, chunk.subarray(start, end)])
      const kept = this.finishEvent(chunk, start, end) ? [] : withoutNullUsage(event)
      if (kept !== null) {
        if (start > from) pieces.push(chunk.subarray(from, start))
        pieces.push(...kept)
        from = end
      } else if (waiting !== null) pieces.push(waiting)
      start = end
    }
    if (start > from) pieces.push(chunk.subarray(from, start))
    this.unfinished.append(chunk.subarray(start))
    const comments = this.unfinished.releaseComments()
    if (comments !== null) pieces.push(comments)
    return leftOf(chunk, pieces)
  }

  end(): Uint8Array | null {
    const waiting = this.unfinished.waiting()
    if (this.finishLast() || waiting === null) return null
    const kept = withoutNullUsage(waiting)
    return kept === null ? waiting : leftOf(waiting, kept)
  }
}

/** The two parts of an event around its `"usage": null`; null: it says nothing of usage. */
function withoutNullUsage(event: Uint8Array): Uint8Array[] | null {
  const hole = nullUsageIn(event)
  return hole === null ? null : [event.subarray(0, hole.start), event.subarray(hole.end)]
}

/** The chunk itself where the pieces are all of it; null where there are none. */
function leftOf(chunk: Uint8Array, pieces: readonly Uint8Array[]): Uint8Array | null {
  if (pieces.length === 0) return null
  const left = joined(pieces)
  return left.length === chunk.length && left.buffer === chunk.buffer ? chunk : left
}
