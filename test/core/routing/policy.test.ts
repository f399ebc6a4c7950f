import { describe, expect, it } from 'vitest'
import { buildPriceBook, priceOf } from '../../../src/core/pricing/price-book.ts'
import { buildCatalog } from '../../../src/core/routing/catalog.ts'
import { DEFAULT_POLICY_JSON, InvalidPolicy, resolvePolicy } from '../../../src/core/routing/policy.ts'
import { NOW } from './route-input.ts'

function problems(json: unknown): readonly string[] {
  try {
    resolvePolicy(json)
  } catch (error) {
    if (error instanceof InvalidPolicy) return error.problems
    throw error
  }
  return []
}

describe('resolvePolicy', () => {
  it('fills in every default', () => {
    expect(resolvePolicy(DEFAULT_POLICY_JSON, 7)).toEqual({
      version: 7,
      rules: 'default',
      strategy: 'rules',
      catalog: { preset: 'current', tiers: { 1: [], 2: [], 3: [] }, exclude: [], models: [] },
      taskTiers: {},
      taskRules: [],
      growth: { measure: 'turn-growth', tier2At: 20_000, tier3At: 50_000 },
      requestedModel: 'ceiling',
      translation: 'when-needed',
      promptCaching: { plan: true, lifetime: 'auto' },
      subagents: 'inherit',
      iterations: {
        withoutProgress: 25,
        perTurn: 100,
        sameCall: 5,
        perSubagentTree: null,
        perSession: null,
        onCap: 'surface',
      },
      evidence: { toolErrors: 3, repeatedCalls: 3, complaint: true, maxSteps: 2 },
      expectations: { iterationsLeft: null, growthPerCall: null, outputTokens: 300 },
      scope: { taskTypes: null, keys: null, share: 1 },
      prices: {},
      failures: {
        retries: 2,
        fallbacks: 2,
        deadlineMs: 300_000,
        longestWaitMs: 5_000,
        streamTimeoutMs: 240_000,
        answerTimeoutMs: 600_000,
      },
    })
  })

  it('knows the literal rules, and lets a policy deviate from a preset', () => {
    const literal = resolvePolicy({ schema: 1, rules: 'literal' })
    expect(literal.growth.measure).toBe('total')
    expect(literal.iterations).toMatchObject({ withoutProgress: null, perTurn: 25, sameCall: 5, onCap: 'surface' })
    const mixed = resolvePolicy({
      schema: 1,
      rules: 'literal',
      growth: { measure: 'none' },
      iterations: { perTurn: null },
    })
    expect(mixed.growth.measure).toBe('none')
    expect(mixed.iterations.perTurn).toBeNull()
  })

  it('takes every cap and what happens at it from the policy', () => {
    const iterations = {
      withoutProgress: null,
      perTurn: 40,
      sameCall: null,
      perSubagentTree: 200,
      perSession: 1000,
      onCap: 'alert',
    } as const
    expect(resolvePolicy({ schema: 1, iterations }).iterations).toEqual(iterations)
  })

  it('is frozen, all the way down', () => {
    const policy = resolvePolicy({ schema: 1, catalog: { exclude: ['openai/gpt-4o'] } })
    expect([policy, policy.growth, policy.catalog, policy.catalog.exclude].every(Object.isFrozen)).toBe(true)
  })

  it.each([
    [null, /^policy: /],
    [{}, /^schema: /],
    [{ schema: 2 }, /^schema: /],
    [{ schema: 1, sheme: 'default' }, /^policy: .*sheme/],
    [{ schema: 1, growth: { tier2at: 1 } }, /^growth: .*tier2at/],
    [{ schema: 1, growth: { tier2At: -1 } }, /^growth\.tier2At: /],
    [{ schema: 1, growth: { tier2At: 1.5 } }, /^growth\.tier2At: /],
    [{ schema: 1, growth: { tier2At: 50_001 } }, /^growth\.tier2At: must not be above/],
    [{ schema: 1, taskTiers: { poetry: 1 } }, /^taskTiers/],
    [{ schema: 1, taskTiers: { bug_fix: 4 } }, /^taskTiers\.bug_fix: /],
    [{ schema: 1, subagents: { tier: 1, ceiling: 2 } }, /^subagents: /],
    [{ schema: 1, catalog: { tiers: { '1': ['haiku'] } } }, /^catalog\.tiers\.1\.0: must read provider\/model/],
    [{ schema: 1, catalog: { tiers: { '1': ['acme/fast'] } } }, /^catalog\.tiers: acme\/fast names no known model/],
    [{ schema: 1, iterations: { perTurn: 0 } }, /^iterations\.perTurn: /],
    [{ schema: 1, iterations: { sameCall: 1 } }, /^iterations\.sameCall: /],
    [{ schema: 1, iterations: { onCap: 'stop' } }, /^iterations\.onCap: /],
    [{ schema: 1, evidence: { maxSteps: 3 } }, /^evidence\.maxSteps: /],
    [{ schema: 1, scope: { share: 2 } }, /^scope\.share: /],
    [
      { schema: 1, prices: { 'openai/gpt-4o': { input: 0.0001, output: 1 } } },
      /^prices\..*input: at most three decimals/,
    ],
  ])('refuses %j and says where', (json, place) => {
    expect(problems(json)).toEqual([expect.stringMatching(place)])
  })
})

describe("a team's own models and prices", () => {
  const policy = resolvePolicy({
    schema: 1,
    catalog: {
      tiers: { '1': ['acme/fast-1'] },
      exclude: ['openai/gpt-4.1-nano'],
      models: [
        {
          id: 'fast-1',
          provider: 'acme',
          tier: 1,
          aliases: ['fast'],
          capabilities: { windowTokens: 64_000, maxOutputTokens: 8_000, dialects: ['openai-chat-completions'] },
        },
      ],
    },
    prices: {
      'acme/fast-1': { input: 0.05, output: 0.2, steps: [{ abovePromptTokens: 32_000, input: 0.1, output: 0.4 }] },
    },
  })

  it('stand in front of the preset, without what is excluded', () => {
    const ids = buildCatalog(policy.catalog).tiers[1].map((target) => target.id)
    expect(ids).toEqual([
      'acme/fast-1',
      'anthropic/claude-haiku-5-5',
      'openai/gpt-6-luna',
      'anthropic/claude-haiku-4-5',
    ])
  })

  it('are found by id, alias and target id, and accept little by default', () => {
    const { models } = buildCatalog(policy.catalog)
    expect(models.get('fast')).toBe(models.get('acme/fast-1'))
    expect(models.get('fast-1')?.capabilities).toMatchObject({
      tools: true,
      images: false,
      caching: 'none',
      thinking: [],
    })
  })

  it('have the price the team states, no cache discount assumed', () => {
    const price = priceOf(buildPriceBook(policy.prices), 'acme/fast-1', NOW)
    expect(price).toMatchObject({
      source: 'policy',
      steps: [
        { abovePromptTokens: 0, rates: { input: 50, cacheRead: 50, cacheWriteShort: 50, output: 200 } },
        { abovePromptTokens: 32_000, rates: { input: 100, output: 400 } },
      ],
    })
    expect(priceOf(buildPriceBook(), 'acme/fast-1', NOW)).toEqual({ status: 'unpriced' })
  })
})
