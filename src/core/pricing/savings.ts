/**
 * How much less a call cost than its baseline, split by cause. The parts add up to the whole; a loss is negative.
 */

export interface SavingsInput {
  /** The same call at the baseline's model with the client's own cache marks, nano-dollars. */
  readonly baselineNano: number
  /** The same call at the model that served it, still with the client's own cache marks. */
  readonly servedPlainNano: number
  /** The same call at the model that served it, caches as they were, at the interactive price. */
  readonly servedNano: number
  /** What was billed: `servedNano`, or half of it in a batch. */
  readonly billedNano: number
  /** What the gateway itself spent on the call: retries of a cascade, judges. */
  readonly overheadNano: number
}

export interface Savings {
  /** By another model. */
  readonly routingNano: number
  /** By cache marks the client had not set. */
  readonly cachingNano: number
  readonly batchNano: number
  /** All of it, the gateway's own costs taken off. */
  readonly netNano: number
}

/** Splits what a call saved against one baseline into routing, caching and batch. */
export function savingsOf(input: SavingsInput): Savings {
  return {
    routingNano: input.baselineNano - input.servedPlainNano,
    cachingNano: input.servedPlainNano - input.servedNano,
    batchNano: input.servedNano - input.billedNano,
    netNano: input.baselineNano - input.billedNano - input.overheadNano,
  }
}
