/**
 * Replays the threads of a log side by side, in the order of time, to learn where each call finds the beginning of its
 * prompt cached under a policy. Each thread can then be compared by itself.
 */
import type { CallWork } from './call-work.ts'
import type { RecordedThread } from './recorded-thread.ts'
import { NotReplayable, SessionReplay, type ReplayInput } from './replay-session.ts'
import type { ServingTarget } from './serving-target.ts'
import { foreignReads, WarmBeginnings } from './shared-beginnings.ts'
import type { SharedAt, TraceCall } from './trace.ts'

/** By call of the thread. */
export type SharedOfThread = ReadonlyMap<RecordedThread, readonly SharedAt[]>

/** Where a call went, and whether its prompt is cached there now. */
interface Served {
  readonly target: string
  readonly lifetimeMs: number
  readonly cached: boolean
}

interface Runner {
  readonly thread: RecordedThread
  /** Sends the next call. Throws `NotReplayable`. */
  readonly next: (call: TraceCall, shared: SharedAt) => Served
  readonly shared: SharedAt[]
  readonly reads: ReadonlySet<object>
}

/** Every call goes to one target; reads that the log shows are taken to have been possible there. */
export function sharedAtOne(threads: readonly RecordedThread[], { id, ...target }: ServingTarget): SharedOfThread {
  const next = (call: TraceCall): Served => ({
    target: id,
    lifetimeMs: target.lifetimeMs,
    cached: target.minCacheTokens !== null && call.promptTokens * target.tokenizerRatio >= target.minCacheTokens,
  })
  return together(threads, { nextOf: () => next, seenAt: () => id })
}

/**
 * Every call goes where a policy sends it.
 *
 * @param workOf what the calls of a thread ask for
 */
export function sharedUnder(
  threads: readonly RecordedThread[],
  workOf: (thread: RecordedThread) => readonly CallWork[],
  input: ReplayInput,
): SharedOfThread {
  return together(threads, {
    nextOf(thread) {
      const replay = new SessionReplay(thread.trace, workOf(thread), input)
      return (_call, shared) => {
        const { target, usage } = replay.next(shared)
        const cached = usage.cacheReadTokens + usage.cacheWriteShortTokens > 0
        return { target, lifetimeMs: replay.lifetimeOf(target), cached }
      }
    },
    seenAt: (target) => target,
  })
}

interface World {
  readonly nextOf: (thread: RecordedThread) => Runner['next']
  /** Where what the log shows to have been read at a target is taken to have been cached. */
  readonly seenAt: (target: string) => string
}

function together(threads: readonly RecordedThread[], { nextOf, seenAt }: World): SharedOfThread {
  const runners = threads.filter(sharesSomething).map((thread): Runner => {
    return { thread, next: nextOf(thread), shared: [], reads: new Set(foreignReads(thread.recorded)) }
  })
  const warm = new WarmBeginnings()
  const left = new Set<Runner>()
  for (const { runner, index, call, at } of inOrder(runners)) {
    if (left.has(runner)) continue
    const { thread, reads } = runner
    const recorded = thread.recorded[index]
    if (recorded !== undefined && reads.has(recorded)) warm.see(thread, seenAt(recorded.target), at)
    const shared = warm.at(thread, at)
    runner.shared.push(shared)
    try {
      const { target, lifetimeMs, cached } = runner.next(call, shared)
      const readyAt = at + (recorded?.firstByteMs ?? 0)
      if (cached) warm.keep(thread, target, { tokens: call.promptTokens, readyAt, expiresAt: at + lifetimeMs, at })
    } catch (error) {
      // Whoever compares the thread says so.
      if (!(error instanceof NotReplayable)) throw error
      left.add(runner)
    }
  }
  return new Map(runners.map(({ thread, shared }) => [thread, shared]))
}

/** Where its times are not known, a thread stands alone. */
function sharesSomething({ trace, recorded }: RecordedThread): boolean {
  return trace.beginning !== undefined && typeof recorded[0]?.at === 'number'
}

/** By time; what began at the same moment by its thread, so that the order of a log's rows changes nothing. */
function inOrder(runners: readonly Runner[]) {
  const nameOf = ({ sessionId, trace }: RecordedThread): string => `${sessionId} ${trace.id}`
  return runners
    .toSorted((one, other) => (nameOf(one.thread) < nameOf(other.thread) ? -1 : 1))
    .flatMap((runner) => {
      const { trace, recorded } = runner.thread
      const beganAt = recorded[0]?.at ?? 0
      return trace.calls.map((call, index) => ({ runner, index, call, at: beganAt + call.atMs }))
    })
    .sort((one, other) => one.at - other.at)
}
