/**
 * One call, as it is logged, shown in headers and replayed. It holds no prompt, no answer, no key.
 */
import type { Attempt } from '../cascade/attempt.ts'
import type { Usage } from '../chat/usage.ts'
import type { DialectName } from '../dialects/dialect.ts'
import type { ReasonCode } from '../routing/reasons.ts'
import type { TaskClassification, Tier } from '../tasks/task-types.ts'

/** A target as the decision weighed it: anyone can check the arithmetic. Money in nano-dollars. */
export interface ConsideredTarget {
  readonly target: string
  readonly tier: Tier
  /** `chosen`, `dearer`, or why it was not eligible. */
  readonly verdict: string
  /** Tokens of the prompt this target has cached. */
  readonly warmTokens: number
  /** This call. */
  readonly nowNano: number | null
  /** This call and the rest of the turn. */
  readonly turnNano: number | null
}

export interface DecisionRecord {
  readonly id: string
  readonly at: number
  readonly teamId: string
  readonly keyId: string
  /** Of the key when the call was made: what reports can group by. Absent in records of earlier versions. */
  readonly tags?: Readonly<Record<string, string>>
  readonly dialect: DialectName
  readonly agent: string
  readonly sessionId: string
  readonly threadId: string
  readonly subagent: boolean
  readonly turn: number
  readonly iteration: number
  readonly task: TaskClassification
  readonly floor: Tier
  readonly ceiling: Tier
  readonly tier: Tier
  readonly target: string
  readonly provider: string
  readonly model: string
  readonly requestedModel: string
  readonly policyVersion: number
  readonly reasons: readonly ReasonCode[]
  readonly considered: readonly ConsideredTarget[]
  /** Every request that was sent for the call, in order; none where the gateway answered by itself. */
  readonly attempts: readonly Attempt[]
  /** Context tokens of the request as estimated before the call. */
  readonly contextTokens: number
  readonly turnGrowthTokens: number
  readonly sessionGrowthTokens: number
  readonly usage: Usage
  /**
   * The answer's usage, and the prompts of attempts that may have been billed though nothing came of them. null: the
   * model has no price.
   */
  readonly costNano: number | null
  /** The same call had everything gone to the reference model of the top tier, with the cache it would have had. */
  readonly baselineNano: number | null
  /** The same at the reference model of the middle tier, and at the model asked for; null too where none was named. */
  readonly baselineMiddleNano: number | null
  readonly baselineRequestedNano: number | null
  /**
   * The same call at the target that served it, with the client's own cache marks: what lies between it and a baseline
   * was saved by routing, what lies between it and the cost by caching. null: the model has no price.
   */
  readonly ownMarksNano: number | null
  /** Of the cost, what the gateway itself spent: prompts of attempts that nothing came of. */
  readonly overheadNano: number
  /** The cost rests on an estimate, because the provider's usage never came. */
  readonly estimated: boolean
  /** HTTP status the client saw. */
  readonly status: number
  /** How the call ended: `complete`, `client_left`, `upstream_cut`, `upstream_error`, `surfaced`, `blocked` ... */
  readonly ending: string
  readonly stopReason: string | null
  /** Milliseconds from the request's arrival. */
  readonly firstByteMs: number | null
  readonly totalMs: number
  /** Wait for session and ledger. */
  readonly admitMs: number
  /** What was changed in the request so that its target accepts it, and what was lost by it. */
  readonly adaptations: readonly string[]
  readonly warnings: readonly string[]
}
