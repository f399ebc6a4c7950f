/**
 * The bytes of an event whose end has not come yet, and where events end. An event ends with an empty line. Lines end in
 * LF or CRLF, as nearly everyone writes them, or in CR alone: the first of a stream tells.
 */

/** Pictures come in events of several megabytes; what goes on beyond this is no event, and would fill the memory. */
const MOST_BYTES = 16 * 1024 * 1024

const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a

export class UnfinishedEvent {
  #buffer = new Uint8Array(1024)
  #length = 0
  /** Bytes at the beginning that the client has already. */
  #released = 0
  /** The last line, up to here, holds something. */
  #lineBegun = false
  /** The last byte of a line's end; null: none has come yet. */
  #lineEnd: number | null = null
  /** All there is of a line's end is a CR: a LF may follow. */
  #returned = false

  get length(): number {
    return this.#length
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
    this.#released = 0
    this.#lineBegun = false
  }

  /** @throws RangeError when the event is larger than any that a provider writes */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const length = this.#length + bytes.length
    if (length > MOST_BYTES) throw new RangeError('an event goes on without an end')
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2))
      larger.set(this.bytes())
      this.#buffer = larger
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
    const lastLine = bytes.lastIndexOf(this.#lineEnd ?? LF) + 1
    this.#lineBegun = (lastLine === 0 && this.#lineBegun) || !isEmptyLine(bytes, lastLine, bytes.length)
  }

  /** Index in the chunk after the empty line that ends the event which goes on at `start`; -1 if it does not end here. */
  eventEnd(chunk: Uint8Array, start: number): number {
    const lineEnd = this.#lineEnd ?? this.#learn(chunk)
    let begun = start === 0 && this.#lineBegun
    let line = start
    for (let newline = chunk.indexOf(lineEnd, line); newline !== -1; newline = chunk.indexOf(lineEnd, line)) {
      if (!begun && isEmptyLine(chunk, line, newline)) return newline + 1
      begun = false
      line = newline + 1
    }
    return -1
  }

  /** How the stream's lines end; a CR that is the last byte so far says nothing yet. */
  #learn(chunk: Uint8Array): number {
    const [cr, lf] = [chunk.indexOf(CR), chunk.indexOf(LF)]
    if (this.#returned && chunk.length > 0 && lf !== 0) {
      this.#lineEnd = CR
      this.#lineBegun = false
    } else if (cr !== -1 && cr < chunk.length - 1 && (lf === -1 || lf > cr + 1)) this.#lineEnd = CR
    else if (lf !== -1) this.#lineEnd = LF
    else this.#returned = cr !== -1
    return this.#lineEnd ?? LF
  }

  /** A copy of what the client does not have yet; null if it has all. */
  waiting(): Uint8Array | null {
    return this.#released < this.#length ? this.#buffer.slice(this.#released, this.#length) : null
  }

  /** Whole comment lines at the beginning can go at once: they keep a connection alive and carry nothing. */
  releaseComments(): Uint8Array | null {
    const from = this.#released
    while (this.#buffer[this.#released] === COLON && this.#released < this.#length) {
      const newline = this.#buffer.subarray(0, this.#length).indexOf(this.#lineEnd ?? LF, this.#released)
      if (newline === -1) break
      this.#released = newline + 1
    }
    return this.#released > from ? this.#buffer.slice(from, this.#released) : null
  }
}

function isEmptyLine(bytes: Uint8Array, start: number, end: number): boolean {
  return end === start || (end === start + 1 && bytes[start] === CR)
}
