/** Counts of truth against prediction, and the figures read off them. */
export class Confusion {
  readonly labels: readonly string[]
  /** labels x labels, row by row: truth, then prediction. */
  readonly counts: Float64Array

  constructor(labels: readonly string[]) {
    this.labels = labels
    this.counts = new Float64Array(labels.length ** 2)
  }

  count(truth: string, predicted: string): void {
    const cell = this.labels.indexOf(truth) * this.labels.length + this.labels.indexOf(predicted)
    this.counts[cell] = (this.counts[cell] ?? 0) + 1
  }

  addAll(other: Confusion): void {
    for (let cell = 0; cell < this.counts.length; cell++) this.counts[cell] = this.at(cell) + other.at(cell)
  }

  cell(truth: number, predicted: number): number {
    return this.at(truth * this.labels.length + predicted)
  }

  truths(label: number): number {
    return this.sum((cell) => Math.floor(cell / this.labels.length) === label)
  }

  predictions(label: number): number {
    return this.sum((cell) => cell % this.labels.length === label)
  }

  total(): number {
    return this.sum(() => true)
  }

  private at(cell: number): number {
    return this.counts[cell] ?? 0
  }

  private sum(wanted: (cell: number) => boolean): number {
    return this.counts.reduce((sum, count, cell) => (wanted(cell) ? sum + count : sum), 0)
  }
}

export interface Figures {
  readonly accuracy: number
  /** Mean F1 of the labels that occur in the truth. */
  readonly macroF1: number
  /** Cohen's kappa: 0 is what the same mix of answers would reach by chance, 1 is always right. */
  readonly kappa: number
  /** For ordered labels: predicted below, and above, the truth. */
  readonly under: number
  readonly over: number
}

/** The figures of a table. Where the labels have no order, `under` and `over` mean nothing. */
export function figuresOf(confusion: Confusion): Figures {
  const size = confusion.labels.length
  const rows = Array.from({ length: size }, (_, label) => confusion.truths(label))
  const columns = Array.from({ length: size }, (_, label) => confusion.predictions(label))
  const total = rows.reduce((sum, count) => sum + count, 0)
  let right = 0
  let under = 0
  for (let truth = 0; truth < size; truth++) {
    right += confusion.cell(truth, truth)
    for (let predicted = 0; predicted < truth; predicted++) under += confusion.cell(truth, predicted)
  }
  const scores = rows.flatMap((count, label) => {
    return count === 0 ? [] : [(2 * confusion.cell(label, label)) / (count + (columns[label] ?? 0))]
  })
  const chance = rows.reduce((sum, count, label) => sum + (count * (columns[label] ?? 0)) / total ** 2, 0)
  const accuracy = right / total
  return {
    accuracy,
    macroF1: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    kappa: chance === 1 ? 0 : (accuracy - chance) / (1 - chance),
    under: under / total,
    over: 1 - accuracy - under / total,
  }
}

export type Interval = readonly [low: number, high: number]

/** 95% intervals by drawing whole clusters anew, with a seed of its own: the same table gives the same intervals. */
export function bootstrap(clusters: readonly Confusion[], draws = 1_000): Record<keyof Figures, Interval> {
  const first = clusters[0] as Confusion
  const random = seeded(20_261)
  const drawn: Figures[] = []
  for (let draw = 0; draw < draws; draw++) {
    const table = new Confusion(first.labels)
    for (let i = 0; i < clusters.length; i++)
      table.addAll(clusters[Math.floor(random() * clusters.length)] as Confusion)
    drawn.push(figuresOf(table))
  }
  const interval = (name: keyof Figures): Interval => {
    const values = drawn.map((figures) => figures[name]).sort((a, b) => a - b)
    return [values[Math.floor(draws * 0.025)] ?? 0, values[Math.ceil(draws * 0.975) - 1] ?? 0]
  }
  return {
    accuracy: interval('accuracy'),
    macroF1: interval('macroF1'),
    kappa: interval('kappa'),
    under: interval('under'),
    over: interval('over'),
  }
}

/** Mulberry32: small, even, and the same on every machine. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
