/** What comes first among many, whatever order they came in: adding and taking cost the logarithm of their number. */
export class Heap<Item> {
  /** Each comes before its two children, which stand at twice its place and one or two on. */
  readonly #items: Item[] = []
  readonly #before: (one: Item, other: Item) => boolean

  constructor(before: (one: Item, other: Item) => boolean) {
    this.#before = before
  }

  get first(): Item | undefined {
    return this.#items[0]
  }

  add(item: Item): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(item, items[parent]!)) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  removeFirst(): void {
    const items = this.#items
    const moved = items.pop()
    if (moved === undefined || items.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.#before(items[child + 1]!, items[child]!)) child += 1
      if (!this.#before(items[child]!, moved)) break
      items[at] = items[child]!
      at = child
    }
    items[at] = moved
  }
}
