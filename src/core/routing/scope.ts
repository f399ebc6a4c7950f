/**
 * Whether a policy routes a call at all. Calls out of scope keep the model they ask for: the control group.
 */
import type { TaskType } from '../tasks/task-types.ts'
import type { PolicyScope } from './policy.ts'

export interface ScopedCall {
  readonly taskType: TaskType
  readonly keyId: string
  readonly sessionId: string
}

/** In scope: of a named task type, from a named key, and in the share of sessions, as far as the policy limits each. */
export function inScope(scope: PolicyScope, call: ScopedCall): boolean {
  return (
    (scope.taskTypes?.includes(call.taskType) ?? true) &&
    (scope.keys?.includes(call.keyId) ?? true) &&
    (scope.share >= 1 || shareOf(call.sessionId) < scope.share)
  )
}

/** A session's fixed place in [0, 1): FNV-1a over its id, mixed so that close ids land apart. */
function shareOf(sessionId: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < sessionId.length; index += 1) {
    hash = Math.imul(hash ^ sessionId.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
