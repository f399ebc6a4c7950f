/**
 * What only one dialect can say: kept as it came, so that the same dialect can write it again, and named when another
 * one has to leave it out. It is never interpreted.
 */
import type { DialectName } from '../dialects/dialect.ts'

/**
 * What it means for an answer when the value is left out. `harmless`: nothing. `warned`: less than was asked for, which
 * is said by name. `refused`: the answer would be wrong, so that no other dialect can serve the request.
 */
export type IfLost = 'harmless' | 'warned' | 'refused'

export interface OwnValue {
  readonly dialect: DialectName
  /** The name in warnings and refusals, such as `web_search` or `previous_response_id`. */
  readonly what: string
  readonly value: unknown
  readonly ifLost: IfLost
}
