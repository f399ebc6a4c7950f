/**
 * Which prefixes of a request which target has cached, as far as the session's own calls have shown it. A provider's
 * cache belongs to one model and is matched from the first byte, so tools and system must be the same too.
 */
import type { CallOpening } from './call-opening.ts'
import type { CallOutcome } from './call-outcome.ts'
import type { SessionState, WarmPrefix } from './session-state.ts'
import { LIMITS } from './session-state.ts'
import { storedPoint } from './stored-answers.ts'
import type { WarmCache } from './session-view.ts'

type WarmStatic = Omit<WarmPrefix, 'count' | 'hash'>

/**
 * For every target the longest stored prefix of this request that is still warm, whichever thread stored it, and the
 * longest static part.
 */
export function warmCaches(state: SessionState, opening: CallOpening, now: number): WarmCache[] {
  const longest = new Map<string, WarmCache>()
  const offer = (scope: WarmCache['scope'], entry: WarmStatic, messages: { messages?: number } = {}): void => {
    if (entry.expiresAt <= now || entry.staticHash !== opening.staticHash) return
    const key = `${scope} ${entry.target}`
    if ((longest.get(key)?.tokens ?? 0) >= entry.tokens) return
    longest.set(key, { target: entry.target, tokens: entry.tokens, scope, expiresAt: entry.expiresAt, ...messages })
  }
  const goneOnFrom = storedPoint(state, opening)?.point
  for (const entry of state.summary.statics) offer('static', entry)
  for (const thread of state.threads.values()) {
    for (const entry of thread.warm) {
      if (opening.prefixHashes[entry.count - 1] === entry.hash) offer('thread', entry, { messages: entry.count })
      // The whole request before the answer it goes on from, and nothing of what it holds itself.
      else if (goneOnFrom?.count === entry.count && goneOnFrom.hash === entry.hash) offer('thread', entry)
    }
  }
  return [...longest.values()]
}

/** The thread's warm prefixes after a call: the new one first, the expired and the oldest dropped. */
export function warmAfter(warm: readonly WarmPrefix[], outcome: CallOutcome, now: number): readonly WarmPrefix[] {
  const { call } = outcome
  const fresh: WarmPrefix[] = outcome.warmed
    .filter((prefix) => prefix.scope === 'thread' && prefix.tokens > 0)
    .map(({ tokens, expiresAt }) => ({
      target: outcome.target,
      staticHash: call.staticHash,
      count: call.count,
      hash: call.hash,
      tokens,
      expiresAt,
    }))
  const kept = warm.filter((entry) => entry.expiresAt > now && !fresh.some((other) => samePrefix(entry, other)))
  return withinLimit([...fresh, ...refreshed(kept, outcome, fresh)])
}

/** Of the target with the most prefixes the oldest goes: another one may be come back to after a long turn. */
function withinLimit(warm: readonly WarmPrefix[]): readonly WarmPrefix[] {
  if (warm.length <= LIMITS.warmPerThread) return warm
  const counts = new Map<string, number>()
  for (const { target } of warm) counts.set(target, (counts.get(target) ?? 0) + 1)
  const most = Math.max(...counts.values())
  const oldest = warm.findLastIndex(({ target }) => counts.get(target) === most)
  return withinLimit(warm.toSpliced(oldest, 1))
}

/** A call that read or extended a prefix has renewed the shorter ones of its target: they are part of it. */
function refreshed(kept: readonly WarmPrefix[], outcome: CallOutcome, fresh: readonly WarmPrefix[]): WarmPrefix[] {
  const renewed = fresh[0]
  if (renewed === undefined || outcome.usage === null || outcome.usage.cacheReadTokens === 0) return [...kept]
  return kept.map((entry) => {
    const wasRead = entry.target === renewed.target && entry.count < renewed.count
    const isPart = entry.staticHash === renewed.staticHash && entry.tokens === outcome.usage?.cacheReadTokens
    return wasRead && isPart && renewed.expiresAt > entry.expiresAt ? { ...entry, expiresAt: renewed.expiresAt } : entry
  })
}

/** The session's warm static parts after a call. */
export function staticsAfter(statics: readonly WarmStatic[], outcome: CallOutcome, now: number): readonly WarmStatic[] {
  const fresh: WarmStatic[] = outcome.warmed
    .filter((prefix) => prefix.scope === 'static' && prefix.tokens > 0)
    .map(({ tokens, expiresAt }) => ({
      target: outcome.target,
      staticHash: outcome.call.staticHash,
      tokens,
      expiresAt,
    }))
  const kept = statics.filter(
    (entry) =>
      entry.expiresAt > now &&
      !fresh.some((other) => other.target === entry.target && other.staticHash === entry.staticHash),
  )
  return [...fresh, ...kept].slice(0, LIMITS.warmStatics)
}

function samePrefix(a: WarmPrefix, b: WarmPrefix): boolean {
  return a.target === b.target && a.staticHash === b.staticHash && a.count === b.count && a.hash === b.hash
}
