/**
 * What the gateway tells a session when a call has ended. Money in nano-dollars, times in milliseconds since epoch.
 */
import type { Usage } from '../chat/usage.ts'
import type { PrefixPrint } from '../prompt-cache/volatile.ts'
import type { TaskType, Tier } from '../tasks/task-types.ts'
import type { BegunCall } from './call-opening.ts'
import type { PinnedChoice } from './session-view.ts'
import type { StoredAnswer } from './stored-answers.ts'

/** A prefix that the call left in its target's cache. */
export interface WarmedPrefix {
  /** `thread`: everything the request held. `static`: tools and system only. */
  readonly scope: 'thread' | 'static'
  /** Counted by the target. */
  readonly tokens: number
  /** The caching kind's lifetime, counted from the request's start. */
  readonly expiresAt: number
}

export interface Heir {
  /** Name of the session's object. */
  readonly session: string
  /** Under which the conversation is logged. */
  readonly sessionId: string
}

export interface CallOutcome {
  /** As `begin` gave it. */
  readonly call: BegunCall
  readonly target: string
  /** The target's provider. */
  readonly provider?: string
  readonly taskType: TaskType
  readonly tier: Tier
  /** The choice that holds for the rest of the turn; null: nothing was pinned. */
  readonly pinned: PinnedChoice | null
  /** null: the provider's usage never came, so no context can be learned from this call. */
  readonly usage: Usage | null
  /** Tokens the target counts per token of the reference tokenizer. */
  readonly tokenizerRatio: number
  readonly warmed: readonly WarmedPrefix[]
  /** Tools and system of the call. */
  readonly prefix?: PrefixPrint
  readonly costNano: number
  readonly stopReason: string | null
  /** `complete`: the client has an answer. All else: it may send the very same request again. */
  readonly ending: string
  /** What its provider keeps of it; absent: nothing. */
  readonly stored?: StoredAnswer
  /** The session in which a call that goes on from the answer will be looked for, where it is another one. */
  readonly heir?: Heir
}
