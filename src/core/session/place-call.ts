/**
 * Decides which thread a request belongs to: whether it continues one, repeats a call that was never answered, forks
 * off, follows a compaction or starts afresh. It compares hashes only, counts nothing and changes nothing.
 *
 * Two requests that are the same are told apart like this:
 * - the earlier one was answered: the beginning of a conversation starts a new one (another run of the same script),
 *   anything later forks and repeats its iteration (the answer was thrown away);
 * - it ended without an answer: the same call, tried again;
 * - it is still in flight: the same call, unless it is a beginning that the client does not call a retry: then two runs
 *   of one script start side by side, and each gets a thread.
 *
 * A request that goes on from a stored answer holds only what is new: it is placed by that answer's id.
 */
import type { BegunCall, CallOpening } from './call-opening.ts'
import type { Checkpoint, SessionState, ThreadState } from './session-state.ts'
import { LIMITS } from './session-state.ts'
import { storedPoint } from './stored-answers.ts'

export type Placement =
  /** `after`: the request this one goes on from; `inFlight` when it has not been recorded yet. */
  | {
      readonly how: 'continue'
      readonly threadId: string
      readonly after: Checkpoint | null
      readonly inFlight: BegunCall | null
    }
  | {
      readonly how: 'retry'
      readonly threadId: string
      readonly of: Checkpoint | null
      readonly inFlight: BegunCall | null
    }
  | { readonly how: 'fork'; readonly parentId: string; readonly from: Checkpoint; readonly repeats: boolean }
  | { readonly how: 'compacted'; readonly parentId: string }
  | { readonly how: 'fresh' }

/** A point a request may go on from. */
interface Head {
  readonly threadId: string
  readonly point: Checkpoint
  readonly answered: boolean
  readonly inFlight: BegunCall | null
  /** Another call of the thread, after this point, is in flight. */
  readonly busyWith: string | null
  readonly lastAt: number
}

const FRESH: Placement = { how: 'fresh' }

/** Where the call belongs. `now` in milliseconds since epoch. */
export function placeCall(state: SessionState, opening: CallOpening, now: number): Placement {
  if (opening.utility !== null || opening.prefixHashes.length === 0) return FRESH
  const head = bestHead(state, opening, now)
  if (goesOn(opening)) return placeAfterAnswer(state, opening, { head, now })
  if (head !== null) return placeAtHead(state, opening, head)
  const earlier = opening.compaction ? null : bestCheckpoint(state, opening)
  const compacted = compactedThread(state, opening)
  if (compacted !== null && (earlier === null || earlier.thread === compacted)) {
    return { how: 'compacted', parentId: compacted.id }
  }
  if (earlier === null) return FRESH
  const { thread, point } = earlier
  return { how: 'fork', parentId: thread.id, from: rewritten(thread, point, opening) ?? point, repeats: false }
}

/**
 * The request id of a call whose record should be awaited a moment, because this one goes on from it or would fork from
 * its thread only if it is really still running; or the id of an answer that may be on its way here. Null: nothing to
 * wait for.
 */
export function awaitedCall(state: SessionState, opening: CallOpening, now: number): string | null {
  if (opening.utility !== null || opening.prefixHashes.length === 0) return null
  if (goesOn(opening)) return awaitedAnswer(state, opening, now)
  const head = bestHead(state, opening, now)
  if (head === null) return null
  if (head.inFlight !== null) return head.point.count < opening.prefixHashes.length ? head.inFlight.requestId : null
  return head.busyWith
}

function goesOn({ state }: CallOpening): boolean {
  return state !== undefined && state.kind !== 'items'
}

/**
 * After the answer it names: in its thread, or in a fork where that has gone on since or is just now going on. The same
 * request again is a repetition only where the first one had no answer: a conversation may well be told the same twice.
 */
function placeAfterAnswer(
  state: SessionState,
  opening: CallOpening,
  { head, now }: { readonly head: Head | null; readonly now: number },
): Placement {
  const again = head !== null && head.point.count === opening.prefixHashes.length
  if (again && (head.inFlight !== null || !head.answered)) return placeAtHead(state, opening, head)
  const found = storedPoint(state, opening)
  if (found === null || !sameSpeaker(found.thread, opening)) return FRESH
  const { thread, point } = found
  const busy = runningCalls(state, opening, now).some(({ threadId }) => threadId === thread.id)
  if (point === thread.head && !busy) return { how: 'continue', threadId: thread.id, after: point, inFlight: null }
  return { how: 'fork', parentId: thread.id, from: point, repeats: false }
}

/** The answer it names is about to be recorded here, by the call that runs, or by the session it is handed over from. */
function awaitedAnswer(state: SessionState, opening: CallOpening, now: number): string | null {
  if (storedPoint(state, opening) !== null) return null
  const running = runningCalls(state, opening, now).at(-1)?.requestId ?? null
  return running ?? (state.summary.calls === 0 ? (opening.state?.id ?? null) : null)
}

function placeAtHead(state: SessionState, opening: CallOpening, head: Head): Placement {
  const { threadId, point, inFlight } = head
  const identical = point.count === opening.prefixHashes.length
  const thread = state.threads.get(threadId)
  const isBeginning = thread === undefined ? true : thread.checkpoints.length === 0 && thread.parentId === null
  if (!identical) {
    if (head.busyWith !== null) return { how: 'fork', parentId: threadId, from: point, repeats: false }
    return { how: 'continue', threadId, after: inFlight === null ? point : null, inFlight }
  }
  if (inFlight !== null) {
    const sideBySide = thread === undefined && inFlight.parentThreadId === null && opening.clientRetry !== true
    return sideBySide ? FRESH : { how: 'retry', threadId, of: null, inFlight }
  }
  if (!head.answered) return { how: 'retry', threadId, of: point, inFlight: null }
  return isBeginning ? FRESH : { how: 'fork', parentId: threadId, from: point, repeats: true }
}

/** The conversation that a compaction works on, or that was compacted and waits for its successor. */
function compactedThread(state: SessionState, opening: CallOpening): ThreadState | null {
  let found: ThreadState | null = null
  for (const thread of state.threads.values()) {
    if (!sameSpeaker(thread, opening) || (!opening.compaction && !thread.compacted)) continue
    if (found === null || thread.lastCallAt > found.lastCallAt) found = thread
  }
  return found
}

/**
 * A request longer than the thread's last one that shares only an earlier prefix with it: the client changed something
 * in the middle (old tool results cleared), and the turn goes on. Its context is known up to the shared prefix only, but
 * its turn and iteration are the thread's latest. A rewind is shorter and goes back to the checkpoint.
 */
function rewritten(thread: ThreadState, point: Checkpoint, opening: CallOpening): Checkpoint | null {
  const latest = thread.unanswered ?? thread.head
  if (latest === null || opening.prefixHashes.length <= latest.count) return null
  return { ...point, counters: latest.counters }
}

/** The longest matching head; of equals one whose thread is free, then an answered one, then the longest idle. */
function bestHead(state: SessionState, opening: CallOpening, now: number): Head | null {
  let best: Head | null = null
  for (const head of heads(state, opening, now)) {
    if (continues(opening, head.point) && (best === null || isBetter(head, best))) best = head
  }
  return best
}

function isBetter(a: Head, b: Head): boolean {
  if (a.point.count !== b.point.count) return a.point.count > b.point.count
  if ((a.busyWith === null) !== (b.busyWith === null)) return a.busyWith === null
  if ((a.inFlight === null) !== (b.inFlight === null)) return a.inFlight === null
  return a.lastAt < b.lastAt
}

function* heads(state: SessionState, opening: CallOpening, now: number): Generator<Head> {
  const running = runningCalls(state, opening, now)
  for (const thread of state.threads.values()) {
    if (!sameSpeaker(thread, opening)) continue
    const busyWith = running.findLast((call) => call.threadId === thread.id)?.requestId ?? null
    const common = { threadId: thread.id, inFlight: null, busyWith, lastAt: thread.lastCallAt }
    if (thread.head !== null) yield { ...common, point: thread.head, answered: true }
    if (thread.unanswered !== null) yield { ...common, point: thread.unanswered, answered: false }
  }
  for (const call of running) {
    const point = { count: call.count, hash: call.hash, counters: call.counters, context: null }
    const later = running.findLast((other) => other.threadId === call.threadId && other.count > call.count)
    yield {
      threadId: call.threadId,
      point,
      answered: false,
      inFlight: call,
      busyWith: later?.requestId ?? null,
      lastAt: call.startedAt,
    }
  }
}

function runningCalls(state: SessionState, opening: CallOpening, now: number): BegunCall[] {
  const running: BegunCall[] = []
  for (const call of state.open.values()) {
    if (call.kind === 'utility' || call.kind === 'compaction' || now - call.startedAt > LIMITS.openMs) continue
    if (call.hint === opening.threadHint && (call.kind === 'subagent') === opening.subagent) running.push(call)
  }
  return running
}

function bestCheckpoint(state: SessionState, opening: CallOpening): { thread: ThreadState; point: Checkpoint } | null {
  let best: { thread: ThreadState; point: Checkpoint } | null = null
  for (const thread of state.threads.values()) {
    if (!sameSpeaker(thread, opening)) continue
    for (const point of thread.checkpoints) {
      if (continues(opening, point) && (best === null || point.count > best.point.count)) best = { thread, point }
    }
  }
  return best
}

/** A thread hint narrows; without one, sub-agents and main conversations are kept apart. */
function sameSpeaker(thread: ThreadState, opening: CallOpening): boolean {
  return thread.hint === opening.threadHint && thread.subagent === opening.subagent
}

function continues(opening: CallOpening, point: Checkpoint): boolean {
  return point.count <= opening.prefixHashes.length && opening.prefixHashes[point.count - 1] === point.hash
}
