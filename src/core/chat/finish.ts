/** Why an answer ended, in words of no dialect. */
export type FinishReason =
  | 'end'
  | 'tool-calls'
  | 'max-output'
  | 'context-full'
  | 'stop-sequence'
  | 'refusal'
  | 'content-filter'
  | 'pause'

export interface Finish {
  readonly reason: FinishReason
  readonly stopSequence: string | null
  /** What the provider says about a refusal. */
  readonly refusal: { readonly category: string | null; readonly explanation: string | null } | null
}

/** An ending that needs no more words. */
export function finishOf(reason: FinishReason): Finish {
  return { reason, stopSequence: null, refusal: null }
}
