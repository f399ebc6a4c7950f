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
}

/** `upstream_cut`: the provider's body ended in an error. A body that ended too early is for the tap to tell. */
export type RelayEnding = 'complete' | 'client_left' | 'upstream_cut'

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
 * @param abort ends the provider's call, once the client has left
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
  const left = () => {
    if (clientLeft) return
    clientLeft = true
    abort()
    rest.cancel().catch(() => undefined)
  }
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
      const { done, value } = await rest.read()
      if (done || clientLeft) break
      seen = tap.push(value)
    }
  } catch {
    if (writing) left()
    else ending = 'upstream_cut'
  }
  const last = tap.end(ending === 'upstream_cut')
  if (last !== null && last.byteLength > 0 && !clientLeft) await writer.write(last).catch(left)
  if (!clientLeft) await writer.close().catch(left)
  return { ending: clientLeft ? 'client_left' : ending, firstByteAt }
}
