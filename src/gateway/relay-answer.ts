/**
 * Carries an answer's bytes from the provider to the client through a tap that meters them. Each chunk is passed on as
 * soon as it is there; back-pressure reaches the provider; a client that leaves is noticed at once, also while the
 * provider is silent.
 */

/** What looks at the bytes on their way. It returns what the client is to see of them: nearly always the same chunk. */
export interface Tap {
  push(chunk: Uint8Array): Uint8Array | null
  /** After the provider's last byte: what the client is still to see, such as an error event after a cut. */
  end(cut: boolean): Uint8Array | null
  /** For a stream that may be ended before its time. */
  readonly stop?: {
    /** Aborted when it is to end. */
    readonly signal: AbortSignal
    /** It is to end, and what the client has ends with a whole event. */
    ready(): boolean
    /** The end of the answer, in place of what the provider would have said. */
    end(): Uint8Array
  }
}

/**
 * `upstream_cut`: the provider's body ended in an error. A body that ended too early is for the tap to tell. `stopped`:
 * ended here, before the provider was done.
 */
export type RelayEnding = 'complete' | 'client_left' | 'upstream_cut' | 'stopped'

export interface RelayResult {
  readonly ending: RelayEnding
  readonly firstByteAt: number
}

export interface Relay {
  readonly body: ReadableStream<Uint8Array>
  /** Resolves, never rejects, when no byte will follow. */
  readonly done: Promise<RelayResult>
}

/** A provider's body whose beginning was waited for. */
export interface AnswerBytes {
  readonly first: Uint8Array
  readonly rest: ReadableStreamDefaultReader<Uint8Array>
}

/**
 * @param abort ends the provider's call, once the client has left or the stream is stopped
 */
export function relayAnswer(bytes: AnswerBytes, tap: Tap, context: { now(): number; abort(): void }): Relay {
  const { readable, writable } = new IdentityTransformStream()
  return { body: readable, done: pump(bytes, writable.getWriter(), { tap, ...context }) }
}

async function pump(
  { first, rest }: AnswerBytes,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { tap, now, abort }: { tap: Tap; now(): number; abort(): void },
): Promise<RelayResult> {
  const firstByteAt = now()
  let clientLeft = false
  const endUpstream = () => {
    abort()
    rest.cancel().catch(() => undefined)
  }
  const left = () => {
    if (clientLeft) return
    clientLeft = true
    endUpstream()
  }
  const next = tap.stop === undefined ? null : nextChunk(rest, tap.stop.signal)
  // `closed` rejects when the client goes away between two chunks; a write rejects when it goes away at one.
  writer.closed.catch(left)
  let ending: RelayEnding = 'complete'
  let writing = false
  try {
    for (let seen = tap.push(first); ;) {
      // Nothing in this loop makes a promise that is not needed: it runs for every chunk of every stream.
      if (seen !== null && seen.byteLength > 0) {
        writing = true
        await writer.write(seen)
        writing = false
      }
      seen = null
      if (tap.stop?.ready() === true) {
        ending = 'stopped'
        break
      }
      const chunk = await (next === null ? rest.read() : next())
      if (chunk === 'stop') continue
      if (chunk.done || clientLeft) break
      seen = tap.push(chunk.value)
    }
  } catch {
    if (writing) left()
    else ending = 'upstream_cut'
  }
  const stopped = ending === 'stopped' ? tap.stop : undefined
  if (stopped !== undefined) endUpstream()
  const last = stopped === undefined ? tap.end(ending === 'upstream_cut') : stopped.end()
  if (last !== null && last.byteLength > 0 && !clientLeft) await writer.write(last).catch(left)
  if (!clientLeft) await writer.close().catch(left)
  return { ending: clientLeft ? 'client_left' : ending, firstByteAt }
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
