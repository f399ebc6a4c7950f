/**
 * Carries an answer's bytes from the provider to the client past a tap that meters them. Each chunk is passed on as soon
 * as it is there, and back-pressure reaches the provider. A client that resets its connection is noticed at once; one
 * that only closes it, as most do, no sooner than something is written to it: a runtime takes that for the end of what
 * the client sends. So nothing here waits for the news: a provider that is silent for too long is left (`StreamWatch`).
 * A stream that the tap does not change is carried by the runtime (`passStream`), any other by the loop below.
 */
import { joined } from '../core/joined-bytes.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import { ClientWriter } from './client-writer.ts'
import { passStream } from './pass-stream.ts'
import { StreamWatch } from './stream-watch.ts'

/** What looks at the bytes on their way. It returns what the client is to see of them: nearly always the same chunk. */
export interface Tap {
  push(chunk: Uint8Array): Uint8Array | null
  /**
   * After the provider's last byte: what the client is still to see, such as an error event after a cut.
   *
   * @param silent the provider was left, since nothing had come for too long
   */
  end(silent: boolean): Uint8Array | null
  /** For a stream of which every byte passes as it is: it is shown to the tap afterwards. */
  readonly passive?: {
    /** The answer is whole, by what was shown of it: its end will add nothing. */
    whole(): boolean
    /** Milliseconds until it is shown more; 0: it is shown what comes as it comes. */
    restMs(): number
  }
  /** For a stream that may be ended before its time. */
  readonly stop?: {
    /** Aborted when it is to end. */
    readonly signal: AbortSignal
    /** It is to end, and what the client has ends with a whole event. */
    ready(): boolean
    /** The end of the answer, in place of what the provider would have said; an error where an event is left unfinished. */
    end(): Uint8Array
  }
}

/**
 * `upstream_cut`: the provider's body ended in an error. A body that ended too early is for the tap to tell. `stopped`:
 * ended here, before the provider was done. `silent`: ended here, since nothing had come for too long.
 */
export type RelayEnding = 'complete' | 'client_left' | 'upstream_cut' | 'stopped' | 'silent'

export interface RelayResult {
  readonly ending: RelayEnding
  readonly firstByteAt: number
}

export interface Relay {
  /** Bytes, where the answer was there as a whole. */
  readonly body: ReadableStream<Uint8Array> | Uint8Array
  /** Resolves, never rejects, when nothing is to be counted any more; bytes may still follow the answer's end. */
  readonly done: Promise<RelayResult>
  /** Resolves, never rejects, when no byte will follow. */
  readonly closed: Promise<unknown>
}

/** A provider's body whose beginning was waited for. */
export interface AnswerBytes {
  readonly first: Uint8Array
  /** Null: there is no more. Nobody holds a reader of it. */
  readonly rest: ReadableStream<Uint8Array> | null
}

export interface BegunStream extends AnswerBytes {
  readonly rest: ReadableStream<Uint8Array>
}

export interface RelayContext {
  now(): number
  /** Aborts when the client leaves; the provider's call ends with it. */
  readonly clientGone: AbortSignal
  /** Ends the provider's call, once the client has left or the stream is to end. */
  abort(): void
  /** So long nothing may come of an answer that has begun. */
  readonly silenceMs: number
  /** What was seen of the stream until now; null: an answer that comes whole, which is read once it is there. */
  readonly reading: (() => StreamReading) | null
}

/** What may wait for a client that reads slowly; the provider waits beyond it. */
const MOST_WAITING_BYTES = 64 * 1024

export function relayAnswer({ first, rest }: AnswerBytes, tap: Tap, context: RelayContext): Relay {
  if (rest === null) return passWhole(first, tap, context)
  const watch = new StreamWatch(context)
  const { passive } = tap
  if (passive !== undefined) {
    const { body, ended } = passStream({ first, rest }, { ...tap, passive }, { ...context, watch })
    return { body, ...watch.over(ended) }
  }
  const { readable, writable } = new IdentityTransformStream()
  const ended = pump({ first, rest }, new ClientWriter(writable), { tap, watch, ...context })
  return { body: readable, ...watch.over(ended) }
}

/** Nothing is pumped: the runtime sends the bytes by itself, and before anything else is done for the call. */
function passWhole(first: Uint8Array, tap: Tap, { now }: RelayContext): Relay {
  const firstByteAt = now()
  const body = joined([tap.push(first), tap.end(false)].filter((bytes) => bytes !== null))
  const { promise, resolve } = Promise.withResolvers<RelayResult>()
  setTimeout(() => resolve({ ending: 'complete', firstByteAt }), 0)
  return { body, done: promise, closed: promise }
}

async function pump(
  { first, rest: body }: BegunStream,
  client: ClientWriter,
  { tap, watch, now, abort }: RelayContext & { readonly tap: Tap; readonly watch: StreamWatch },
): Promise<RelayResult> {
  const firstByteAt = now()
  const rest = body.getReader()
  const endUpstream = () => {
    abort()
    rest.cancel().catch(() => undefined)
  }
  client.onLeft(endUpstream)
  const next = tap.stop === undefined ? null : nextChunk(rest, tap.stop.signal)
  let ending: RelayEnding = 'complete'
  try {
    for (let seen = tap.push(first); ;) {
      // Nothing in this loop makes a promise that is not needed: it runs for every chunk of every stream.
      if (seen !== null && seen.byteLength > 0) client.write(seen)
      seen = null
      if (tap.stop?.ready() === true) {
        ending = 'stopped'
        break
      }
      if (client.waitingBytes >= MOST_WAITING_BYTES) await client.drained()
      const chunk = await (next === null ? rest.read() : next())
      if (chunk === 'stop') continue
      if (chunk.done || client.left) break
      watch.pieces += 1
      seen = tap.push(chunk.value)
    }
  } catch {
    ending = 'upstream_cut'
    // It may also be that the tap could not read it.
    endUpstream()
  }
  const stopped = ending === 'stopped' ? tap.stop : undefined
  if (stopped !== undefined) endUpstream()
  const last = stopped === undefined ? tap.end(watch.silent) : stopped.end()
  if (last !== null && last.byteLength > 0) client.write(last)
  await client.close()
  return { ending: client.left ? 'client_left' : ending, firstByteAt }
}

/** Reads the next chunk, or tells once that the stream is to stop, without losing the chunk that is waited for. */
function nextChunk(
  rest: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): () => Promise<ReadableStreamReadResult<Uint8Array> | 'stop'> {
  const { promise: stopped, resolve } = Promise.withResolvers<'stop'>()
  signal.addEventListener('abort', () => resolve('stop'), { once: true })
  if (signal.aborted) resolve('stop')
  let told = false
  let waiting: Promise<ReadableStreamReadResult<Uint8Array>> | null = null
  return async () => {
    waiting ??= rest.read()
    const chunk = told ? await waiting : await Promise.race([waiting, stopped])
    if (chunk === 'stop') {
      told = true
      // Should the stream be ended now, nobody waits for this chunk any more.
      waiting.catch(() => undefined)
    } else waiting = null
    return chunk
  }
}
