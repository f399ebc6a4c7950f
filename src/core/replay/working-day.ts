/**
 * A developer's working day as the published cost comparisons mean it: so many calls of easy, medium and hard work, and
 * what they cost under each way of serving them, one measure after the other. Everything it assumes is in `DayShape`.
 */
import { batchCost } from '../pricing/cost.ts'
import { promptTokens } from '../chat/usage.ts'
import { referenceTarget } from '../routing/catalog.ts'
import type { Tier } from '../tasks/task-types.ts'
import { billTiers } from './bill-tiers.ts'
import { workOfTier, type CallWork } from './call-work.ts'
import { NotReplayable, replaySession, type ReplayInput, type ReplayedCall } from './replay-session.ts'
import { servingTarget, type ServingTarget } from './serving-target.ts'
import type { TraceCall, TraceSession } from './trace.ts'

export interface DayShape {
  /** Calls of one developer in a day. */
  readonly calls: number
  readonly shares: { readonly easy: number; readonly medium: number }
  /** Conversations in a day; the calls are spread over them evenly. */
  readonly conversations: number
  readonly callsPerTurn: number
  /** Tokens of the reference tokenizer: of a conversation's first prompt, and that each call adds. */
  readonly firstPromptTokens: number
  readonly growthTokens: number
  readonly outputTokens: number
  /** Between the calls of a turn, and between turns. */
  readonly callGapMs: number
  readonly turnGapMs: number
  /** Share of the turns whose answer can wait for a batch. */
  readonly batchShare: number
}

interface Conversation {
  readonly trace: TraceSession
  readonly tiers: readonly Tier[]
  readonly work: readonly CallWork[]
  /** Per call. */
  readonly waits: readonly boolean[]
}

/** Draws a day. `random` yields numbers in [0, 1). */
export function drawDay(shape: DayShape, random: () => number): readonly Conversation[] {
  return Array.from({ length: shape.conversations }, (_, index) => {
    const from = Math.round((index * shape.calls) / shape.conversations)
    const to = Math.round(((index + 1) * shape.calls) / shape.conversations)
    return drawConversation(`day-${index}`, { ...shape, calls: to - from }, random)
  })
}

function drawConversation(id: string, shape: DayShape, random: () => number): Conversation {
  const calls: TraceCall[] = []
  const tiers: Tier[] = []
  const waits: boolean[] = []
  let atMs = 0
  let tier: Tier = 1
  let waiting = false
  for (let index = 0; index < shape.calls; index += 1) {
    const startsTurn = index % shape.callsPerTurn === 0
    if (startsTurn) {
      const point = random()
      tier = point < shape.shares.easy ? 1 : point < shape.shares.easy + shape.shares.medium ? 2 : 3
      waiting = random() < shape.batchShare
    }
    if (index > 0) atMs += startsTurn ? shape.turnGapMs : shape.callGapMs
    calls.push({
      atMs,
      promptTokens: shape.firstPromptTokens + index * shape.growthTokens,
      outputTokens: shape.outputTokens,
      startsTurn,
      afterCompaction: false,
      edited: false,
    })
    tiers.push(tier)
    waits.push(waiting)
  }
  return { trace: { id, calls }, tiers, work: tiers.map(workOfTier), waits }
}

/** One day's bills, nano-dollars. */
export interface DayBills {
  readonly allTop: number
  readonly allMiddle: number
  readonly routed: number
  readonly cached: number
  readonly batched: number
  /** Of these, the calls that can wait: at the top tier without cache, and in the batch. */
  readonly waitingTop: number
  readonly waitingBatched: number
  /** Of all prompt tokens of the cached day, those read from a cache. */
  readonly cacheShare: number
  /** The same days' top and middle with the cache. */
  readonly allTopCached: number
  readonly allMiddleCached: number
}

/** Bills a day: all-top, all-middle and routed without any cache, then with it, then with batches on top. */
export function billDay(day: readonly Conversation[], input: ReplayInput): DayBills {
  const top = tierTarget(3, input)
  const middle = tierTarget(2, input)
  const fixed = (target: ServingTarget): readonly number[] => day.flatMap(({ trace }) => costsAt(trace, target))
  const routed = replayDay(day, { ...input, caching: false })
  const cached = replayDay(day, input)
  const waits = day.flatMap((conversation) => conversation.waits)
  const batched = cached.map(({ costNano }, index) => (waits[index] === true ? batchCost(costNano) : costNano))
  const allTop = fixed(uncached(top))
  const waiting = (costs: readonly number[]): number => sum(costs.filter((_cost, index) => waits[index] === true))
  const prompts = sum(cached.map(({ usage }) => promptTokens(usage)))
  return {
    allTop: sum(allTop),
    allMiddle: sum(fixed(uncached(middle))),
    routed: sum(routed.map(({ costNano }) => costNano)),
    cached: sum(cached.map(({ costNano }) => costNano)),
    batched: sum(batched),
    waitingTop: waiting(allTop),
    waitingBatched: waiting(batched),
    cacheShare: prompts === 0 ? 0 : sum(cached.map(({ usage }) => usage.cacheReadTokens)) / prompts,
    allTopCached: sum(fixed(top)),
    allMiddleCached: sum(fixed(middle)),
  }
}

function replayDay(day: readonly Conversation[], input: ReplayInput): readonly ReplayedCall[] {
  return day.flatMap(({ trace, work }) => replaySession(trace, work, input).calls)
}

function costsAt(trace: TraceSession, target: ServingTarget): readonly number[] {
  const costs: number[] = []
  const tiers = trace.calls.map((): Tier => 3)
  billTiers(trace, tiers, { 1: target, 2: target, 3: target }, (costNano) => costs.push(costNano))
  return costs
}

/** The tier's reference model. Throws `NotReplayable` where the tier has none with a price. */
export function tierTarget(tier: Tier, input: ReplayInput): ServingTarget {
  const reference = referenceTarget(input.catalog, tier, input.providers)
  const target = reference === null ? null : servingTarget(reference.model, input)
  if (target === null) throw new NotReplayable(`tier ${tier} has no priced model of these providers`)
  return target
}

function uncached(target: ServingTarget): ServingTarget {
  return { ...target, minCacheTokens: null }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
