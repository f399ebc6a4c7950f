/**
 * The Claude models: what each accepts and rejects. A table; it decides nothing and holds no price.
 *
 * Sources: the model overview https://platform.claude.com/docs/en/about-claude/models/overview, the migration guides
 * https://platform.claude.com/docs/en/models/sonnet-5/migration-guide and their siblings, prompt caching
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching, and 400s drawn by published clients.
 */
import type { ModelCapabilities } from './capabilities.ts'
import type { CatalogModel } from './catalog.ts'

const PROVIDER = 'anthropic'

/** Newer tokenizers count about 30% more tokens for the same text than those of 4.6 and Haiku 4.5. */
const NEW_TOKENIZER = 1.3

const FIVE_EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const
const FOUR_EFFORTS = ['low', 'medium', 'high', 'max'] as const

const HAIKU_4_5 = 'claude-haiku-4-5'
const HAIKU_5_5 = 'claude-haiku-5-5'
const SONNET_5 = 'claude-sonnet-5'
const SONNET_5_5 = 'claude-sonnet-5-5'
const OPUS_5 = 'claude-opus-5'
const OPUS_5_5 = 'claude-opus-5-5'

/** Families of the 4.x generation, all readable by the ones after it. */
const CLAUDE_4 = [
  'claude-opus-4-8',
  'claude-opus-4-7',
  'claude-opus-4-6',
  'claude-opus-4-5',
  'claude-sonnet-4-6',
  'claude-sonnet-4-5',
  HAIKU_4_5,
] as const

/** What all Claude models share; every entry below states its deviations. */
const CLAUDE: ModelCapabilities = {
  windowTokens: 1_000_000,
  maxOutputTokens: 128_000,
  dialects: ['anthropic-messages'],
  tools: true,
  toolDialects: ['anthropic-messages'],
  chatToolsEffort: null,
  images: true,
  documents: true,
  jsonSchema: true,
  thinking: ['adaptive'],
  thinksByDefault: true,
  efforts: FIVE_EFFORTS,
  disabledThinkingEffort: null,
  sampling: false,
  prefill: false,
  forcedToolChoice: true,
  systemInMessages: true,
  rejectedBetas: [],
  minCacheTokens: 512,
  caching: 'marked',
  readsThinkingOf: [],
  outputLimitField: 'max_tokens',
}

type Deviations = Partial<ModelCapabilities>

interface Entry {
  readonly id: string
  readonly displayName: string
  readonly tier: CatalogModel['tier']
  readonly tokenizerRatio?: number
  readonly aliases?: readonly string[]
}

function claude(entry: Entry, reads: readonly string[], deviations: Deviations): CatalogModel {
  return {
    id: entry.id,
    provider: PROVIDER,
    displayName: entry.displayName,
    family: entry.id,
    tier: entry.tier,
    aliases: entry.aliases ?? [],
    tokenizerRatio: entry.tokenizerRatio ?? NEW_TOKENIZER,
    capabilities: { ...CLAUDE, readsThinkingOf: [entry.id, ...reads.filter((id) => id !== entry.id)], ...deviations },
  }
}

/** The 4.5 generation: budgets only, no effort, small window, the old tokenizer. */
const CLAUDE_4_5: Deviations = {
  windowTokens: 200_000,
  maxOutputTokens: 64_000,
  thinking: ['budget', 'disabled'],
  thinksByDefault: false,
  efforts: [],
  sampling: true,
  prefill: true,
  systemInMessages: false,
  // Claude Code leaves these betas out for Haiku 4.5; effort draws a 400 there.
  rejectedBetas: ['effort', 'mid-conversation-tool-changes', 'per-turn-control'],
}

/** The 4.6 generation: budgets deprecated but accepted, no prefill, no `xhigh`. */
const CLAUDE_4_6: Deviations = {
  thinking: ['adaptive', 'budget', 'disabled'],
  thinksByDefault: false,
  efforts: FOUR_EFFORTS,
  sampling: true,
  systemInMessages: false,
  rejectedBetas: ['mid-conversation-tool-changes', 'per-turn-control'],
}

/** Always thinking: nothing turns it off and no tool can be forced. */
const ALWAYS_THINKING: Deviations = { thinking: ['adaptive'], forcedToolChoice: false }

export const CLAUDE_MODELS: readonly CatalogModel[] = [
  // 200K / 64K, enabled + budget only, rejects adaptive, effort, role:system, max_tokens above 64,000.
  claude(
    {
      id: HAIKU_4_5,
      displayName: 'Claude Haiku 4.5',
      tier: 1,
      tokenizerRatio: 1,
      aliases: ['claude-haiku-4-5-20251001'],
    },
    CLAUDE_4,
    { ...CLAUDE_4_5, minCacheTokens: 4096 },
  ),
  // October 2026. Adaptive by default, `disabled` up to effort high; rejects budgets, sampling, prefill.
  claude(
    { id: HAIKU_5_5, displayName: 'Claude Haiku 5.5', tier: 1 },
    // Not Opus 5 or 5.5, Sonnet 5.5, Fable.
    [SONNET_5, ...CLAUDE_4],
    { thinking: ['adaptive', 'disabled'], disabledThinkingEffort: 'high' },
  ),
  // Retires 2026-11-30.
  claude(
    {
      id: 'claude-sonnet-4-5',
      displayName: 'Claude Sonnet 4.5',
      tier: 2,
      tokenizerRatio: 1,
      aliases: ['claude-sonnet-4-5-20250929'],
    },
    CLAUDE_4,
    { ...CLAUDE_4_5, minCacheTokens: 1024 },
  ),
  claude({ id: 'claude-sonnet-4-6', displayName: 'Claude Sonnet 4.6', tier: 2, tokenizerRatio: 1 }, CLAUDE_4, {
    ...CLAUDE_4_6,
    minCacheTokens: 1024,
  }),
  // Adaptive by default, can be disabled; rejects budgets, sampling, prefill, role:system.
  claude({ id: SONNET_5, displayName: 'Claude Sonnet 5', tier: 2 }, CLAUDE_4, {
    thinking: ['adaptive', 'disabled'],
    systemInMessages: false,
    rejectedBetas: ['per-turn-control'],
    minCacheTokens: 1024,
  }),
  // Rejects `disabled` (its place has `between_tools`), budgets, forced tool choice, sampling, prefill.
  claude({ id: SONNET_5_5, displayName: 'Claude Sonnet 5.5', tier: 2 }, [SONNET_5, HAIKU_5_5, ...CLAUDE_4], {
    thinking: ['adaptive', 'between-tools'],
    forcedToolChoice: false,
  }),
  // As Haiku 4.5, with the three efforts its beta brought.
  claude(
    {
      id: 'claude-opus-4-5',
      displayName: 'Claude Opus 4.5',
      tier: 3,
      tokenizerRatio: 1,
      aliases: ['claude-opus-4-5-20251101'],
    },
    CLAUDE_4,
    {
      ...CLAUDE_4_5,
      efforts: ['low', 'medium', 'high'],
      rejectedBetas: ['mid-conversation-tool-changes', 'per-turn-control'],
      minCacheTokens: 4096,
    },
  ),
  claude({ id: 'claude-opus-4-6', displayName: 'Claude Opus 4.6', tier: 3, tokenizerRatio: 1 }, CLAUDE_4, {
    ...CLAUDE_4_6,
    minCacheTokens: 4096,
  }),
  // Thinking is off unless asked for; rejects budgets, sampling, prefill, role:system.
  claude({ id: 'claude-opus-4-7', displayName: 'Claude Opus 4.7', tier: 3 }, CLAUDE_4, {
    thinking: ['adaptive', 'disabled'],
    thinksByDefault: false,
    systemInMessages: false,
    rejectedBetas: ['mid-conversation-tool-changes', 'per-turn-control'],
    minCacheTokens: 2048,
  }),
  // As 4.7, but takes role:system and tool changes inside the conversation.
  claude({ id: 'claude-opus-4-8', displayName: 'Claude Opus 4.8', tier: 3 }, CLAUDE_4, {
    thinking: ['adaptive', 'disabled'],
    thinksByDefault: false,
    rejectedBetas: ['per-turn-control'],
    minCacheTokens: 1024,
  }),
  claude({ id: OPUS_5, displayName: 'Claude Opus 5', tier: 3 }, CLAUDE_4, {
    thinking: ['adaptive', 'disabled'],
    disabledThinkingEffort: 'high',
    rejectedBetas: ['per-turn-control'],
  }),
  // Reads Opus 5, older Opus, Sonnet and Haiku, Sonnet 5.5, Haiku 5.5.
  claude(
    { id: OPUS_5_5, displayName: 'Claude Opus 5.5', tier: 3 },
    [OPUS_5, SONNET_5_5, SONNET_5, HAIKU_5_5, ...CLAUDE_4],
    ALWAYS_THINKING,
  ),
  // What Fable reads is documented for its own line only; unreadable blocks are dropped without a 400.
  claude({ id: 'claude-fable-5', displayName: 'Claude Fable 5', tier: 3 }, [], ALWAYS_THINKING),
  claude({ id: 'claude-fable-5-1', displayName: 'Claude Fable 5.1', tier: 3 }, ['claude-fable-5'], ALWAYS_THINKING),
  claude(
    { id: 'claude-fable-5-2', displayName: 'Claude Fable 5.2', tier: 3 },
    ['claude-fable-5-1', 'claude-fable-5'],
    ALWAYS_THINKING,
  ),
]
