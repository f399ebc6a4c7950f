/** Conditions of a query that may each be left out: only those that were asked for are in the text, so indexes serve. */
export class Conditions {
  readonly #texts: string[] = []
  readonly #values: (string | number)[] = []

  /**
   * @param text SQL with a `?` for each value; never anything a client sent
   * @param values null or undefined in any of them: the condition was not asked for
   */
  add(text: string, ...values: readonly (string | number | null | undefined)[]): this {
    const given = values.filter((value) => value !== null && value !== undefined)
    if (given.length < values.length) return this
    this.#texts.push(`(${text})`)
    this.#values.push(...given)
    return this
  }

  /** As in `WHERE (a = ?) AND (b = ?)`; '' where nothing was asked. */
  get where(): string {
    return this.#texts.length === 0 ? '' : `WHERE ${this.#texts.join(' AND ')}`
  }

  get values(): readonly (string | number)[] {
    return this.#values
  }
}

/** Where a page ended: only what comes after it, newest first, is asked for. */
export interface Position {
  readonly at: number
  readonly id: string
}
