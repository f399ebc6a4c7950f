/**
 * The rate limits over a call of the ledger: the team's and its key's. What was used is kept in memory and written with
 * the scope's row, which every settlement writes anyway; a run that dies loses what was used since.
 */
import type { RateRefusal } from './admission.ts'
import type { Usage } from '../chat/usage.ts'
import type { ExpiredCall, Ledger, LedgerKey, OpenCall } from './ledger-state.ts'
import { scopeName, scopeOf } from './ledger-state.ts'
import type { RateLimits, RateStanding } from './rate-limits.ts'
import { drained, isLimited, NO_RATE_LIMITS, rateStanding, rateStop, taken, tighter, UNUSED } from './rate-limits.ts'
import type { Scope } from './scope.ts'
import { keyScope } from './scope.ts'

const TYPICAL_WEIGHT = 0.1
const MINUTE_MS = 60_000

interface Limited {
  readonly scope: Scope
  readonly limits: RateLimits
}

/** The limit that one more call of the key runs into; null: none. It changes nothing, so waiting is never made longer. */
export function rateRefusal(ledger: Ledger, key: LedgerKey, now: number): RateRefusal | null {
  for (const { scope, limits } of limited(ledger, key)) {
    const use = drained(scope.rates ?? UNUSED, limits, now)
    const inFlight = { calls: scope.openCalls, typicalCallMs: ledger.typicalCallMs }
    const stop = rateStop(limits, use, inFlight)
    if (stop === null) continue
    return {
      code: 'rate_limited',
      scope: scope.id === 'team' ? 'team' : 'key',
      scopeName: scopeName(ledger, scope.id),
      ...stop,
      rates: rateStandingOf(ledger, key, now),
    }
  }
  return null
}

/** Takes one request, and the tokens such a call usually uses; what it really used is known when it is settled. */
export function takeRate(ledger: Ledger, key: LedgerKey, call: OpenCall, now: number): void {
  const over = limited(ledger, key)
  if (over.length === 0) return
  call.takenTokens = Math.round(ledger.typicalTokens)
  for (const { scope, limits } of over) {
    scope.rates = taken(scope.rates ?? UNUSED, { requests: 1, tokens: call.takenTokens }, { limits, now })
  }
}

/**
 * The call is over: what it used beyond what was taken for it, or less. `usage` null: nothing was used. Of a call that
 * was charged as an estimate before, what it used drains since then, and so does what is now known to be amiss.
 */
export function settleRate(ledger: Ledger, call: OpenCall | ExpiredCall, usage: Usage | null, now: number): void {
  const tokens = usage === null ? 0 : countedTokens(usage)
  if (usage !== null) ledger.typicalTokens += TYPICAL_WEIGHT * (tokens - ledger.typicalTokens)
  const sinceMs = 'chargedAt' in call ? Math.max(0, now - call.chargedAt) : 0
  for (const { scope, limits } of limited(ledger, { keyId: call.keyId })) {
    const amiss = tokens - call.takenTokens
    const drainedTokens = ((limits.tokensPerMinute ?? 0) * sinceMs) / MINUTE_MS
    const more = { requests: 0, tokens: Math.sign(amiss) * Math.max(0, Math.abs(amiss) - drainedTokens) }
    scope.rates = taken(scope.rates ?? UNUSED, more, { limits, now })
  }
}

/** What the headers of an admitted call tell; null: neither the key nor its team has a limit. */
export function rateStandingOf(ledger: Ledger, key: Pick<LedgerKey, 'keyId'>, now: number): RateStanding | null {
  const standings = limited(ledger, key).map(({ scope, limits }) =>
    rateStanding(limits, drained(scope.rates ?? UNUSED, limits, now)),
  )
  return standings.length === 0 ? null : standings.reduce(tighter)
}

/** Prompt and answer; what is read from a cache counts at no provider. */
function countedTokens({ inputTokens, cacheWriteShortTokens, cacheWriteLongTokens, outputTokens }: Usage): number {
  return inputTokens + cacheWriteShortTokens + cacheWriteLongTokens + outputTokens
}

function limited(ledger: Ledger, key: Pick<LedgerKey, 'keyId'> & { readonly rateLimits?: RateLimits }): Limited[] {
  const own = key.rateLimits ?? ledger.keysById.get(key.keyId)?.rateLimits ?? NO_RATE_LIMITS
  return [
    { scope: scopeOf(ledger, 'team'), limits: ledger.team?.rateLimits ?? NO_RATE_LIMITS },
    { scope: scopeOf(ledger, keyScope(key.keyId)), limits: own },
  ].filter(({ limits }) => isLimited(limits))
}
