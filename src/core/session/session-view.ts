/**
 * What a session tells about the call that is beginning: the plain data routing decides with.
 * It holds counts and hashes, never text.
 */
import type { GapCounts } from '../prompt-cache/gaps.ts'
import type { PrefixPrint } from '../prompt-cache/volatile.ts'
import type { TaskType, Tier } from '../tasks/task-types.ts'

/** A prefix some model has cached, as its provider's own usage showed. */
export interface WarmCache {
  /** Target id, `provider/model`. */
  readonly target: string
  /** Tokens cached, counted by that model. */
  readonly tokens: number
  /** `thread`: a prefix of this conversation. `static`: tools and system only, shared by threads. */
  readonly scope: 'thread' | 'static'
  readonly expiresAt: number
  /** Messages of the request that lie in it, for scope `thread`. */
  readonly messages?: number
}

/** The choice made for the turn: kept inside it unless a floor rises or moving pays. */
export interface PinnedChoice {
  readonly taskType: TaskType
  readonly tier: Tier
  readonly target: string
  /** Extra tiers that evidence has added in this turn, at most two. */
  readonly evidenceSteps: number
  /** The floor that this turn's typed text and evidence set: it holds until the turn ends. */
  readonly heldFloor?: Tier
}

export interface SessionView {
  readonly sessionId: string
  readonly threadId: string
  /** The thread this one forked from, or was compacted from; null for a fresh one. */
  readonly parentThreadId: string | null
  /** From 1. A turn: from something typed to the final answer. */
  readonly turn: number
  /** From 1, inside the turn, this call included. */
  readonly iteration: number
  /** Iterations of the turn since the last progress (an edit applied, tests that pass), this call included. */
  readonly iterationsWithoutProgress: number
  /** Calls made for the main conversation's current turn, those of its sub-agents and this one included. */
  readonly treeIterations: number
  /** What those of them that have ended cost, nano-dollars. */
  readonly turnSpentNano: number
  /** Calls of the whole session before this one. */
  readonly sessionCalls: number
  /**
   * Tokens of the thread's context at its last call, prompt and answer, as the provider counted them, in tokens of the
   * reference tokenizer; null before a first answer.
   */
  readonly lastContextTokens: number | null
  /** Weighed bytes of the conversation (static part included) that `lastContextTokens` covers. */
  readonly lastContextBytes: number
  /** Weighed bytes per token of this thread's text, corrected by every answer. */
  readonly bytesPerToken: number
  /** Context tokens at the thread's first call and at the turn's first call; null at that very call. */
  readonly threadStartTokens: number | null
  readonly turnStartTokens: number | null
  /** Consecutive failed tool results at the end of the conversation, the new part included. */
  readonly toolErrorsInARow: number
  /** How many times in a row the same tool call was made with the same input, the newest included; 0 if none. */
  readonly repeatedCalls: number
  readonly pinned: PinnedChoice | null
  /** When the thread's last call began; null at its first. */
  readonly lastCallAt: number | null
  /** Request id of the thread's last recorded call: what this call shows of its outcome belongs to that one. */
  readonly previousRequestId: string | null
  /** Target of the thread's last call; null at its first. */
  readonly lastTarget: string | null
  readonly warm: readonly WarmCache[]
  /** Gaps between the calls of the session's main conversations; absent: none was seen yet. */
  readonly gaps?: GapCounts
  /** A long cache entry written over a short one was gone when it was needed. */
  readonly longCacheLost?: boolean
  /** Tools and system of the thread's last call; absent at its first. */
  readonly lastPrefix?: PrefixPrint
  /** Iterations of this turn to count on after this call, learned; null: use the starting values. */
  readonly expectedIterationsLeft: number | null
  /** The same at a turn's first call, by the task it may turn out to be; absent later. */
  readonly iterationsLeftByTask?: Readonly<Partial<Record<TaskType, number>>>
  /** Tokens a call adds to the context, learned; null: use the starting value. */
  readonly growthPerCall: number | null
  /** The same at a turn's first call, by the task it may turn out to be; absent later. */
  readonly growthByTask?: Readonly<Partial<Record<TaskType, number>>>
  /** Output tokens of a call of this kind, learned; null: use the starting value. */
  readonly expectedOutput: number | null
  /** The provider that holds what the call goes on from; absent: it goes on from nothing, or that is not known. */
  readonly stateProvider?: string
  /** Spent by the session so far, nano-dollars. */
  readonly spentNano: number
}
