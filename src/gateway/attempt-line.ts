/**
 * One attempt's line to its provider: it ends when the client is known to have left, or when the first byte is too late.
 * The platform does not pass a client's departure on by itself.
 */

export class AttemptLine {
  readonly #controller = new AbortController()
  readonly #clientGone: AbortSignal
  readonly #timer: ReturnType<typeof setTimeout>
  /** Rejects when the line ends. */
  readonly #ended = Promise.withResolvers<never>()
  #timedOut = false

  /** @param silenceMs how long to wait for the first byte */
  constructor(clientGone: AbortSignal, silenceMs: number) {
    this.#ended.promise.catch(() => undefined)
    this.#clientGone = clientGone
    this.#timer = setTimeout(() => {
      this.#timedOut = true
      this.abort()
    }, silenceMs)
    clientGone.addEventListener('abort', this.abort, { once: true })
    if (clientGone.aborted) this.abort()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Why it ended before there was an answer. */
  get cause(): 'client_left' | 'timeout' | 'unreachable' {
    if (this.#clientGone.aborted) return 'client_left'
    return this.#timedOut ? 'timeout' : 'unreachable'
  }

  /** Ends the provider's call. */
  readonly abort = (): void => {
    clearTimeout(this.#timer)
    this.#ended.reject(new Error('the line to the provider was ended'))
    this.#controller.abort()
  }

  /** The first byte is here: from now on the client's departure ends it, or who watches the answer. */
  answered(): void {
    clearTimeout(this.#timer)
  }

  /** The work's result, or a rejection as soon as the line ends, whether or not the work notices. */
  until<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#ended.promise])
  }
}
