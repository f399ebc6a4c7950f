/**
 * What a session learns for the choice of cache lifetimes: how long its calls lie apart, and whether a long entry kept
 * what it was written over. It chooses nothing.
 */
import { CACHE_LIFETIME_MS } from '../pricing/baseline.ts'
import { addGap, NO_GAPS } from '../prompt-cache/gaps.ts'
import type { BegunCall } from './call-opening.ts'
import type { CallOutcome } from './call-outcome.ts'
import type { SessionSummary, ThreadState } from './session-state.ts'

/** The session's gaps with that before this call: only a main conversation's, since a person's pauses are in them. */
export function gapsAfter(
  { gaps }: SessionSummary,
  before: ThreadState | null,
  call: BegunCall,
): Pick<SessionSummary, 'gaps'> {
  const counts = before !== null && before.lastCallAt > 0 && call.kind === 'main' && !call.retry
  const gapMs = counts ? call.startedAt - before.lastCallAt : -1
  if (gapMs < 0) return gaps === undefined ? {} : { gaps }
  return { gaps: addGap(gaps ?? NO_GAPS, gapMs) }
}

/**
 * The thread went on after a pause that its short entries do not survive and its last, long one does, by its provider's
 * word; and the provider read less than half of it. Only what the provider itself has told is compared.
 */
export function lostLongCache(before: ThreadState | null, { call, target, usage }: CallOutcome): boolean {
  if (before === null || before.head === null || usage === null || call.count <= before.head.count) return false
  const { head, lastCallAt } = before
  if (call.startedAt - lastCallAt <= CACHE_LIFETIME_MS.marked.short) return false
  const entry = before.warm.find(({ count, hash }) => count === head.count && hash === head.hash)
  if (entry === undefined || entry.target !== target || entry.staticHash !== call.staticHash) return false
  const isLong = entry.expiresAt - lastCallAt > CACHE_LIFETIME_MS.automatic.short
  return isLong && entry.expiresAt > call.startedAt && usage.cacheReadTokens < entry.tokens / 2
}
