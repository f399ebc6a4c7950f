/**
 * Sees to it that a begun stream comes to an end, whether or not the runtime tells of a client that has left. It looks at
 * it from time to time and is on the way of no byte: an answer whose end was read is settled although the provider keeps
 * its line open, and a line on which nothing comes any more is ended, also where it is the client that takes nothing.
 */
import { isWhole, lookAtStream, type StreamLife } from '../core/metering/stream-life.ts'
import type { Relay, RelayContext, RelayResult } from './relay-answer.ts'

/** Between two looks; more often only where a short silence is allowed. */
const LOOK_MS = 2_000
const LOOKS_A_SILENCE = 4
/** A relay ends soon after its provider's line, unless its client takes no more. */
const LAST_BYTES_MS = 1_000

export class StreamWatch {
  readonly #context: RelayContext
  readonly #early = Promise.withResolvers<RelayResult>()
  readonly #firstByteAt: number
  readonly #timer: ReturnType<typeof setInterval>
  #life: StreamLife
  /** Pieces seen until now; counted by whoever sees them. */
  pieces = 1
  #silent = false

  constructor(context: RelayContext) {
    this.#context = context
    this.#firstByteAt = context.now()
    this.#life = { seen: { pieces: this.pieces, reading: null }, livedAt: this.#firstByteAt }
    this.#timer = setInterval(() => this.#look(), Math.min(LOOK_MS, context.silenceMs / LOOKS_A_SILENCE))
  }

  /** The line was ended here, since nothing had come for too long. */
  get silent(): boolean {
    return this.#silent
  }

  /** @param relayed how the stream ended, once all of it has passed */
  over(relayed: Promise<RelayResult>): Omit<Relay, 'body'> {
    const closed = relayed.then((result): RelayResult => {
      clearInterval(this.#timer)
      return this.#silent && result.ending === 'upstream_cut' ? { ...result, ending: 'silent' } : result
    })
    return { done: Promise.race([this.#early.promise, closed]), closed }
  }

  #look(): void {
    const { now, abort, silenceMs, reading } = this.#context
    const seen = { pieces: this.pieces, reading: reading?.() ?? null }
    const { life, step } = lookAtStream(this.#life, seen, { silenceMs, now: now() })
    this.#life = life
    if (step === 'none') return
    const firstByteAt = this.#firstByteAt
    if (step === 'settle') return this.#early.resolve({ ending: 'complete', firstByteAt })
    clearInterval(this.#timer)
    this.#silent = !isWhole(seen)
    abort()
    setTimeout(() => this.#early.resolve({ ending: this.#silent ? 'silent' : 'complete', firstByteAt }), LAST_BYTES_MS)
  }
}
