/**
 * The price of a request before its session is known, for the ledger's admission: per tier, the cold price of the
 * dearest target that could be eligible. It reserves nothing and chooses nothing.
 */
import type { Quote } from '../ledger/admission.ts'
import { GUARD_TOKENS, promptNano } from '../ledger/affordable-output.ts'
import { ratesAt } from '../pricing/cost.ts'
import { priceOf, type PriceBook } from '../pricing/price-book.ts'
import type { TaskType, Tier } from '../tasks/task-types.ts'
import { asTarget, type Catalog, type Target } from './catalog.ts'
import { ineligibility, type EligibilityInput } from './eligible.ts'
import type { Policy } from './policy.ts'
import { resolveRequestedModel } from './requested-model.ts'
import { mayProduceUnseen } from './unseen-output.ts'

export interface QuoteInput {
  readonly catalog: Catalog
  readonly prices: PriceBook
  readonly policy: Policy
  readonly requestedModel: string
  readonly eligibility: EligibilityInput
  readonly lifetime: 'short' | 'long'
  /** The task as far as it can be guessed before the session is known. */
  readonly task?: TaskType
}

/**
 * Quotes a request: nothing cached, all of it written. Unpriced targets are left out; null: no priced target. The guard
 * is that of the tier's dearest answer; the kind is the guessed task, the size of the context and whether it is thought.
 */
export function quoteRequest(input: QuoteInput): Quote {
  const quotes = quotable(input).flatMap((target) => {
    const quote = quoteTarget(target, input)
    return quote === null ? [] : [quote]
  })
  const dearest = (tier: Tier, pick: (quote: TargetQuote) => number): number | null =>
    quotes
      .filter((quote) => quote.tier === tier)
      .reduce<number | null>((most, quote) => Math.max(most ?? 0, pick(quote)), null)
  const perTier = (pick: (quote: TargetQuote) => number): Record<Tier, number | null> => ({
    1: dearest(1, pick),
    2: dearest(2, pick),
    3: dearest(3, pick),
  })
  const unseen = (tier: Tier): boolean => quotes.some((quote) => quote.tier === tier && quote.unseen)
  const guard = perTier((quote) => quote.guardNano)
  return {
    expectedNano: perTier((quote) => quote.expectedNano),
    worstNano: perTier((quote) => quote.worstNano),
    guardNano: { 1: guard[1] ?? 0, 2: guard[2] ?? 0, 3: guard[3] ?? 0 },
    unseen: { 1: unseen(1), 2: unseen(2), 3: unseen(3) },
    ...(input.task === undefined ? {} : { kind: kindOf(input.task, input, quotes) }),
  }
}

/** Who thinks says more than who does not. */
function kindOf(task: TaskType, { eligibility }: QuoteInput, quotes: readonly TargetQuote[]): string {
  return `${task} ${sizeClass(eligibility.contextTokens)}${quotes.some(({ unseen }) => unseen) ? ' thinking' : ''}`
}

/** Calls of one task cost alike while their contexts are of one class: most of a small one is new, most of a large one cached. */
function sizeClass(contextTokens: number): string {
  return contextTokens < 8_000 ? 'small' : contextTokens < 64_000 ? 'medium' : 'large'
}

interface TargetQuote {
  readonly tier: Tier
  readonly expectedNano: number
  readonly worstNano: number
  readonly guardNano: number
  readonly unseen: boolean
}

/**
 * The targets of all tiers, and the model asked for, which a call out of scope goes to. Where the policy pins calls to
 * the model they name, nothing else.
 */
function quotable({ catalog, requestedModel, policy }: QuoteInput): readonly Target[] {
  const listed = [...catalog.tiers[1], ...catalog.tiers[2], ...catalog.tiers[3]]
  const requested = resolveRequestedModel(requestedModel, catalog)
  if (requested.kind !== 'model') return listed
  const own = asTarget(catalog, requested.model)
  if (policy.requestedModel === 'pin') return [own]
  return listed.some((target) => target.id === own.id) ? listed : [...listed, own]
}

function quoteTarget(target: Target, input: QuoteInput): TargetQuote | null {
  const { eligibility, policy, lifetime } = input
  const price = priceOf(input.prices, target.id, eligibility.now)
  if (price.status === 'unpriced' || ineligibility(target, price, eligibility) !== null) return null
  const { tokenizerRatio, capabilities } = target.model
  const context = Math.ceil(eligibility.contextTokens * tokenizerRatio)
  const rates = ratesAt(price, context)
  const prompt = promptNano({ price, promptTokens: context, warmTokens: 0, lifetime })
  const limit = Math.min(eligibility.outputLimit ?? capabilities.maxOutputTokens, capabilities.maxOutputTokens)
  const expected = Math.min(limit, Math.ceil(policy.expectations.outputTokens * tokenizerRatio))
  return {
    tier: target.tier,
    expectedNano: prompt + expected * rates.output,
    worstNano: prompt + limit * rates.output,
    guardNano: GUARD_TOKENS * rates.output,
    unseen: mayProduceUnseen(capabilities, eligibility.needs),
  }
}
