/** What the load generator is asked to do, and what it saw. Times in microseconds unless their name says otherwise. */
export interface LoadJob {
  readonly port: number
  readonly path: string
  readonly headers: readonly string[]
  /** Files that hold the bodies of one conversation, in order: each connection sends them one after the other. */
  readonly bodies: readonly string[]
  readonly connections: number
  /** Requests of this first part are sent and answered like the rest, and left out of the times. */
  readonly warmUpMs: number
  /** Stops after this time; absent: after one request for each connection. */
  readonly durationMs?: number
  /** A wait before each request: a client that thinks. */
  readonly pauseMs?: number
  /** A request that has not ended by then has failed. */
  readonly timeoutMs: number
}

export interface Quantiles {
  readonly p50: number
  readonly p99: number
  readonly most: number
}

export interface LoadResult {
  /** All that were answered with 200 to the end, warm-up included. */
  readonly answered: number
  /** Those of them that are in the times. */
  readonly counted: number
  /** Wrong status, broken connection, time-out. */
  readonly failed: number
  /** What the first failure was; '' if none. */
  readonly problem: string
  /** Answered after the warm-up, by second. */
  readonly perSecond: number
  readonly total: Quantiles
  readonly firstByte: Quantiles
  /** From the provider's write of a delta to the client's read of it. */
  readonly relay: Quantiles
  readonly deltas: number
}

/** Null-safe on an empty list: NaN. */
export function quantilesOf(samples: number[]): Quantiles {
  const sorted = Float64Array.from(samples).sort()
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { p50: at(0.5), p99: at(0.99), most: sorted.at(-1) ?? NaN }
}
