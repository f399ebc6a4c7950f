/**
 * Which provider holds what a call goes on from: the answers a conversation's calls left stored at their providers, by
 * the ids that clients name them by. It keeps ids, never a text, and it knows nothing of answers that were made elsewhere.
 */
import type { CallOpening } from './call-opening.ts'
import type { Heir } from './call-outcome.ts'
import type { Checkpoint, SessionState, SessionSummary, ThreadState } from './session-state.ts'

/** What a provider keeps of an answered call. */
export interface StoredAnswer {
  /** By any of these ids a later call goes on from it: the answer's own, and that of the conversation it belongs to. */
  readonly ids: readonly string[]
  readonly provider: string
  /** Prompt and answer, in tokens of the reference tokenizer; absent: not counted. */
  readonly contextTokens?: number
}

/** The request of a thread whose answer a call goes on from. */
export interface StoredPoint {
  readonly thread: ThreadState
  readonly point: Checkpoint
}

/** The newest point whose answer the call names; null: it names none, or none that is known. */
export function storedPoint(state: SessionState, { state: held }: CallOpening): StoredPoint | null {
  if (held === undefined || held.kind === 'items') return null
  let newest: StoredPoint | null = null
  for (const thread of state.threads.values()) {
    const points = thread.head === null ? thread.checkpoints : [...thread.checkpoints, thread.head]
    const point = points.findLast(({ stored }) => stored?.ids.includes(held.id) === true)
    if (point !== undefined && (newest === null || thread.lastCallAt > newest.thread.lastCallAt)) {
      newest = { thread, point }
    }
  }
  return newest
}

/**
 * The provider that holds what the call refers to; null: nothing is referred to, or nobody here knows. Items of a
 * history were stored with the answers of the thread that the call goes on in.
 */
export function holderOf(state: SessionState, opening: CallOpening, thread: ThreadState | null): string | null {
  if (opening.state === undefined) return null
  if (opening.state.kind !== 'items') return storedPoint(state, opening)?.point.stored?.provider ?? null
  return (
    thread?.head?.stored?.provider ?? thread?.checkpoints.findLast(({ stored }) => stored)?.stored?.provider ?? null
  )
}

/** A thread on its way to the session that its next call will be found in, and what was learned with it. */
export interface Heritage {
  readonly summary: SessionSummary
  readonly thread: ThreadState
}

/** What the heir takes over. Its calls are logged under the session that the conversation began in. */
export function heritageOf({ summary }: SessionState, thread: ThreadState, { session, sessionId }: Heir): Heritage {
  const roots = summary.roots.filter(({ threadId }) => threadId === thread.rootId)
  return { summary: { ...summary, roots, recorded: [], sessionId, chain: summary.chain ?? session }, thread }
}

/** A session that takes over a conversation; one that has a life of its own already keeps it. Null: nothing changes. */
export function inherit(state: SessionState, { summary, thread }: Heritage): SessionState | null {
  if (state.summary.calls > 0) return null
  return { summary, threads: new Map([[thread.id, thread]]), open: state.open }
}
