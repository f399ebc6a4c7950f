/**
 * What a ledger has to hold for calls that ask for a model by name, worked out from outside: the quote from the request,
 * the 95th percentile from the settlements in the log, in their order. To be held against what the ledger says it held.
 */
import { readAgent } from '../../src/core/agents/read-agent.ts'
import type { DialectName } from '../../src/core/dialects/dialect.ts'
import { dialectOf } from '../../src/core/dialects/registry.ts'
import type { Quote } from '../../src/core/ledger/admission.ts'
import { learnCost, quantileNano, type LearnedCosts } from '../../src/core/ledger/learned-cost.ts'
import { buildPriceBook } from '../../src/core/pricing/price-book.ts'
import { buildCatalog } from '../../src/core/routing/catalog.ts'
import { coldContextTokens } from '../../src/core/routing/context.ts'
import { resolvePolicy } from '../../src/core/routing/policy.ts'
import { quoteRequest } from '../../src/core/routing/quote.ts'
import { readSignals } from '../../src/core/signals/read-signals.ts'
import { classify } from '../../src/core/tasks/classify.ts'
import { bodyText } from '../../src/gateway/body-text.ts'
import type { MoneyCall } from './money-calls.ts'

/** The policy the calls are made under. */
export const PINNED = { schema: 1, requestedModel: 'pin' } as const

const DIALECTS: Readonly<Record<string, DialectName>> = {
  '/v1/messages': 'anthropic-messages',
  '/v1/chat/completions': 'openai-chat-completions',
  '/v1/responses': 'openai-responses',
}

/** All models of these calls are of the middle tier. */
const TIER = 2

/** What the gateway quotes for a call of a session that nothing is known of. */
export function quoteOf(call: MoneyCall, now: number): Quote {
  const dialect = DIALECTS[call.path]!
  const policy = resolvePolicy(PINNED)
  const scan = dialectOf(dialect).scan(bodyText(new TextEncoder().encode(JSON.stringify(call.body))))
  const signals = readSignals(readAgent({ 'x-claude-code-session-id': 'any' }, scan), scan)
  const spoken = Object.values(DIALECTS)
  return quoteRequest({
    task: classify(signals, null, policy.taskRules).taskType,
    catalog: buildCatalog(policy.catalog),
    prices: buildPriceBook(policy.prices),
    policy,
    requestedModel: call.model,
    lifetime: 'short',
    eligibility: {
      needs: scan.needs,
      dialects: [dialect],
      contextTokens: coldContextTokens(signals),
      outputLimit: signals.outputLimit,
      availability: {
        providers: new Map([
          ['anthropic', spoken],
          ['openai', spoken],
        ]),
        cooldowns: {},
      },
      stateProvider: null,
      hardBudget: false,
      now,
    },
  })
}

/** A call as the log has it. */
export interface SettledCost {
  readonly quote: Quote
  readonly costNano: number
  readonly estimated: boolean
}

/** What was learned after so many settlements: the first entry is before any. */
export function learnedAfterEach(settled: readonly SettledCost[]): readonly LearnedCosts[] {
  const learned: LearnedCosts = new Map()
  const after: LearnedCosts[] = [new Map()]
  for (const { quote, costNano, estimated } of settled) {
    if (!estimated) learnCost(learned, quote.kind!, { tier: TIER, costNano, quotedNano: quotedNano(quote) })
    after.push(structuredClone(learned))
  }
  return after
}

/** The 95th percentile of a call's kind, never more than all that it asks for. */
export function p95Nano(learned: LearnedCosts, quote: Quote): number {
  return Math.min(worstNano(quote), quantileNano(learned, quote.kind!, { tier: TIER, quotedNano: quotedNano(quote) }))
}

/** What a call needs that is not admitted: its 95th percentile, and its guard as far as the worst case leaves any. */
export function neededNano(learned: LearnedCosts, quote: Quote): number {
  const p95 = p95Nano(learned, quote)
  return p95 + Math.min(guardNano(quote), worstNano(quote) - p95)
}

export function guardNano({ guardNano: guard }: Quote): number {
  return typeof guard === 'object' ? guard[TIER] : (guard ?? 0)
}

export function worstNano(quote: Quote): number {
  return quote.worstNano[TIER]!
}

function quotedNano(quote: Quote): number {
  return quote.expectedNano[TIER]!
}
