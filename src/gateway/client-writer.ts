/** The client's end of a stream that is written by the gateway. */
import { joined } from '../core/joined-bytes.ts'

/**
 * A chunk is written as soon as the one before it was taken; what comes in meanwhile is
 * written together, so that a fast provider costs no write for each of its events.
 */
export class ClientWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  /** Null: what was written was taken. */
  #writing: Promise<void> | null = null
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #left = false
  #onLeft: (() => void) | null = null

  constructor(writable: WritableStream<Uint8Array>) {
    this.#writer = writable.getWriter()
    // `closed` rejects when the client goes away between two chunks; a write rejects when it goes away at one.
    this.#writer.closed.catch(() => this.#leave())
  }

  get left(): boolean {
    return this.#left
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  onLeft(act: () => void): void {
    this.#onLeft = act
  }

  write(bytes: Uint8Array): void {
    if (this.#left) return
    if (this.#writing === null) {
      this.#writing = this.#writer.write(bytes).then(this.#taken, this.#leave)
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.byteLength
  }

  /** Everything was taken, or the client has left. */
  async drained(): Promise<void> {
    while (this.#writing !== null) await this.#writing
  }

  async close(): Promise<void> {
    await this.drained()
    if (!this.#left) await this.#writer.close().catch(this.#leave)
  }

  readonly #taken = (): void => {
    this.#writing = null
    if (this.#waiting.length === 0) return
    const bytes = joined(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    this.write(bytes)
  }

  readonly #leave = (): void => {
    this.#writing = null
    this.#waiting = []
    this.#waitingBytes = 0
    if (this.#left) return
    this.#left = true
    this.#onLeft?.()
  }
}
