/**
 * Reads a copy of a stream that somebody else carries, a little behind it: it rests, and then what came meanwhile is read
 * at once. The bytes are the taker's for the time of its call only.
 */

const LOOK_BYTES = 16 * 1024
/** A look that finds more than this comes late: the next one comes sooner, so that little lies in memory meanwhile. */
const MUCH_BYTES = 256 * 1024
/** Until the first look nobody knows how fast the stream is. */
const FIRST_REST_MS = 50

export class TrailingReader {
  readonly #reader: ReadableStreamBYOBReader
  readonly #restMs: () => number
  #take: (bytes: Uint8Array) => void
  #view = new Uint8Array(LOOK_BYTES)
  /** Resolves with the count of bytes, 0 at the end of the stream; null: nothing is asked for. */
  #reading: Promise<number> | null = null
  #rest: ReturnType<typeof setTimeout> | null = null
  #lastRestMs: number
  #hurried = false

  /** @param restMs asked for before each rest; 0: none, what comes is read as it comes */
  constructor(stream: ReadableStream<Uint8Array>, take: (bytes: Uint8Array) => void, restMs: () => number) {
    this.#reader = stream.getReader({ mode: 'byob' })
    this.#restMs = restMs
    this.#take = take
    this.#lastRestMs = FIRST_REST_MS
    this.#restThenRead(MUCH_BYTES)
  }

  /**
   * Takes what comes next without a rest; from here on nothing is read unless it is asked for. `all`: of what was there at
   * the call nothing is left. `some`: there may be more. `none`: nothing came for so long.
   */
  async next(waitMs: number): Promise<'all' | 'some' | 'none'> {
    this.#hurry()
    // What was asked for before the call may be answered by the first of several chunks.
    const fresh = this.#reading === null
    const { promise: late, resolve } = Promise.withResolvers<null>()
    const timer = setTimeout(() => resolve(null), waitMs)
    const bytes = await Promise.race([this.#read(), late])
    clearTimeout(timer)
    if (bytes === null) return 'none'
    return fresh && bytes < LOOK_BYTES ? 'all' : 'some'
  }

  /** Takes all up to the end of the stream. */
  async toEnd(): Promise<void> {
    this.#hurry()
    while ((await this.#read()) > 0) continue
  }

  /** Nothing is taken any more. */
  stop(): void {
    this.#hurry()
    this.#take = () => {}
  }

  #hurry(): void {
    this.#hurried = true
    if (this.#rest !== null) clearTimeout(this.#rest)
  }

  /** @param found bytes, after the last rest */
  #restThenRead(found: number): void {
    if (this.#hurried) return
    const soonerMs = Math.max(1, Math.ceil((this.#lastRestMs * MUCH_BYTES) / found))
    this.#lastRestMs = Math.min(this.#restMs(), soonerMs)
    this.#rest = setTimeout(() => void this.#readOn(), this.#lastRestMs)
  }

  async #readOn(): Promise<void> {
    let bytes = LOOK_BYTES
    let found = 0
    while (bytes > 0 && (bytes === LOOK_BYTES || this.#restMs() === 0) && !this.#hurried) {
      bytes = await this.#read()
      found += bytes
    }
    if (bytes > 0) this.#restThenRead(found)
  }

  #read(): Promise<number> {
    this.#reading ??= this.#reader.read(this.#view).then(
      ({ done, value }) => {
        this.#reading = null
        if (done) return 0
        this.#view = new Uint8Array(value.buffer as ArrayBuffer)
        this.#take(value)
        return value.byteLength
      },
      () => 0,
    )
    return this.#reading
  }
}
