/**
 * A ledger's outbox as it stands in memory beside its rows: while nothing else is unsent, a batch is sent without
 * reading back what was written a moment ago. The rows are what counts; this only spares reading them.
 */

/** A row of the outbox as it is sent. */
export interface StoredMessage {
  readonly seq: number
  readonly requestId: string | null
  readonly rememberUntil: number
  readonly body: string
}

/** A batch of a queue. */
export interface BatchLimit {
  readonly count: number
  readonly bytes: number
}

/** Characters; beyond it, as when a queue takes nothing for long, rows alone hold what is unsent. */
const MOST_KEPT = 1_000_000

export class UnsentMessages {
  #kept: StoredMessage[] = []
  #size = 0
  /** Every unsent row is here, too. */
  #complete: boolean

  /** @param noneStored the outbox has no rows yet */
  constructor(noneStored: boolean) {
    this.#complete = noneStored
  }

  /** A row was written. */
  add(message: StoredMessage): void {
    if (!this.#complete) return
    this.#kept.push(message)
    this.#size += message.body.length
    if (this.#size > MOST_KEPT) this.#forget()
  }

  /**
   * The rows up to this one are gone.
   * @param noneStored asked only where memory does not know
   */
  sent(upTo: number, noneStored: () => boolean): void {
    if (!this.#complete) {
      this.#complete = noneStored()
      return
    }
    const gone = this.#kept.findIndex(({ seq }) => seq > upTo)
    this.#kept = gone === -1 ? [] : this.#kept.slice(gone)
    this.#size = this.#kept.reduce((size, { body }) => size + body.length, 0)
  }

  /** The oldest unsent messages; null: only their rows tell. */
  oldest(limit: BatchLimit): StoredMessage[] | null {
    return this.#complete ? fitting(this.#kept, limit) : null
  }

  #forget(): void {
    this.#kept = []
    this.#size = 0
    this.#complete = false
  }
}

/** The first of the messages, as many as one batch takes, but never none. */
export function fitting(messages: Iterable<StoredMessage>, { count, bytes }: BatchLimit): StoredMessage[] {
  const taken: StoredMessage[] = []
  let size = 0
  for (const message of messages) {
    // A character of JSON is at most three bytes; records are nearly all ASCII, so this is a bound with room.
    size += message.body.length
    if (taken.length === count || (taken.length > 0 && size > bytes)) break
    taken.push(message)
  }
  return taken
}
