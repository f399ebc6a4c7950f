import { describe, expect, it } from 'vitest'
import {
  buildCatalog,
  CATALOG_PRESETS,
  referenceTarget,
  TIERS,
  type Catalog,
} from '../../../src/core/routing/catalog.ts'
import { KNOWN_MODELS } from '../../../src/core/routing/models.ts'
import { resolvePolicy } from '../../../src/core/routing/policy.ts'
import { ROUTED_NAMES, resolveRequestedModel } from '../../../src/core/routing/requested-model.ts'

function preset(name: 'current' | 'reference'): Catalog {
  return buildCatalog(resolvePolicy({ schema: 1, catalog: { preset: name } }).catalog)
}

describe('the presets', () => {
  it('hold the published tiers', () => {
    const ids = (name: 'current' | 'reference'): readonly (readonly string[])[] =>
      TIERS.map((tier) => preset(name).tiers[tier].map((target) => target.model.id))
    const reference = [['claude-haiku-4-5', 'gpt-4.1-nano'], ['claude-sonnet-4-6', 'gpt-4o'], ['claude-opus-4-6']]
    expect(ids('reference')).toEqual(reference)
    expect(ids('current')).toEqual([
      ['claude-haiku-5-5', 'gpt-6-luna', ...(reference[0] ?? [])],
      ['claude-sonnet-5-5', 'gpt-6.1-terra', ...(reference[1] ?? [])],
      ['claude-opus-5-5', 'gpt-6.1-sol', ...(reference[2] ?? [])],
    ])
  })

  it('have a reference model per tier: the first that the team can reach', () => {
    const both = new Set(['anthropic', 'openai'])
    expect(referenceTarget(preset('current'), 3, both)?.id).toBe('anthropic/claude-opus-5-5')
    expect(referenceTarget(preset('current'), 3, new Set(['openai']))?.id).toBe('openai/gpt-6.1-sol')
    expect(referenceTarget(preset('reference'), 3, new Set(['openai']))).toBeNull()
    expect(referenceTarget(preset('reference'), 3)?.id).toBe('anthropic/claude-opus-4-6')
  })

  it('name known models only, each at the tier where it stands', () => {
    for (const name of ['current', 'reference'] as const) {
      for (const tier of TIERS) {
        expect(preset(name).tiers[tier]).toHaveLength(CATALOG_PRESETS[name][tier].length)
        for (const target of preset(name).tiers[tier]) expect(target.model.tier, target.id).toBe(tier)
      }
    }
  })
})

describe('the models', () => {
  it('have one name each', () => {
    const names = KNOWN_MODELS.flatMap((model) => [model.id, ...model.aliases])
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => Object.hasOwn(ROUTED_NAMES, name))).toEqual([])
  })

  it.each(KNOWN_MODELS.map((model) => [model.id, model.capabilities] as const))('%s is consistent', (_id, model) => {
    expect(model.maxOutputTokens).toBeLessThan(model.windowTokens)
    expect(model.dialects).toEqual(expect.arrayContaining([...model.toolDialects]))
    if (model.disabledThinkingEffort !== null) {
      expect(model.thinking).toContain('disabled')
      expect(model.efforts).toContain(model.disabledThinkingEffort)
    }
    if (model.chatToolsEffort !== null) expect(model.efforts).toContain(model.chatToolsEffort)
    expect(new Set(model.readsThinkingOf).size).toBe(model.readsThinkingOf.length)
  })

  /** Prompt and answer limits, thinking, what draws a 400, least cache: the rows of the providers' tables. */
  it.each([
    [
      'claude-haiku-4-5',
      {
        windowTokens: 200_000,
        maxOutputTokens: 64_000,
        thinking: ['budget', 'disabled'],
        efforts: [],
        systemInMessages: false,
        minCacheTokens: 4096,
      },
    ],
    [
      'claude-haiku-5-5',
      {
        windowTokens: 1_000_000,
        maxOutputTokens: 128_000,
        thinking: ['adaptive', 'disabled'],
        disabledThinkingEffort: 'high',
        sampling: false,
        prefill: false,
        forcedToolChoice: true,
        minCacheTokens: 512,
      },
    ],
    [
      'claude-sonnet-4-6',
      {
        thinking: ['adaptive', 'budget', 'disabled'],
        prefill: false,
        systemInMessages: false,
        efforts: ['low', 'medium', 'high', 'max'],
        minCacheTokens: 1024,
      },
    ],
    [
      'claude-sonnet-5',
      { thinking: ['adaptive', 'disabled'], sampling: false, systemInMessages: false, minCacheTokens: 1024 },
    ],
    [
      'claude-sonnet-5-5',
      {
        thinking: ['adaptive', 'between-tools'],
        forcedToolChoice: false,
        sampling: false,
        prefill: false,
        minCacheTokens: 512,
      },
    ],
    ['claude-opus-4-6', { prefill: false, systemInMessages: false, minCacheTokens: 4096 }],
    [
      'claude-opus-4-7',
      {
        thinking: ['adaptive', 'disabled'],
        thinksByDefault: false,
        sampling: false,
        systemInMessages: false,
        minCacheTokens: 2048,
      },
    ],
    ['claude-opus-4-8', { thinksByDefault: false, sampling: false, systemInMessages: true, minCacheTokens: 1024 }],
    ['claude-opus-5', { thinksByDefault: true, disabledThinkingEffort: 'high', sampling: false, minCacheTokens: 512 }],
    [
      'claude-opus-5-5',
      { thinking: ['adaptive'], forcedToolChoice: false, sampling: false, prefill: false, minCacheTokens: 512 },
    ],
    ['gpt-4o', { windowTokens: 128_000, maxOutputTokens: 16_384, sampling: true, outputLimitField: 'max_tokens' }],
    ['gpt-6-luna', { sampling: false, outputLimitField: 'max_completion_tokens', minCacheTokens: 1024 }],
  ])('%s is as its provider says', (id, expected) => {
    expect(KNOWN_MODELS.find((model) => model.id === id)?.capabilities).toMatchObject(expected)
  })

  it('read the thinking of those below them, not of those above', () => {
    const reads = (id: string): readonly string[] =>
      KNOWN_MODELS.find((model) => model.id === id)?.capabilities.readsThinkingOf ?? []
    expect(reads('claude-opus-5-5')).toEqual(
      expect.arrayContaining(['claude-opus-5', 'claude-sonnet-5-5', 'claude-haiku-5-5']),
    )
    expect(reads('claude-sonnet-5-5')).toEqual(
      expect.arrayContaining(['claude-sonnet-5', 'claude-opus-4-8', 'claude-haiku-5-5']),
    )
    for (const above of ['claude-opus-5', 'claude-opus-5-5', 'claude-sonnet-5-5', 'claude-fable-5-1']) {
      expect(reads('claude-haiku-5-5')).not.toContain(above)
    }
  })
})

describe('resolveRequestedModel', () => {
  const catalog = preset('current')
  it.each([
    ['auto', { kind: 'auto' }],
    ['tier-2', { kind: 'tier', tier: 2 }],
    ['toString', { kind: 'unknown', name: 'toString' }],
    ['', { kind: 'unknown', name: '' }],
    ['claude-haiku-4-5-2025', { kind: 'unknown', name: 'claude-haiku-4-5-2025' }],
  ])('%s', (name, expected) => {
    expect(resolveRequestedModel(name, catalog)).toEqual(expected)
  })

  it('finds dated aliases and target ids', () => {
    for (const name of ['claude-haiku-4-5-20251001', 'anthropic/claude-haiku-4-5']) {
      expect(resolveRequestedModel(name, catalog)).toMatchObject({ kind: 'model', model: { id: 'claude-haiku-4-5' } })
    }
  })
})
