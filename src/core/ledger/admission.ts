/**
 * The words between the gateway and a team's ledger: admission, extension, settlement, release. Money is integer
 * nano-dollars, times are milliseconds since epoch.
 */
import type { DecisionRecord } from '../decisions/decision-record.ts'
import type { Tier } from '../tasks/task-types.ts'
import type { BudgetStanding, OnExceed } from './budget.ts'
import type { LeftHeir } from './heirs.ts'
import type { RateStanding, RateStop } from './rate-limits.ts'

/** The cold price of the dearest target that could be eligible, tier by tier; null: no target of that tier. */
export interface Quote {
  readonly expectedNano: Readonly<Record<Tier, number | null>>
  /** The worst case: every token of the output limit produced. */
  readonly worstNano: Readonly<Record<Tier, number | null>>
  /** What can still be produced between a refused extension and the provider noticing the abort; 0 if absent. */
  readonly guardNano?: number | Readonly<Record<Tier, number>>
  /** The tiers at which output may be produced that nobody sees: it cannot be extended, so it is held beforehand. */
  readonly unseen?: Readonly<Record<Tier, boolean>>
  /** The kind of call as far as it can be guessed (task and size, say): what is learned is learned per kind. */
  readonly kind?: string
}

export interface AdmitRequest {
  readonly requestId: string
  /** HMAC of the virtual key, hex. */
  readonly keyHash: string
  /** Name of the call's session, as `Keys.sessionName` makes it; null or absent: no session's budget is over the call. */
  readonly session?: string | null
  /** The session is named by the stored answer that the call goes on from: it may have been left to another one. */
  readonly goesOn?: boolean
  readonly quote: Quote
  /** The policy version the gateway holds for this team, which the quote was made by; an old one is answered with the new policy. */
  readonly policyVersion: number | null
  /** The same of the team's starting values (`session/starting-values.ts`); absent: they are not wanted. */
  readonly startingVersion?: number | null
  /** The version of the key's policy override that the gateway holds; null: none. Absent: it is not asked for. */
  readonly overrideVersion?: number | null
  /** How long the ledger waits without hearing of the call before it charges the estimate; 5 minutes if absent, and at most. */
  readonly silenceMs?: number
}

/** A hold on money, echoed by the gateway in settle. It survives a restart of the ledger by carrying what it holds. */
export interface Reservation {
  readonly epoch: number
  readonly requestId: string
  readonly keyId: string
  /** The session that the call is charged to, which may be another one than it was asked for under. */
  readonly session: string | null
  readonly amountNano: number
  /** Held beside the amount while the call runs, never part of what an expired call is charged. */
  readonly guardNano: number
  readonly deadlineAt: number
}

export interface KeyIdentity {
  readonly keyId: string
  readonly keyName: string
  readonly teamId: string
  readonly teamName: string
  readonly owner: string | null
  readonly tags: Readonly<Record<string, string>>
  /** Models or targets this key may use, by id; null: all. */
  readonly allowedModels: readonly string[] | null
  /** The highest tier this key may use. */
  readonly highestTier: Tier
}

/** A key's policy override as stored, JSON of a partial policy; null: it has none any more. */
export interface StoredOverride {
  readonly version: number
  readonly json: string | null
}

/** What is newer at the ledger than at the gateway that asks; each null where its copy is the newest, or there is none. */
export interface Brought {
  /** The team's policy as stored (JSON of the policy schema). */
  readonly policy: { readonly version: number; readonly json: string } | null
  /** The key's own part of a policy. */
  readonly override: StoredOverride | null
  /** What the team's log has taught for sessions without a history. */
  readonly starting: { readonly version: number; readonly json: string } | null
}

export type AdmitAnswer =
  | ({
      readonly admitted: true
      readonly key: KeyIdentity
      readonly reservation: Reservation
      /** Of the reservation, what such calls cost: less than it where output that nobody sees is held beforehand. */
      readonly usualNano: number
      /** The highest tier that the budgets still afford. */
      readonly affordableTier: Tier
      /** Tiers the key might use and a hard budget has no room for, each with the budget that would refuse it. */
      readonly unaffordable: Readonly<Partial<Record<Tier, BudgetRefusal>>>
      /** Tokens (reference) of what a provider holds for the call, by the last count; null: not known here. */
      readonly heldTokens: number | null
      /** What is left under the tightest hard cap, this reservation included; null: no hard cap. */
      readonly headroomNano: number | null
      /** What the tightest hard cap does when it is reached; null: no hard cap. */
      readonly onExceed: OnExceed | null
      /** What is left of the key's and its team's rate limits after this call; null: they have none. */
      readonly rates: RateStanding | null
      /** Targets and providers that are cooling down, by id, until when. */
      readonly cooldowns: Readonly<Record<string, number>>
      /** Those of them whose time is over, and which this call alone may try: its result decides for all. */
      readonly probing: readonly string[]
    } & Brought)
  | QuotedByOldPolicy
  | { readonly admitted: false; readonly refusal: Refusal }

/**
 * A hard budget is over the call, and its quote was made by an older policy or override than it will be decided with:
 * nothing was decided, counted or held. It is to be asked again, with a quote by what is brought here.
 */
export type QuotedByOldPolicy = {
  readonly admitted: false
  readonly refusal: { readonly code: 'old_policy' }
} & Brought

export type IdentifyRequest = Pick<AdmitRequest, 'keyHash' | 'policyVersion' | 'overrideVersion'>

/** Who a key is, without holding money. */
export type IdentifyAnswer =
  | {
      readonly known: true
      readonly key: KeyIdentity
      readonly policy: { readonly version: number; readonly json: string } | null
      /** The key's own part of a policy, when the gateway's copy is old or missing. */
      readonly override: StoredOverride | null
    }
  | { readonly known: false; readonly refusal: KeyRefusal }

/** `replaced_key`: it was rotated, and the time both keys were accepted is over. */
export interface KeyRefusal {
  readonly code: 'unknown_key' | 'revoked_key' | 'expired_key' | 'replaced_key'
}

export type BudgetRefusal = { readonly code: 'budget_exceeded' | 'budget_reserved' } & BudgetStanding

/** A limit of requests, tokens or calls in flight: trying again after the wait helps. */
export type RateRefusal = {
  readonly code: 'rate_limited'
  readonly scope: 'team' | 'key'
  readonly scopeName: string
  readonly rates: RateStanding | null
} & RateStop

/** `duplicate_request`: a call of this id has been settled, released or charged already. */
export type Refusal = KeyRefusal | BudgetRefusal | RateRefusal | { readonly code: 'duplicate_request' }

export type ExtendAnswer =
  | { readonly extended: true; readonly reservation: Reservation; readonly headroomNano: number | null }
  | { readonly extended: false; readonly refusal: BudgetRefusal | NotOpen }

/** The reservation is not one that can be changed: closed already, never made, or not well formed. */
export interface NotOpen {
  readonly code: 'closed' | 'unknown_reservation' | 'too_late' | 'invalid'
}

export interface SettleRequest {
  readonly reservation: Reservation
  readonly costNano: number
  /** The cost was estimated, since the provider's own usage never came. */
  readonly estimated: boolean
  readonly record: DecisionRecord
  /** The session its conversation began in, where it was admitted under the name of an answer that nobody knew here. */
  readonly origin?: string
  /** By what name a call that goes on from its answer will come, where the client names no session. */
  readonly heir?: LeftHeir
}

/**
 * `charged`: settled now. `corrected`: it had expired, and the difference to the estimate was charged. `released`:
 * nothing was charged. `duplicate`: it had been closed before, and nothing changed.
 */
export type CloseAnswer =
  | { readonly closed: true; readonly how: 'charged' | 'corrected' | 'released' | 'duplicate' }
  | { readonly closed: false; readonly code: NotOpen['code'] }
