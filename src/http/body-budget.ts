/**
 * What this isolate keeps of request bodies at once. An isolate has 128 MB for everything, so a body that would not fit
 * beside those already here is refused with a time to come back, instead of ending every call that runs.
 */
export class BodyBudget {
  readonly #mostBytes: number
  #keptBytes = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  get keptBytes(): number {
    return this.#keptBytes
  }

  /** False: they do not fit now, and nothing was taken. */
  take(bytes: number): boolean {
    if (this.#keptBytes + bytes > this.#mostBytes) return false
    this.#keptBytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#keptBytes -= bytes
  }
}

/** One call's part of the budget, kept as long as any of its work runs: a body may be sent again until the end. */
export class BodyLease {
  readonly #budget: BodyBudget
  #bytes = 0
  #holders = 0

  constructor(budget: BodyBudget) {
    this.#budget = budget
  }

  /** False: there is no room for so many more. */
  take(bytes: number): boolean {
    const taken = this.#budget.take(bytes)
    if (taken) this.#bytes += bytes
    return taken
  }

  /** The bytes are dropped already. */
  giveBack(): void {
    this.#budget.give(this.#bytes)
    this.#bytes = 0
  }

  /** Keeps the part until the work has ended, however it ends. */
  holdUntil(work: Promise<unknown>): void {
    this.#holders++
    const ended = (): void => {
      if (--this.#holders === 0) this.giveBack()
    }
    work.then(ended, ended)
  }
}
