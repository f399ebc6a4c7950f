/**
 * Everything a session remembers between calls, as plain JSON data: one part for the session, one per thread, so that a
 * call writes two rows whatever its history. All lists are bounded. It holds no text.
 */
import type { GapCounts } from '../prompt-cache/gaps.ts'
import type { PrefixPrint } from '../prompt-cache/volatile.ts'
import type { TaskType } from '../tasks/task-types.ts'
import type { BegunCall, KnownContext, ThreadCounters } from './call-opening.ts'
import type { AnswerMaker } from './answer-makers.ts'
import type { PinnedChoice } from './session-view.ts'
import type { StoredAnswer } from './stored-answers.ts'

export const LIMITS = {
  threads: 32,
  checkpoints: 16,
  warmPerThread: 12,
  warmStatics: 16,
  recorded: 64,
  turnLengths: 16,
  roots: 8,
  /** Changes of provider in one conversation. */
  makers: 64,
  /** Calls begun and not yet recorded. */
  open: 256,
  /** A call that began longer ago is no longer thought to be running. */
  openMs: 30 * 60_000,
} as const

/** A request of the thread that later ones may continue or fork from. */
export interface Checkpoint {
  readonly count: number
  readonly hash: number
  readonly counters: ThreadCounters
  readonly context: KnownContext | null
  /** Absent where its provider keeps nothing that a call could go on from. */
  readonly stored?: StoredAnswer
}

export interface WarmPrefix {
  readonly target: string
  readonly staticHash: number
  readonly count: number
  readonly hash: number
  readonly tokens: number
  readonly expiresAt: number
}

/** A moving average with its number of samples. */
export interface Average {
  readonly mean: number
  readonly samples: number
}

export interface ThreadState {
  /** The request id of its first call: unique without a counter that a refused call would have to take back. */
  readonly id: string
  readonly parentId: string | null
  readonly rootId: string
  readonly hint: string | null
  readonly subagent: boolean
  /** The last request that was answered; null until one was. */
  readonly head: Checkpoint | null
  /** A later request that ended without an answer, and may come again. */
  readonly unanswered: Checkpoint | null
  /** Earlier requests, oldest first. */
  readonly checkpoints: readonly Checkpoint[]
  /** Prompt and answer of the last call, in reference tokens. */
  readonly contextTokens: number | null
  readonly threadStartTokens: number | null
  readonly turnStartTokens: number | null
  /**
   * Weighed bytes and tokens seen together, older ones fading: their ratio estimates what was added. In states written
   * before bytes were weighed they are plain ones: a little off, until the next answers.
   */
  readonly seenBytes: number
  readonly seenTokens: number
  readonly growth: Average
  readonly pinned: PinnedChoice | null
  readonly lastTaskType: TaskType | null
  readonly lastCallAt: number
  readonly lastTarget: string
  readonly lastRequestId: string
  /** The conversation was compacted and its successor has not begun. */
  readonly compacted: boolean
  readonly warm: readonly WarmPrefix[]
  /** Tools and system of its last call; absent in states written before it was kept. */
  readonly prefix?: PrefixPrint
  /** Who made its answers; absent in states written before it was kept. */
  readonly makers?: readonly AnswerMaker[]
}

export interface LearnedOfTask {
  readonly output: Average
  /** Tokens that a call added; absent in states written before it was kept. */
  readonly growth?: Average
  /** Calls of the latest turns. */
  readonly turnLengths: readonly number[]
}

/** Calls made for one turn of a main conversation, its sub-agents' included, and what they cost. */
export interface RootCount {
  readonly threadId: string
  readonly turn: number
  readonly calls: number
  readonly spentNano: number
}

export interface SessionSummary {
  readonly calls: number
  readonly spentNano: number
  readonly lastCallAt: number
  readonly bytesPerToken: number | null
  readonly growth: Average
  /** Gaps between the calls of its main conversations; absent until one was seen. */
  readonly gaps?: GapCounts
  /** A long cache entry written over a short one was gone when it was needed. */
  readonly longCacheLost?: boolean
  readonly learned: Readonly<Partial<Record<TaskType, LearnedOfTask>>>
  /** Calls of the latest turns, of whatever task, oldest first; absent until one has ended. */
  readonly recentTurns?: readonly number[]
  readonly statics: readonly Omit<WarmPrefix, 'count' | 'hash'>[]
  readonly roots: readonly RootCount[]
  /** Request ids of the latest records: a record that comes again changes nothing. */
  readonly recorded: readonly string[]
  /** Of the session that its conversation began in, where that is another one. */
  readonly sessionId?: string
  /** Name of the first session that took the conversation over: its money is counted there. */
  readonly chain?: string
}

export interface SessionState {
  readonly summary: SessionSummary
  readonly threads: ReadonlyMap<string, ThreadState>
  /** Begun and not recorded; lives in memory only. */
  readonly open: ReadonlyMap<string, BegunCall>
}

export const NO_AVERAGE: Average = { mean: 0, samples: 0 }

/** A session that has not seen a call. */
export function emptySession(): SessionState {
  return {
    summary: {
      calls: 0,
      spentNano: 0,
      lastCallAt: 0,
      bytesPerToken: null,
      growth: NO_AVERAGE,
      learned: {},
      statics: [],
      roots: [],
      recorded: [],
    },
    threads: new Map(),
    open: new Map(),
  }
}

/** The state as it comes back after eviction or restart: what was recorded, and no call in flight. */
export function restoreSession(summary: SessionSummary, threads: readonly ThreadState[]): SessionState {
  return { summary, threads: new Map(threads.map((thread) => [thread.id, thread])), open: new Map() }
}
