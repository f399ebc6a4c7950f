/** What the provider of the bench is to answer, told to it before each measurement. */
export type AnswerPlan =
  | { readonly kind: 'whole' }
  /** Text deltas after a wait, at a distance; each carries the time it was written at. */
  | { readonly kind: 'stream'; readonly deltas: number; readonly firstByteMs: number; readonly gapMs: number }

/** What arrived at the provider since it was last asked. */
export interface ProviderCounts {
  readonly requests: number
  /** Bytes of request bodies. */
  readonly bytes: number
}

/** Marks the writing time in a delta's text: nanoseconds of the machine's monotonic clock. */
export const TIME_MARK = '@'
