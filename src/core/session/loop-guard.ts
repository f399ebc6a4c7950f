/**
 * Decides whether a turn has run long enough that a person should look at it: iterations, iterations without progress,
 * the same tool call again and again, and the calls of a sub-agent tree or a session. It counts nothing itself, and it
 * ends nothing: the session counts, the gateway acts.
 */
import type { CapAction, Policy } from '../routing/policy.ts'
import type { ReasonCode } from '../routing/reasons.ts'
import type { BegunCall } from './call-opening.ts'
import type { SessionView } from './session-view.ts'

/** Which cap, as it is logged. */
export type CapReason = Extract<
  ReasonCode,
  'session_call_cap' | 'repeated_call_cap' | 'no_progress_cap' | 'iteration_cap' | 'subagent_tree_cap'
>

export interface ReachedCap {
  readonly reason: CapReason
  readonly limit: number
  /** What has been counted against the limit: calls made before this one, or repetitions of a tool call. */
  readonly count: number
}

export type LoopVerdict =
  | { readonly action: 'pass' }
  | (ReachedCap & {
      readonly action: CapAction
      /** Nothing was over this cap at the call before: worth an alert, once. */
      readonly crossing: boolean
    })

type CountedView = Pick<
  SessionView,
  'iteration' | 'iterationsWithoutProgress' | 'repeatedCalls' | 'treeIterations' | 'sessionCalls'
>

/**
 * The verdict on a call that is about to be made. A cap of 25 lets 25 calls pass and catches the 26th; a tool call
 * repeated up to its cap is caught when its last result comes in. Of several caps the one that binds longest is told.
 *
 * @param kind an agent's own small calls and compactions always pass: nobody reads their answers, and a client that
 *   takes a message for a summary would lose its conversation
 */
export function guardLoop(view: CountedView, caps: Policy['iterations'], kind: BegunCall['kind']): LoopVerdict {
  if (kind === 'utility' || kind === 'compaction') return { action: 'pass' }
  const reached = reachedCap(view, caps)
  if (reached === null) return { action: 'pass' }
  return { action: caps.onCap, ...reached, crossing: reached.count === reached.limit }
}

/** Session first, since no new message opens it again; then what tells a person most. */
function reachedCap(view: CountedView, caps: Policy['iterations']): ReachedCap | null {
  const counted: readonly (readonly [CapReason, limit: number | null, count: number])[] = [
    ['session_call_cap', caps.perSession, view.sessionCalls],
    ['repeated_call_cap', caps.sameCall, view.repeatedCalls],
    ['no_progress_cap', caps.withoutProgress, view.iterationsWithoutProgress - 1],
    ['iteration_cap', caps.perTurn, view.iteration - 1],
    ['subagent_tree_cap', caps.perSubagentTree, view.treeIterations - 1],
  ]
  for (const [reason, limit, count] of counted) {
    if (limit !== null && count >= limit) return { reason, limit, count }
  }
  return null
}
