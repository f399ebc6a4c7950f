import { describe, expect, it } from 'vitest'
import type { NotServable, ServingLimits } from '../../../src/core/dialects/adaptation.ts'
import { acceptedEffort, whyNotServable } from '../../../src/core/dialects/adaptation.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import type { RequestNeeds } from '../../../src/core/dialects/request-scan.ts'
import { KNOWN_MODELS } from '../../../src/core/routing/models.ts'

const NEEDS: RequestNeeds = {
  images: false,
  documents: false,
  tools: false,
  toolChoice: 'default',
  prefill: false,
  thinking: null,
  effort: null,
  sampling: [],
  systemInMessages: false,
  jsonSchema: false,
  signedThinking: false,
  providerState: null,
}

interface Case {
  readonly model: string
  readonly needs?: Partial<RequestNeeds>
  readonly limits?: ServingLimits
  readonly without?: 'images' | 'documents' | 'tools' | 'jsonSchema'
  readonly dialect?: DialectName
}

describe('why a model cannot serve a request', () => {
  it.each<[NotServable | null, Case]>([
    [null, { model: 'claude-opus-5-5', needs: { images: true, tools: true, documents: true, jsonSchema: true } }],
    ['dialect', { model: 'gpt-4o' }],
    ['forced_tool_choice', { model: 'claude-opus-5-5', needs: { toolChoice: 'forced' } }],
    [null, { model: 'claude-haiku-4-5', needs: { toolChoice: 'forced' } }],
    ['prefill', { model: 'claude-sonnet-4-6', needs: { prefill: true } }],
    ['images', { model: 'claude-opus-5-5', needs: { images: true }, without: 'images' }],
    ['documents', { model: 'claude-opus-5-5', needs: { documents: true }, without: 'documents' }],
    ['tools', { model: 'claude-opus-5-5', needs: { tools: true }, without: 'tools' }],
    ['json_schema', { model: 'claude-opus-5-5', needs: { jsonSchema: true }, without: 'jsonSchema' }],
    ['tools', { model: 'gpt-6.1-sol', needs: { tools: true }, dialect: 'openai-chat-completions' }],
    [null, { model: 'gpt-6.1-sol', needs: { tools: true }, dialect: 'openai-responses' }],
    ['window', { model: 'claude-haiku-4-5', limits: { promptTokens: 190_000, outputTokens: 10_001 } }],
    [null, { model: 'claude-haiku-4-5', limits: { promptTokens: 190_000, outputTokens: 10_000 } }],
    ['provider_state', { model: 'claude-haiku-4-5', needs: { providerState: 'r' }, limits: { sameProvider: false } }],
    [null, { model: 'claude-haiku-4-5', needs: { providerState: 'r' }, limits: { sameProvider: true } }],
    [
      'budget_below_thinking',
      { model: 'claude-haiku-4-5', needs: { thinking: { kind: 'adaptive' } }, limits: { maxOutputTokens: 8192 } },
    ],
    [null, { model: 'claude-haiku-4-5', needs: { thinking: { kind: 'adaptive' } }, limits: { maxOutputTokens: 8193 } }],
    [null, { model: 'claude-haiku-5-5', needs: { thinking: { kind: 'adaptive' } }, limits: { maxOutputTokens: 100 } }],
  ])('%s: %j', (expected, { model, needs, limits, without, dialect = 'anthropic-messages' }) => {
    const known = KNOWN_MODELS.find(({ id }) => id === model)?.capabilities
    if (known === undefined) throw new Error(`unknown model ${model}`)
    const capabilities = without === undefined ? known : { ...known, [without]: false }
    const scan = { dialect, needs: { ...NEEDS, ...needs }, outputLimit: { field: 'max_tokens', tokens: 32_000 } }
    expect(whyNotServable(scan, capabilities, limits)).toBe(expected)
  })
})

describe('the effort to send', () => {
  it.each<[string, readonly string[], string | null, string | null]>([
    ['medium', ['low', 'medium', 'high'], null, 'medium'],
    ['max', ['low', 'medium', 'high'], null, 'high'],
    ['none', ['low', 'medium'], null, 'low'],
    ['xhigh', ['max', 'low'], null, 'low'],
    ['max', ['low', 'medium', 'high', 'xhigh', 'max'], 'high', 'high'],
    ['low', ['low', 'medium', 'high'], 'high', 'low'],
    ['high', [], null, null],
    ['odd', ['odd'], null, 'odd'],
    ['odd', ['medium', 'high'], null, 'medium'],
  ])('%s of %j, at most %s: %s', (asked, accepted, highest, expected) => {
    expect(acceptedEffort(asked, accepted, highest)).toBe(expected)
  })
})
