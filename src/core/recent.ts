/** What was worked out lately, so that it need not be again: at most so many values, the oldest goes first. */
export class Recent<Value> {
  readonly #most: number
  readonly #known = new Map<string, Value>()

  constructor(most: number) {
    this.#most = most
  }

  get(name: string): Value | undefined {
    return this.#known.get(name)
  }

  /** @returns the value */
  keep(name: string, value: Value): Value {
    const oldest =
      this.#known.size >= this.#most && !this.#known.has(name) ? this.#known.keys().next().value : undefined
    if (oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(name, value)
    return value
  }
}
