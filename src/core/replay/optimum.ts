/**
 * The least bill any choice of models could have had, knowing the whole session in advance: dynamic programming over
 * what each model has cached. It is the measure of what is left to gain, not a strategy.
 */
import { ratesAt } from '../pricing/cost.ts'
import type { KnownPrice } from '../pricing/price-book.ts'
import type { Tier } from '../tasks/task-types.ts'
import { billWith, type ServingTarget } from './serving-target.ts'
import type { TraceCall, TraceSession } from './trace.ts'

/** A model that the best choice may take. */
export interface Candidate {
  readonly tier: Tier
  readonly target: ServingTarget
}

/** What each candidate has cached follows from the call that last used it. */
interface State {
  readonly cost: number
  /** By candidate: the index of that call; -1: nothing is cached. */
  readonly lastUse: readonly number[]
}

export interface Optimum {
  /** Nano-dollars; infinite if some call has no candidate. */
  readonly costNano: number
  /** Only models and states that cannot win were left out; else there may be a bill a little lower still. */
  readonly exact: boolean
}

/** The least bill with every call at or above the tier it needs, nano-dollars. Exact, however long it takes. */
export function optimalBill(session: TraceSession, needed: readonly Tier[], candidates: readonly Candidate[]): number {
  return findOptimum(session, needed, { candidates, mostStates: Number.POSITIVE_INFINITY }).costNano
}

/** The same; of more states than `mostStates` only the cheapest are followed. */
export function findOptimum(
  session: TraceSession,
  needed: readonly Tier[],
  { candidates, mostStates }: { readonly candidates: readonly Candidate[]; readonly mostStates: number },
): Optimum {
  const { calls, sharedTokens = 0, sharedAt } = session
  const useful = withoutBeaten(candidates, session)
  let exact = true
  let states: readonly State[] = [{ cost: 0, lastUse: useful.map(() => -1) }]
  for (const [index, call] of calls.entries()) {
    const floor = needed[index] ?? 3
    const next = new Map<string, State>()
    for (const state of states) {
      const lastUse = aliveAt(state.lastUse, call, { calls, useful })
      for (const [candidate, { tier, target }] of useful.entries()) {
        if (tier < floor) continue
        const shared = sharedAt?.[index]?.warm.has(target.id) === true ? sharedTokens : 0
        const cached = Math.max(calls[lastUse[candidate] ?? -1]?.promptTokens ?? 0, shared)
        const cost = state.cost + billWith(cached, target, call)
        keepCheaper(next, { cost, lastUse: lastUse.with(candidate, index) })
      }
    }
    if (next.size === 0) return { costNano: Number.POSITIVE_INFINITY, exact }
    states = withoutDominated([...next.values()], { calls, useful })
    if (states.length > mostStates) {
      exact = false
      states = states.toSorted((one, other) => one.cost - other.cost).slice(0, mostStates)
    }
  }
  return { costNano: states.reduce((least, state) => Math.min(least, state.cost), Number.POSITIVE_INFINITY), exact }
}

/** How many of the cheapest states each other one is held against. */
const RIVALS = 12

interface Work {
  readonly calls: readonly TraceCall[]
  readonly useful: readonly Candidate[]
}

/** As `cachesAt`: nothing is left after a compaction, nor what has expired. */
function aliveAt(lastUse: readonly number[], call: TraceCall, { calls, useful }: Work): readonly number[] {
  return lastUse.map((last, candidate) => {
    const used = calls[last]
    if (used === undefined || call.afterCompaction) return -1
    return used.atMs + (useful[candidate]?.target.lifetimeMs ?? 0) >= call.atMs ? last : -1
  })
}

function keepCheaper(states: Map<string, State>, state: State): void {
  const key = state.lastUse.join()
  const known = states.get(key)
  if (known === undefined || state.cost < known.cost) states.set(key, state)
}

/**
 * A model is of no use beside one of its own or a higher tier that is never dearer, caches at least as much, and has the
 * thread's beginning wherever it has it.
 */
function withoutBeaten(candidates: readonly Candidate[], { sharedAt = [] }: TraceSession): readonly Candidate[] {
  const warmWherever = (other: Candidate, one: Candidate): boolean =>
    sharedAt.every(({ warm }) => !warm.has(one.target.id) || warm.has(other.target.id))
  const useless = (one: Candidate, other: Candidate): boolean => beats(other, one) && warmWherever(other, one)
  return candidates.filter(
    (one, index) =>
      !candidates.some((other, at) => at !== index && useless(one, other) && !(useless(other, one) && index < at)),
  )
}

function beats(one: Candidate, other: Candidate): boolean {
  const a = one.target
  const b = other.target
  if (one.tier < other.tier || a.lifetimeMs < b.lifetimeMs) return false
  if ((a.minCacheTokens ?? Infinity) * b.tokenizerRatio > (b.minCacheTokens ?? Infinity) * a.tokenizerRatio)
    return false
  // Prices change at the steps of either only; a step counts the model's own tokens.
  const lengths = [a, b].flatMap(({ price, tokenizerRatio }) =>
    price.steps.map(({ abovePromptTokens }) => (abovePromptTokens + 1) / tokenizerRatio),
  )
  return lengths.every((length) => {
    const dear = ratesFor(b, length)
    return ratesFor(a, length).every((rate, kind) => rate <= (dear[kind] ?? 0))
  })
}

/** What a token of the reference tokenizer costs in a prompt of so many of them. */
function ratesFor({ price, tokenizerRatio }: ServingTarget, length: number): readonly number[] {
  const { input, cacheRead, cacheWriteShort, output } = ratesAt(price, Math.ceil(length * tokenizerRatio))
  return [input, cacheRead, cacheWriteShort, output].map((rate) => rate * tokenizerRatio)
}

/**
 * A state cannot win if another one, even after writing everything that only the first has cached, costs no more: it
 * could then do whatever the first does. Each is held against the cheapest few.
 */
function withoutDominated(states: readonly State[], { calls, useful }: Work): readonly State[] {
  const byCost = states.toSorted((one, other) => one.cost - other.cost)
  const dearest = useful.map(({ target }) => dearestWrite(target.price) * target.tokenizerRatio)
  const kept: State[] = []
  for (const state of byCost) {
    const beaten = kept.slice(0, RIVALS).some((rival) => state.cost >= rival.cost + catchUp(rival, state))
    if (!beaten) kept.push(state)
  }
  return kept

  function catchUp(behind: State, ahead: State): number {
    let cost = 0
    for (const [candidate, each] of dearest.entries()) {
      const other = ahead.lastUse[candidate] ?? -1
      const own = behind.lastUse[candidate] ?? -1
      if (other < 0) continue
      const shared = own >= other ? (calls[own]?.promptTokens ?? 0) : 0
      // Both counts may be rounded: a token more each.
      cost += (Math.max(0, (calls[other]?.promptTokens ?? 0) - shared) + 2) * each
    }
    return cost
  }
}

/** What a token costs more when written than when read, at whichever step of the price that is most. */
function dearestWrite({ steps }: KnownPrice): number {
  return Math.max(...steps.map(({ rates }) => Math.max(rates.cacheWriteShort, rates.input) - rates.cacheRead))
}
