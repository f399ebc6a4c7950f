/** Errors of estimates, as signed shares of the true counts, and what a table shows of them. */

/** A row of a table. Too low an estimate holds too little money: the share of those is shown beside how far off they are. */
export function shownErrors(name: string, errors: readonly number[]): Record<string, string> {
  const off = errors.map(Math.abs)
  const low = errors.filter((error) => error < -TOO_LOW).length / errors.length
  return {
    [`${name}: median`]: percent(quantile(off, 0.5)),
    p95: percent(quantile(off, 0.95)),
    'over 10% too low': percent(low),
  }
}

/** The signed one in the middle: what all estimates are off by alike. */
export function bias(errors: readonly number[]): string {
  const middle = quantile(errors, 0.5)
  return `${middle > 0 ? '+' : ''}${percent(middle)}`
}

const TOO_LOW = 0.1

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export function percent(value: number): string {
  return `${(value * 100).toFixed(1)}%`
}
