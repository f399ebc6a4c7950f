/**
 * The words between the gateway and a team's ledger: admission, settlement, release. Money is integer nano-dollars.
 */
import type { DecisionRecord } from '../decisions/decision-record.ts'
import type { Tier } from '../tasks/task-types.ts'

/** The cold price of the dearest target that could be eligible, tier by tier; null: no target of that tier. */
export interface Quote {
  readonly expectedNano: Readonly<Record<Tier, number | null>>
  /** The worst case: every token of the output limit produced. */
  readonly worstNano: Readonly<Record<Tier, number | null>>
}

export interface AdmitRequest {
  readonly requestId: string
  /** HMAC of the virtual key, hex. */
  readonly keyHash: string
  readonly quote: Quote
  /** The policy version the gateway holds for this team; an older one is answered with the new policy. */
  readonly policyVersion: number | null
}

/** A hold on money, echoed by the gateway in settle. It survives a restart of the ledger by carrying what it holds. */
export interface Reservation {
  readonly epoch: number
  readonly requestId: string
  readonly keyId: string
  readonly amountNano: number
  readonly deadlineAt: number
}

export interface KeyIdentity {
  readonly keyId: string
  readonly keyName: string
  readonly teamId: string
  readonly teamName: string
  /** The highest tier this key may use. */
  readonly highestTier: Tier
}

export type AdmitAnswer =
  | {
      readonly admitted: true
      readonly key: KeyIdentity
      readonly reservation: Reservation
      /** The highest tier that the budgets still afford. */
      readonly affordableTier: Tier
      /** What is left under the tightest hard cap, this reservation included; null: no hard cap. */
      readonly headroomNano: number | null
      /** The team's policy as stored (JSON of the policy schema), when the gateway's copy is old or missing. */
      readonly policy: { readonly version: number; readonly json: string } | null
      /** Targets and providers that are cooling down, by id, until when. */
      readonly cooldowns: Readonly<Record<string, number>>
    }
  | { readonly admitted: false; readonly refusal: Refusal }

export type Refusal =
  | { readonly code: 'unknown_key' | 'revoked_key' | 'expired_key' }
  | {
      readonly code: 'budget_exceeded' | 'budget_reserved'
      readonly scope: 'team' | 'key'
      readonly scopeName: string
      readonly period: string
      readonly spentNano: number
      readonly reservedNano: number
      readonly limitNano: number
      /** When the period ends; null for a total. */
      readonly resetsAt: number | null
      /** For `budget_reserved`: seconds to wait, at most 60. */
      readonly retryAfterSeconds: number | null
    }

export interface SettleRequest {
  readonly reservation: Reservation
  readonly costNano: number
  /** The cost was estimated, since the provider's own usage never came. */
  readonly estimated: boolean
  readonly record: DecisionRecord
}
