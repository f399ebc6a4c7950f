/**
 * The OpenAI models: what each accepts and rejects. A table; it decides nothing and holds no price.
 *
 * Sources: the model pages https://developers.openai.com/api/docs/models, prompt caching
 * https://developers.openai.com/api/docs/guides/prompt-caching, and, for tools in Chat Completions,
 * https://developers.openai.com/api/docs/guides/deployment-checklist.
 */
import type { ModelCapabilities } from './capabilities.ts'
import type { CatalogModel } from './catalog.ts'

const PROVIDER = 'openai'

/**
 * What the models share. A final assistant message draws no 400 (the answer does not continue it, in any model of this
 * dialect). Prefixes are cached by the provider itself, also from 5.6 on, where writes are billed: a breakpoint is then
 * put at the newest message unless the request says `prompt_cache_options.mode: "explicit"`.
 */
const GPT: ModelCapabilities = {
  windowTokens: 1_050_000,
  maxOutputTokens: 128_000,
  dialects: ['openai-chat-completions', 'openai-responses'],
  tools: true,
  toolDialects: ['openai-chat-completions', 'openai-responses'],
  chatToolsEffort: null,
  images: true,
  documents: true,
  jsonSchema: true,
  thinking: [],
  thinksByDefault: true,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
  disabledThinkingEffort: null,
  sampling: false,
  prefill: true,
  forcedToolChoice: true,
  systemInMessages: true,
  rejectedBetas: [],
  minCacheTokens: 1024,
  caching: 'automatic',
  cacheFields: ['prompt_cache_key'],
  readsThinkingOf: [],
  outputLimitField: 'max_completion_tokens',
}

interface Entry {
  readonly id: string
  readonly displayName: string
  readonly tier: CatalogModel['tier']
  readonly aliases?: readonly string[]
}

/** The ratio is 1: no count of the same coding text by both tokenizers is published. */
function gpt(entry: Entry, deviations: Partial<ModelCapabilities>): CatalogModel {
  return {
    id: entry.id,
    provider: PROVIDER,
    displayName: entry.displayName,
    family: entry.id,
    tier: entry.tier,
    aliases: entry.aliases ?? [],
    tokenizerRatio: 1,
    capabilities: { ...GPT, readsThinkingOf: [entry.id], ...deviations },
  }
}

/** GPT-4.x: no reasoning, sampling as one likes, the old name of the output limit. */
const NO_REASONING: Partial<ModelCapabilities> = {
  thinksByDefault: false,
  efforts: [],
  sampling: true,
  readsThinkingOf: [],
  outputLimitField: 'max_tokens',
}
const GPT_4_1: Partial<ModelCapabilities> = { ...NO_REASONING, windowTokens: 1_047_576, maxOutputTokens: 32_768 }
const GPT_4O: Partial<ModelCapabilities> = { ...NO_REASONING, windowTokens: 128_000, maxOutputTokens: 16_384 }
const GPT_5: Partial<ModelCapabilities> = { windowTokens: 400_000, efforts: ['minimal', 'low', 'medium', 'high'] }

/** From 5.6 on cache writes are billed, and their lifetime can be chosen. */
const BILLED_WRITES: Partial<ModelCapabilities> = { cacheFields: ['prompt_cache_key', 'prompt_cache_options'] }

/** Effort `none` is gone, and tools are taken in the Responses dialect only. */
const TOOLS_IN_RESPONSES: Partial<ModelCapabilities> = {
  ...BILLED_WRITES,
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  toolDialects: ['openai-responses'],
}
/** Tools in Chat Completions only with effort `none`; so from 5.6 on. */
const TOOLS_WITHOUT_EFFORT: Partial<ModelCapabilities> = {
  ...BILLED_WRITES,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  chatToolsEffort: 'none',
}

export const GPT_MODELS: readonly CatalogModel[] = [
  gpt({ id: 'gpt-4.1-nano', displayName: 'GPT-4.1 nano', tier: 1, aliases: ['gpt-4.1-nano-2025-04-14'] }, GPT_4_1),
  gpt({ id: 'gpt-4.1-mini', displayName: 'GPT-4.1 mini', tier: 1, aliases: ['gpt-4.1-mini-2025-04-14'] }, GPT_4_1),
  gpt({ id: 'gpt-4.1', displayName: 'GPT-4.1', tier: 2, aliases: ['gpt-4.1-2025-04-14'] }, GPT_4_1),
  gpt({ id: 'gpt-4o-mini', displayName: 'GPT-4o mini', tier: 1, aliases: ['gpt-4o-mini-2024-07-18'] }, GPT_4O),
  gpt({ id: 'gpt-4o', displayName: 'GPT-4o', tier: 2, aliases: ['gpt-4o-2024-08-06', 'gpt-4o-2024-11-20'] }, GPT_4O),
  gpt({ id: 'gpt-5-nano', displayName: 'GPT-5 nano', tier: 1, aliases: ['gpt-5-nano-2025-08-07'] }, GPT_5),
  gpt({ id: 'gpt-5-mini', displayName: 'GPT-5 mini', tier: 1, aliases: ['gpt-5-mini-2025-08-07'] }, GPT_5),
  gpt({ id: 'gpt-5', displayName: 'GPT-5', tier: 2, aliases: ['gpt-5-2025-08-07'] }, GPT_5),
  gpt({ id: 'gpt-5.4-nano', displayName: 'GPT-5.4 nano', tier: 1 }, { windowTokens: 400_000 }),
  gpt({ id: 'gpt-5.4-mini', displayName: 'GPT-5.4 mini', tier: 1 }, { windowTokens: 400_000 }),
  gpt({ id: 'gpt-5.4', displayName: 'GPT-5.4', tier: 3 }, {}),
  gpt({ id: 'gpt-5.5', displayName: 'GPT-5.5', tier: 3 }, {}),
  gpt({ id: 'gpt-5.6-luna', displayName: 'GPT-5.6 luna', tier: 1 }, TOOLS_WITHOUT_EFFORT),
  gpt({ id: 'gpt-5.6-terra', displayName: 'GPT-5.6 terra', tier: 2 }, TOOLS_WITHOUT_EFFORT),
  gpt({ id: 'gpt-5.6-sol', displayName: 'GPT-5.6 sol', tier: 3 }, TOOLS_WITHOUT_EFFORT),
  gpt({ id: 'gpt-6-luna', displayName: 'GPT-6 luna', tier: 1 }, TOOLS_WITHOUT_EFFORT),
  gpt({ id: 'gpt-6-sol', displayName: 'GPT-6 sol', tier: 3 }, TOOLS_WITHOUT_EFFORT),
  gpt({ id: 'gpt-6-astra', displayName: 'GPT-6 astra', tier: 3 }, TOOLS_IN_RESPONSES),
  gpt({ id: 'gpt-6.1-terra', displayName: 'GPT-6.1 terra', tier: 2 }, TOOLS_WITHOUT_EFFORT),
  gpt({ id: 'gpt-6.1-sol', displayName: 'GPT-6.1 sol', tier: 3 }, TOOLS_IN_RESPONSES),
]
