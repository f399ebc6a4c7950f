/** Which targets and providers a team's calls leave alone now, for reports. It reads memory alone. */
import type { Ledger } from './ledger-state.ts'

export interface Cooling {
  /** A target's id, or a provider's name. */
  readonly id: string
  /** Milliseconds since epoch. */
  readonly until: number
  /** Cooldowns in a row. */
  readonly rounds: number
}

/** One that only failed once, or whose time is over, is not among them. */
export function coolingNow(ledger: Ledger, now: number): Cooling[] {
  return [...ledger.cooldowns].flatMap(([id, { until, rounds }]) =>
    until === null || until <= now ? [] : [{ id, until, rounds }],
  )
}
