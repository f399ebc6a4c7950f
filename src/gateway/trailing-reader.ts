/**
 * Reads a copy of a stream that somebody else carries, a little behind it: what came since the last look is read at once,
 * and then it rests. The bytes are the taker's for the time of its call only.
 */

/** A longer rest leaves more of a fast stream in memory, a shorter one wakes the Worker more often. */
const REST_MS = 200
const LOOK_BYTES = 16 * 1024

export class TrailingReader {
  /** Resolves, never rejects, when the stream has ended. */
  readonly done: Promise<void>
  #take: ((bytes: Uint8Array) => void) | null
  #restless = false
  #endRest: (() => void) | null = null
  #tellRead: (() => void) | null = null

  constructor(stream: ReadableStream<Uint8Array>, take: (bytes: Uint8Array) => void) {
    this.#take = take
    this.done = this.#read(stream.getReader({ mode: 'byob' })).catch(() => undefined)
  }

  /** Reads on without a rest. True once more was taken; false when nothing came for so long. */
  more(waitMs: number): Promise<boolean> {
    this.#restless = true
    this.#endRest?.()
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), waitMs)
      this.#tellRead = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  }

  /** Nothing is taken any more; the rest of the stream is let go. */
  stop(): void {
    this.#take = null
    this.#restless = true
  }

  async #read(reader: ReadableStreamBYOBReader): Promise<void> {
    let view = new Uint8Array(LOOK_BYTES)
    for (;;) {
      const { done, value }: ReadableStreamReadResult<Uint8Array<ArrayBuffer>> = await reader.read(view)
      if (done) return
      this.#take?.(value)
      this.#tellRead?.()
      if (value.byteLength < LOOK_BYTES && !this.#restless) await this.#rest()
      view = new Uint8Array(value.buffer)
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, REST_MS)
      this.#endRest = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
