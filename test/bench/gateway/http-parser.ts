/**
 * Reads HTTP/1.1 messages from a socket, requests and answers alike, with as little work as possible: what measures must
 * cost less than what is measured. Bodies are announced by length or chunked; nothing else occurs on a loopback bench.
 */
export interface MessageEvents {
  /** The first line and the header lines, as they came. */
  head(head: string): void
  body(bytes: Buffer): void
  end(): void
}

type State = 'head' | 'fixed' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer'

const HEAD_END = Buffer.from('\r\n\r\n')

export class HttpParser {
  readonly #events: MessageEvents
  #state: State = 'head'
  /** Bytes of an unfinished head or line. */
  #held: Buffer = Buffer.alloc(0)
  #left = 0

  constructor(events: MessageEvents) {
    this.#events = events
  }

  /** @throws Error when the bytes are no HTTP */
  push(input: Buffer): void {
    let bytes = this.#held.length === 0 ? input : Buffer.concat([this.#held, input])
    this.#held = Buffer.alloc(0)
    while (bytes.length > 0) {
      const taken = this.#step(bytes)
      if (taken === 0) {
        this.#held = bytes
        return
      }
      bytes = bytes.subarray(taken)
    }
  }

  /** Returns how many bytes it took; 0: it needs more to go on. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#head(bytes)
      case 'fixed':
      case 'chunk':
        return this.#data(bytes)
      default:
        return this.#line(bytes)
    }
  }

  #head(bytes: Buffer): number {
    const end = bytes.indexOf(HEAD_END)
    if (end < 0) return 0
    const head = bytes.toString('latin1', 0, end)
    this.#events.head(head)
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#state = 'chunk-size'
    else {
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
      this.#left = Number(length ?? 0)
      this.#state = 'fixed'
      if (this.#left === 0) this.#finish()
    }
    return end + HEAD_END.length
  }

  #data(bytes: Buffer): number {
    const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left)
    this.#left -= part.length
    this.#events.body(part)
    if (this.#left === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk-end'
      else this.#finish()
    }
    return part.length
  }

  #line(bytes: Buffer): number {
    const end = bytes.indexOf(0x0a)
    if (end < 0) return 0
    if (this.#state === 'chunk-end') this.#state = 'chunk-size'
    else if (this.#state === 'chunk-size') {
      this.#left = Number.parseInt(bytes.toString('latin1', 0, end), 16)
      if (Number.isNaN(this.#left)) throw new Error('a chunk has no size')
      this.#state = this.#left === 0 ? 'trailer' : 'chunk'
    } else if (end <= 1) this.#finish()
    return end + 1
  }

  #finish(): void {
    this.#state = 'head'
    this.#events.end()
  }
}
