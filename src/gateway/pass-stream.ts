/**
 * A stream of which every byte passes as it is. The runtime carries it from the provider to the client by itself: waking
 * a Worker costs several times what carrying a chunk does. The tap is shown a copy, many events at a time, and the end of
 * the stream stays ours, so that one that was cut can be told to be, and one that is stopped ends as an answer does.
 */
import type { BegunStream, RelayContext, RelayResult, Tap } from './relay-answer.ts'
import type { StreamWatch } from './stream-watch.ts'
import { TrailingReader } from './trailing-reader.ts'

/** What lies in memory is there long before. It is waited for only at the end of a stream that is not whole. */
const NOTHING_MORE_MS = 20

type PassiveTap = Tap & Required<Pick<Tap, 'passive'>>

interface WatchedContext extends RelayContext {
  readonly watch: StreamWatch
}

interface PassedStream {
  readonly body: ReadableStream<Uint8Array>
  /** Resolves, never rejects, when no byte will follow. */
  readonly ended: Promise<RelayResult>
}

/**
 * The copy holds nobody up and runs nobody's bytes ahead: the runtime reads on for it only once the client has taken what
 * was there, and what is not read yet waits for as long as `TrailingReader` rests.
 */
export function passStream(stream: BegunStream, tap: PassiveTap, context: WatchedContext): PassedStream {
  const { readable, writable } = new IdentityTransformStream()
  // The first branch is given the runtime's read buffers, however little is in them; what waits in the second is cut to
  // size. https://github.com/capnproto/capnproto/blob/v2/c++/src/kj/async-io.c++ (AsyncTee)
  const [body, copy] = readable.tee()
  return { body, ended: pass(stream, { ...context, tap, writable, copy }) }
}

interface Passing extends WatchedContext {
  readonly tap: PassiveTap
  readonly writable: WritableStream<Uint8Array>
  readonly copy: ReadableStream<Uint8Array>
}

async function pass(
  stream: BegunStream,
  { tap, watch, writable, copy, now, clientGone, abort }: Passing,
): Promise<RelayResult> {
  const firstByteAt = now()
  const { passive, stop } = tap
  const unreadable = new AbortController()
  const show = (bytes: Uint8Array): void => {
    watch.pieces += 1
    try {
      tap.push(bytes)
    } catch {
      // What nobody can read nobody can count: it ends here, as a stream that was cut.
      unreadable.abort()
      abort()
    }
  }
  const shown = new TrailingReader(copy, show, () => passive.restMs())
  stop?.signal.addEventListener('abort', abort, { once: true })
  if (stop?.signal.aborted === true) abort()
  const cut = await carried(stream, writable)
  const client = writable.getWriter()
  // The copy does not tell where it ends before the stream is closed, and then nothing can be added any more. Whatever
  // the provider sent is in it by now.
  let seen: Awaited<ReturnType<TrailingReader['next']>> = 'some'
  while (seen === 'some' && !unreadable.signal.aborted && !passive.whole()) seen = await shown.next(NOTHING_MORE_MS)
  const stopped = cut && stop?.signal.aborted === true && !passive.whole()
  if (seen === 'some' && !unreadable.signal.aborted) {
    client.close().catch(() => undefined)
    await shown.toEnd()
    tap.end(watch.silent)
  } else {
    shown.stop()
    const last = stopped ? stop.end() : tap.end(watch.silent)
    if (last !== null) client.write(last).catch(() => undefined)
    client.close().catch(() => undefined)
  }
  const ending = stopped ? 'stopped' : cut ? 'upstream_cut' : 'complete'
  return { ending: clientGone.aborted ? 'client_left' : ending, firstByteAt }
}

/** Resolves when the provider sends no more; true: its body ended in an error, as it does after the client has left. */
async function carried({ first, rest }: BegunStream, writable: WritableStream<Uint8Array>): Promise<boolean> {
  const writer = writable.getWriter()
  writer.write(first).catch(() => undefined)
  writer.releaseLock()
  return rest.pipeTo(writable, { preventClose: true, preventAbort: true }).then(
    () => false,
    () => true,
  )
}
