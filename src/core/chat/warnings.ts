/**
 * What a translation could not carry, collected by name while it is written. The same thing lost many times is one
 * warning with a count: `reasoning:dropped(3)`. It never logs.
 */
import type { DialectName } from '../dialects/dialect.ts'
import type { OwnValue } from './own-value.ts'

export class Warnings {
  readonly #counts = new Map<string, number>()

  /** Notes one loss, as `<what>:<what became of it>`. */
  note(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  /** True if this dialect can write the value; else its loss is noted, unless it is harmless. */
  keeps(own: OwnValue, dialect: DialectName): boolean {
    if (own.dialect === dialect) return true
    if (own.ifLost !== 'harmless') this.note(`${own.what}:dropped`)
    return false
  }

  list(): string[] {
    return [...this.#counts].map(([name, count]) => (count === 1 ? name : `${name}(${count})`))
  }
}
