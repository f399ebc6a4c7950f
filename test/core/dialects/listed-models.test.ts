import { describe, expect, it } from 'vitest'
import * as anthropic from '../../../src/core/dialects/anthropic-messages/models-list.ts'
import { listedModels } from '../../../src/core/dialects/listed-models.ts'
import * as openai from '../../../src/core/dialects/openai-models-list.ts'
import { KNOWN_MODELS } from '../../../src/core/routing/models.ts'
import { ROUTED_NAMES } from '../../../src/core/routing/requested-model.ts'

const ids = (list: readonly { readonly id: string }[]): string[] => list.map((model) => model.id)
const all = ids(listedModels(KNOWN_MODELS))

describe('what may be asked for', () => {
  it('lists every routed name once and every model once', () => {
    expect(all).toEqual([...Object.keys(ROUTED_NAMES), ...ids(KNOWN_MODELS)])
    expect(new Set(all).size).toBe(all.length)
  })

  it('gives clients that keep only ids with "claude" a name for routing and for each tier', () => {
    const kept = all.filter((id) => id.includes('claude') && id.includes('headgate'))
    expect(kept).toEqual([
      'claude-headgate-auto',
      'claude-headgate-tier-1',
      'claude-headgate-tier-2',
      'claude-headgate-tier-3',
    ])
  })

  it('leaves out a tier without models, and gives a tier the limits of its largest model', () => {
    const haiku = KNOWN_MODELS.filter((model) => model.id === 'claude-haiku-4-5')
    const listed = listedModels(haiku)
    expect(ids(listed)).not.toContain('tier-2')
    expect(listed.find((model) => model.id === 'auto')).toMatchObject({
      windowTokens: 200_000,
      maxOutputTokens: 64_000,
    })
    expect(listedModels([])).toEqual([])
  })
})

describe('the Anthropic list', () => {
  it('writes a model as the API does', () => {
    expect(anthropic.writeModel(KNOWN_MODELS, 'claude-haiku-4-5-20251001')).toEqual({
      type: 'model',
      id: 'claude-haiku-4-5',
      display_name: 'Claude Haiku 4.5',
      description: 'Claude Haiku 4.5 of anthropic, tier 1.',
      created_at: '2025-10-01T00:00:00Z',
      max_input_tokens: 200_000,
      max_tokens: 64_000,
      capabilities: null,
      lifecycle: 'active',
      line: null,
      deprecated_at: null,
      retires_at: null,
    })
    expect(anthropic.writeModel(KNOWN_MODELS, 'nonsense')).toBeNull()
  })

  it.each([1, 3, 7, 20, 1000])('pages forwards through everything, %i at a time', (limit) => {
    const seen: string[] = []
    let page = anthropic.writeModelsPage(KNOWN_MODELS, { limit })
    for (;;) {
      seen.push(...ids(page.data))
      expect(page).toMatchObject({ first_id: page.data[0]?.id, last_id: page.data.at(-1)?.id })
      if (!page.has_more) break
      page = anthropic.writeModelsPage(KNOWN_MODELS, { limit, afterId: page.last_id ?? '' })
    }
    expect(seen).toEqual(all)
  })

  it('pages backwards', () => {
    const page = anthropic.writeModelsPage(KNOWN_MODELS, { limit: 2, beforeId: all[3] })
    expect(ids(page.data)).toEqual([all[1], all[2]])
    expect(page.has_more).toBe(true)
    expect(anthropic.writeModelsPage(KNOWN_MODELS, { limit: 2, beforeId: all[1] })).toMatchObject({
      has_more: false,
      last_id: all[0],
    })
  })

  it('takes bad limits and unknown cursors for absent ones', () => {
    expect(anthropic.writeModelsPage(KNOWN_MODELS, { limit: Number.NaN, afterId: 'x' }).data).toHaveLength(20)
    expect(anthropic.writeModelsPage(KNOWN_MODELS, { limit: -5 }).data).toHaveLength(1)
    expect(anthropic.writeModelsPage([])).toEqual({ data: [], has_more: false, first_id: null, last_id: null })
  })
})

describe('when a model came to be', () => {
  it('is told of dated ids and of the routed names; the epoch stands for what is not known', () => {
    const dates = new Map(listedModels(KNOWN_MODELS).map(({ id, createdAt }) => [id, createdAt]))
    expect(dates.get('gpt-5')).toBe(Date.UTC(2025, 7, 7))
    expect(dates.get('auto')).toBeGreaterThan(Date.UTC(2026, 10, 1))
    expect(dates.get('claude-opus-5-5')).toBeNull()
    expect(anthropic.writeModel(KNOWN_MODELS, 'claude-opus-5-5')?.created_at).toBe('1970-01-01T00:00:00Z')
    expect(openai.writeModel(KNOWN_MODELS, 'claude-opus-5-5')?.created).toBe(0)
  })
})

describe('the OpenAI list', () => {
  it('lists everything', () => {
    const list = openai.writeModelsList(KNOWN_MODELS)
    expect(list.object).toBe('list')
    expect(ids(list.data)).toEqual(all)
  })

  it('writes one model', () => {
    expect(openai.writeModel(KNOWN_MODELS, 'gpt-4o')).toMatchObject({
      id: 'gpt-4o',
      object: 'model',
      // The day of its first dated id.
      created: Date.UTC(2024, 7, 6) / 1000,
      owned_by: 'openai',
      name: 'GPT-4o',
      context_length: 128_000,
      max_output_tokens: 16_384,
    })
    expect(openai.writeModel(KNOWN_MODELS, 'auto')).toMatchObject({ id: 'auto', owned_by: 'headgate' })
    expect(openai.writeModel(KNOWN_MODELS, 'nonsense')).toBeNull()
  })
})
