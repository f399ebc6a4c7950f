/** Calls that wait a moment for a message on its way, by the name of what it brings. Nothing of it is durable. */
export class Arrivals {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** Resolves when it arrives, or after so long. */
  wait(name: string, atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(name) ?? new Set()
      this.#waiting.set(name, waiting)
      const done = (): void => {
        clearTimeout(timer)
        waiting.delete(done)
        if (waiting.size === 0) this.#waiting.delete(name)
        resolve()
      }
      const timer = setTimeout(done, atMostMs)
      waiting.add(done)
    })
  }

  arrived(name: string): void {
    for (const done of this.#waiting.get(name) ?? []) done()
  }
}
