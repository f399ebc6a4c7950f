/** One request sent to one target, as the decision record keeps it. */
import type { Fault } from './classify-failure.ts'

/**
 * `refused`: the provider answered with an error that is the client's to read. `client_left`: nobody waited for the end
 * of it.
 */
export type AttemptOutcome = 'answered' | 'refused' | 'spend_limit' | 'client_left' | Fault

export interface Attempt {
  /** Target id. */
  readonly target: string
  readonly outcome: AttemptOutcome
  /** HTTP status of the provider; null: none came. */
  readonly status: number | null
  /** From sending to the first byte, or to the failure. */
  readonly ms: number
}

const SILENT: ReadonlySet<AttemptOutcome> = new Set(['unreachable', 'timeout'])

/**
 * Whether an attempt that came to nothing may be on the provider's bill: it had said it would answer, and then the bytes
 * did not come. A refusal, or no word at all, bills nothing.
 */
export function mayHaveBilled({ outcome, status }: Attempt): boolean {
  return SILENT.has(outcome) && status !== null && status < 300
}
