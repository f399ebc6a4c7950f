import { describe, expect, it } from 'vitest'
import { UNPRICED, buildPriceBook, priceOf } from '../../../src/core/pricing/price-book.ts'
import { asTarget, buildCatalog } from '../../../src/core/routing/catalog.ts'
import { ineligibility, type EligibilityInput, type Ineligibility } from '../../../src/core/routing/eligible.ts'
import { resolvePolicy } from '../../../src/core/routing/policy.ts'
import { NO_NEEDS, NOW, providersOf } from './route-input.ts'

const catalog = buildCatalog(resolvePolicy({ schema: 1 }).catalog)

const QUIET: EligibilityInput = {
  needs: NO_NEEDS,
  dialects: ['anthropic-messages'],
  contextTokens: 20_000,
  outputLimit: null,
  availability: { providers: providersOf('anthropic', 'openai'), cooldowns: {} },
  stateProvider: null,
  hardBudget: false,
  now: NOW,
}

function verdict(id: string, change: Partial<EligibilityInput>): Ineligibility | null {
  const model = catalog.models.get(id)
  if (model === undefined) throw new Error(`no model ${id}`)
  const target = asTarget(catalog, model)
  return ineligibility(target, priceOf(buildPriceBook(), target.id, NOW), { ...QUIET, ...change })
}

const chat = ['openai-chat-completions'] as const

describe('ineligibility', () => {
  it.each<[string, string, Partial<EligibilityInput>, Ineligibility | null]>([
    ['a quiet request', 'claude-haiku-4-5', {}, null],
    [
      'no such provider',
      'claude-haiku-4-5',
      { availability: { providers: providersOf('openai'), cooldowns: {} } },
      'no_provider',
    ],
    [
      'target cooling down',
      'claude-haiku-4-5',
      { availability: { ...QUIET.availability, cooldowns: { 'anthropic/claude-haiku-4-5': NOW + 1 } } },
      'cooling_down',
    ],
    [
      'provider cooling down',
      'claude-haiku-4-5',
      { availability: { ...QUIET.availability, cooldowns: { anthropic: NOW + 1 } } },
      'cooling_down',
    ],
    [
      'cooled down by now',
      'claude-haiku-4-5',
      { availability: { ...QUIET.availability, cooldowns: { anthropic: NOW } } },
      null,
    ],
    ['another dialect', 'gpt-4o', {}, 'dialect'],
    [
      'a dialect it can be translated to',
      'gpt-4o',
      { dialects: ['anthropic-messages', 'openai-chat-completions'] },
      null,
    ],
    ['the window with room for an answer', 'claude-haiku-4-5', { contextTokens: 191_808 }, null],
    ['the window too full', 'claude-haiku-4-5', { contextTokens: 191_809 }, 'window'],
    ['a short answer fits', 'claude-haiku-4-5', { contextTokens: 199_000, outputLimit: 1000 }, null],
    [
      'a big limit is adapted, not ruled out',
      'claude-haiku-4-5',
      { contextTokens: 150_000, outputLimit: 128_000 },
      null,
    ],
    ['the window in its own tokens', 'claude-opus-5-5', { contextTokens: 770_000 }, 'window'],
    [
      'forced tool choice, rejected',
      'claude-opus-5-5',
      { needs: { ...NO_NEEDS, toolChoice: 'forced' } },
      'forced_tool_choice',
    ],
    ['forced tool choice, accepted', 'claude-haiku-5-5', { needs: { ...NO_NEEDS, toolChoice: 'forced' } }, null],
    ['prefill, rejected', 'claude-sonnet-4-6', { needs: { ...NO_NEEDS, prefill: true } }, 'prefill'],
    ['prefill, accepted', 'claude-haiku-4-5', { needs: { ...NO_NEEDS, prefill: true } }, null],
    [
      'tools that Chat Completions does not take',
      'gpt-6.1-sol',
      { dialects: chat, needs: { ...NO_NEEDS, tools: true } },
      'tools',
    ],
    [
      'the same tools in Responses',
      'gpt-6.1-sol',
      { dialects: ['openai-responses'], needs: { ...NO_NEEDS, tools: true } },
      null,
    ],
    ['state kept by another provider', 'gpt-4o', { dialects: chat, stateProvider: 'anthropic' }, 'provider_state'],
    ['state kept by its own', 'gpt-4o', { dialects: chat, stateProvider: 'openai' }, null],
    [
      'state kept by another provider, told also of one that is cooling down and not allowed',
      'gpt-4o',
      {
        dialects: chat,
        stateProvider: 'anthropic',
        allowedModels: ['claude-haiku-4-5'],
        availability: { ...QUIET.availability, cooldowns: { openai: NOW + 1000 } },
      },
      'provider_state',
    ],
    [
      'everything that can be adapted',
      'claude-haiku-4-5',
      {
        needs: {
          ...NO_NEEDS,
          thinking: { kind: 'adaptive' },
          effort: 'xhigh',
          sampling: ['top_k'],
          systemInMessages: true,
          signedThinking: true,
        },
      },
      null,
    ],
  ])('%s: %s', (_name, id, change, expected) => {
    expect(verdict(id, change)).toBe(expected)
  })

  it.each(['images', 'documents', 'tools', 'json_schema'] as const)('%s that the model lacks', (what) => {
    const model = catalog.models.get('claude-haiku-4-5')
    if (model === undefined) throw new Error('no model')
    const lacking = { images: false, documents: false, tools: false, jsonSchema: false }
    const target = asTarget(catalog, { ...model, id: 'plain', capabilities: { ...model.capabilities, ...lacking } })
    const need = what === 'json_schema' ? 'jsonSchema' : what
    const price = priceOf(buildPriceBook(), 'anthropic/claude-haiku-4-5', NOW)
    expect(ineligibility(target, price, { ...QUIET, needs: { ...NO_NEEDS, [need]: true } })).toBe(what)
  })

  it('an unpriced model, under a hard budget only', () => {
    const [target] = catalog.tiers[1]
    if (target === undefined) throw new Error('no target')
    expect(ineligibility(target, UNPRICED, QUIET)).toBeNull()
    expect(ineligibility(target, UNPRICED, { ...QUIET, hardBudget: true })).toBe('unpriced_under_hard_budget')
  })
})
