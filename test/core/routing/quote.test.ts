import { describe, expect, it } from 'vitest'
import { GUARD_TOKENS } from '../../../src/core/ledger/affordable-output.ts'
import { buildPriceBook } from '../../../src/core/pricing/price-book.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { resolvePolicy, type PolicyJson } from '../../../src/core/routing/policy.ts'
import { quoteRequest, type QuoteInput } from '../../../src/core/routing/quote.ts'
import { NO_NEEDS, NOW, providersOf } from './route-input.ts'

function quoteInput(json: Omit<PolicyJson, 'schema'>, change: Partial<QuoteInput['eligibility']> = {}): QuoteInput {
  const policy = resolvePolicy({ schema: 1, ...json })
  return {
    catalog: buildCatalog(policy.catalog),
    prices: buildPriceBook(policy.prices),
    policy,
    requestedModel: 'auto',
    eligibility: {
      needs: NO_NEEDS,
      dialects: ['anthropic-messages'],
      contextTokens: 10_000,
      outputLimit: 1_000,
      availability: { providers: providersOf('anthropic', 'openai'), cooldowns: {} },
      stateProvider: null,
      hardBudget: true,
      now: NOW,
      ...change,
    },
    lifetime: 'short',
  }
}

describe('quoteRequest', () => {
  const reference = { catalog: { preset: 'reference' } } as const

  it('writes the whole prompt, and answers what is expected or all that is allowed', () => {
    expect(quoteRequest({ ...quoteInput(reference), task: 'docstring' })).toEqual({
      kind: 'docstring medium',
      guardNano: { 1: GUARD_TOKENS * 5_000, 2: GUARD_TOKENS * 15_000, 3: GUARD_TOKENS * 25_000 },
      expectedNano: {
        1: 10_000 * 1_250 + 300 * 5_000,
        2: 10_000 * 3_750 + 300 * 15_000,
        3: 10_000 * 6_250 + 300 * 25_000,
      },
      worstNano: {
        1: 10_000 * 1_250 + 1_000 * 5_000,
        2: 10_000 * 3_750 + 1_000 * 15_000,
        3: 10_000 * 6_250 + 1_000 * 25_000,
      },
      unseen: { 1: false, 2: false, 3: false },
    })
  })

  it('tells the tiers at which a target may produce what nobody sees', () => {
    const asked = { ...quoteInput(reference).eligibility.needs, thinking: { kind: 'adaptive' as const } }
    expect(quoteRequest(quoteInput(reference, { needs: asked })).unseen).toEqual({ 1: true, 2: true, 3: true })
    expect(quoteRequest(quoteInput({})).unseen).toEqual({ 1: true, 2: true, 3: true })
    const off = { ...quoteInput({}).eligibility.needs, thinking: { kind: 'disabled' as const }, effort: 'none' }
    // The newer models of the middle and the top think whatever they are told.
    expect(quoteRequest(quoteInput({}, { needs: off })).unseen).toEqual({ 1: false, 2: true, 3: true })
  })

  it('takes the dearest of a tier, counted in its own tokens', () => {
    const quote = quoteRequest(quoteInput({}))
    expect(quote.expectedNano[3]).toBe(13_000 * 5_000 + 390 * 20_000)
    expect(quote.expectedNano[1]).toBe(10_000 * 1_250 + 300 * 5_000)
  })

  it('is that of the model asked for alone, where calls are pinned to it', () => {
    const pinned = { ...quoteInput({ requestedModel: 'pin' }), requestedModel: 'claude-sonnet-4-6' }
    expect(quoteRequest(pinned).expectedNano).toEqual({ 1: null, 2: 10_000 * 3_750 + 300 * 15_000, 3: null })
  })

  it('is null for a tier that nothing can serve', () => {
    const forced = quoteRequest(quoteInput(reference, { dialects: ['openai-chat-completions'] }))
    expect(forced.expectedNano[3]).toBeNull()
    expect(forced.expectedNano[2]).not.toBeNull()
  })

  it('covers a model asked for that no tier lists', () => {
    const input = { ...quoteInput({ catalog: { preset: 'none' } }), requestedModel: 'claude-opus-4-8' }
    expect(quoteRequest(input).expectedNano[3]).toBe(13_000 * 6_250 + 390 * 25_000)
  })
})
