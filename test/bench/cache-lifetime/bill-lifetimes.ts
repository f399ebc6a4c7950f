/**
 * Bills a recorded session at one model, its tail marked at every call, under a rule for how long each entry shall live.
 * The provider's part is simulated twice: as its API documents it, and under the worse assumption that what a short
 * entry wrote dies with it, also where a long entry was written behind it.
 */
import { costAt, ratesAt } from '../../../src/core/pricing/cost.ts'
import { CACHE_LIFETIME_MS } from '../../../src/core/pricing/baseline.ts'
import type { KnownPrice } from '../../../src/core/pricing/price-book.ts'
import { addGap, NO_GAPS, type GapCounts } from '../../../src/core/prompt-cache/gaps.ts'
import { chooseLifetime, type CacheLifetime } from '../../../src/core/prompt-cache/lifetime.ts'
import type { TraceCall, TraceSession } from '../../../src/core/replay/trace.ts'

/** `entries`: an entry holds all before it. `parts`: each entry holds only what it wrote. */
export type CacheModel = 'entries' | 'parts'

/** A lifetime for every call, or the gaps expected before a session has shown its own. */
export type LifetimeRule = CacheLifetime | { readonly expected: GapCounts }

interface Entry {
  readonly from: number
  readonly upTo: number
  readonly lifetime: CacheLifetime
  readonly expiresAt: number
}

/** The session's bill in nano-dollars. */
export function billLifetimes(
  session: TraceSession,
  rule: LifetimeRule,
  { price, model }: { readonly price: KnownPrice; readonly model: CacheModel },
): number {
  let entries: readonly Entry[] = []
  let seen: GapCounts = NO_GAPS
  let longLost = false
  let last: { readonly call: TraceCall; readonly lifetime: CacheLifetime } | null = null
  let bill = 0
  for (const call of session.calls) {
    const alive = call.afterCompaction ? [] : entries.filter(({ expiresAt }) => expiresAt >= call.atMs)
    const read = readable(alive, call.promptTokens, model)
    if (last !== null) {
      const gapMs = call.atMs - last.call.atMs
      seen = addGap(seen, gapMs)
      const survives = gapMs > LIVES.short && gapMs <= LIVES.long && last.lifetime === 'long' && !call.afterCompaction
      longLost ||= survives && read < Math.min(last.call.promptTokens, call.promptTokens) / 2
    }
    const wish = typeof rule === 'string' ? rule : { seen, expected: rule.expected, longLost }
    const rates = ratesAt(price, call.promptTokens)
    const { promptTokens } = call
    const lifetime = chooseLifetime(wish, { caching: 'marked', rates, promptTokens, warmTokens: read })
    bill += costAt(usageOf(call, read, lifetime), price)
    entries = entriesAfter(alive, { call, read, lifetime, model })
    last = { call, lifetime }
  }
  return bill
}

const LIVES = CACHE_LIFETIME_MS.marked

function readable(alive: readonly Entry[], promptTokens: number, model: CacheModel): number {
  if (model === 'entries') return alive.reduce((most, { upTo }) => Math.max(most, Math.min(upTo, promptTokens)), 0)
  let read = 0
  for (const { from, upTo } of alive.toSorted((left, right) => left.from - right.from)) {
    if (from <= read) read = Math.max(read, Math.min(upTo, promptTokens))
  }
  return read
}

function usageOf(call: TraceCall, read: number, lifetime: CacheLifetime): Parameters<typeof costAt>[0] {
  const written = call.promptTokens - read
  return {
    inputTokens: 0,
    cacheReadTokens: read,
    cacheWriteShortTokens: lifetime === 'short' ? written : 0,
    cacheWriteLongTokens: lifetime === 'long' ? written : 0,
    outputTokens: call.outputTokens,
    reasoningTokens: 0,
  }
}

interface Served {
  readonly call: TraceCall
  readonly read: number
  readonly lifetime: CacheLifetime
  readonly model: CacheModel
}

/**
 * What was read lives anew, each entry for its own time; what was written is a new one. Of a prompt that became shorter
 * nothing behind its end will ever be asked for again.
 */
function entriesAfter(alive: readonly Entry[], { call, read, lifetime, model }: Served): readonly Entry[] {
  const kept = alive.map(({ from, upTo: end, lifetime: own, expiresAt }): Entry => {
    const upTo = Math.min(end, call.promptTokens)
    const wasRead = model === 'parts' ? from < read : upTo === read
    const renewed = wasRead ? Math.max(expiresAt, call.atMs + LIVES[own]) : expiresAt
    return { from, upTo, lifetime: own, expiresAt: renewed }
  })
  if (call.promptTokens <= read) return kept
  return [...kept, { from: read, upTo: call.promptTokens, lifetime, expiresAt: call.atMs + LIVES[lifetime] }]
}
