/**
 * The least bill any choice of models could have had, knowing the whole session in advance: dynamic programming over
 * what each model has cached. It is the measure of what is left to gain, not a strategy.
 */
import type { KnownPrice } from '../pricing/price-book.ts'
import type { Tier } from '../tasks/task-types.ts'
import { billAt, type ServingTarget } from './serving-target.ts'
import { cachesAfter, cachesAt, type SimulatedCaches } from './simulated-caches.ts'
import type { TraceCall, TraceSession } from './trace.ts'

/** A model that the best choice may take. */
export interface Candidate {
  readonly tier: Tier
  readonly target: ServingTarget
}

interface State {
  readonly cost: number
  readonly caches: SimulatedCaches
}

/**
 * The least bill with every call at or above the tier it needs, nano-dollars; infinite if some call has no candidate.
 * Exact: only models and states that cannot win go.
 */
export function optimalBill(session: TraceSession, needed: readonly Tier[], candidates: readonly Candidate[]): number {
  const useful = withoutBeaten(candidates)
  let states: readonly State[] = [{ cost: 0, caches: new Map() }]
  for (const [index, call] of session.calls.entries()) {
    const floor = needed[index] ?? 3
    const next = new Map<string, State>()
    for (const state of states) {
      const caches = cachesAt(state.caches, call)
      for (const { tier, target } of useful) {
        if (tier >= floor) keepCheaper(next, serve({ cost: state.cost, caches }, target, call))
      }
    }
    if (next.size === 0) return Number.POSITIVE_INFINITY
    states = withoutDominated([...next.values()], useful)
  }
  return states.reduce((least, state) => Math.min(least, state.cost), Number.POSITIVE_INFINITY)
}

function serve(state: State, target: ServingTarget, call: TraceCall): State {
  return {
    cost: state.cost + billAt(state.caches, target, call),
    caches: cachesAfter(state.caches, target.id, { call, lifetimeMs: target.lifetimeMs }),
  }
}

function keepCheaper(states: Map<string, State>, state: State): void {
  const key = [...state.caches]
    .map(([id, cache]) => `${id}:${cache.expiresAt}:${cache.tokens}`)
    .sort()
    .join()
  const known = states.get(key)
  if (known === undefined || state.cost < known.cost) states.set(key, state)
}

/** A model is of no use beside one of its own or a higher tier that is never dearer and caches at least as much. */
function withoutBeaten(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(
    (one, index) =>
      !candidates.some((other, at) => at !== index && beats(other, one) && !(beats(one, other) && index < at)),
  )
}

function beats(one: Candidate, other: Candidate): boolean {
  const a = one.target
  const b = other.target
  if (one.tier < other.tier || a.lifetimeMs < b.lifetimeMs) return false
  if ((a.minCacheTokens ?? Infinity) * b.tokenizerRatio > (b.minCacheTokens ?? Infinity) * a.tokenizerRatio)
    return false
  const scaled = (target: ServingTarget): readonly (readonly number[])[] =>
    target.price.steps.map(({ rates }) =>
      [rates.input, rates.cacheRead, rates.cacheWriteShort, rates.output].map((rate) => rate * target.tokenizerRatio),
    )
  // The dearest step of the one is no dearer than the cheapest of the other, whatever the length of the prompt.
  return scaled(a).every((dear) => scaled(b).every((cheap) => dear.every((rate, kind) => rate <= (cheap[kind] ?? 0))))
}

/**
 * A state cannot win if the cheapest one, even after writing everything that only the other has cached, costs no more:
 * it could then do whatever the other does.
 */
function withoutDominated(states: readonly State[], candidates: readonly Candidate[]): readonly State[] {
  const cheapest = states.reduce((least, state) => (state.cost < least.cost ? state : least))
  return states.filter((state) => state === cheapest || state.cost < cheapest.cost + catchUp(cheapest, state))

  function catchUp(behind: State, ahead: State): number {
    let cost = 0
    for (const { target } of candidates) {
      const other = ahead.caches.get(target.id)
      const own = behind.caches.get(target.id)
      if (other === undefined) continue
      const kept = own !== undefined && own.expiresAt >= other.expiresAt ? own.tokens : 0
      // A token more of either count may be rounded up.
      const missing = Math.max(0, other.tokens - kept) * target.tokenizerRatio + 2
      cost += missing * dearestWrite(target.price)
    }
    return cost
  }
}

/** What a token costs more when written than when read, at whichever step of the price that is most. */
function dearestWrite({ steps }: KnownPrice): number {
  return Math.max(...steps.map(({ rates }) => Math.max(rates.cacheWriteShort, rates.input) - rates.cacheRead))
}
