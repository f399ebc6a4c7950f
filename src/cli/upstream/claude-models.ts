/**
 * What each Claude model accepts and what it refuses with a 400, and which thinking it can read. A table; the rules
 * that read it are in `claude-model-rules.ts`.
 * https://platform.claude.com/docs/en/about-claude/models/overview
 */

/** The five effort levels of `output_config.effort`. */
export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** One row: limits, thinking kinds, effort, refusals. Token counts are integers. */
export interface ClaudeModel {
  id: string
  /** Dated snapshots and short names that mean this model. */
  aliases: string[]
  displayName: string
  createdAt: string
  line: 'haiku' | 'sonnet' | 'opus' | 'fable'
  generation: number
  contextTokens: number
  maxOutputTokens: number
  /** Least tokens of a prefix that is cached. */
  minCacheTokens: number
  tokenizerRatio: number
  thinking: {
    adaptive: boolean
    budget: boolean
    betweenTools: boolean
    /** May thinking be switched off: always, never, or only up to effort `high`. */
    disabled: 'always' | 'never' | 'up-to-high'
    onByDefault: boolean
    /** Thinking text is shown only when `display: "summarized"` asks for it. */
    hiddenByDefault: boolean
  }
  effort: { levels: Effort[]; standard: Effort } | null
  sampling: 'free' | 'default-only' | 'refused'
  systemRole: boolean
  prefill: boolean
  forcedToolChoice: boolean
  fallbacks: boolean
  /** Thinking signatures are bound to the whole conversation before them. */
  bindsThinking: boolean
  /** Blocks are readable only in the account that made them. */
  accountBound: boolean
}

const FOUR: Effort[] = ['low', 'medium', 'high', 'max']
const FIVE: Effort[] = ['low', 'medium', 'high', 'xhigh', 'max']

type Row = Partial<ClaudeModel> & Pick<ClaudeModel, 'id' | 'line' | 'generation' | 'thinking' | 'minCacheTokens'>

function model(row: Row): ClaudeModel {
  const newer = row.generation >= 4.7
  return {
    aliases: [],
    displayName: displayNameOf(row.id),
    createdAt: '2026-01-15T00:00:00Z',
    contextTokens: 1_000_000,
    maxOutputTokens: 128_000,
    tokenizerRatio: newer ? 1.3 : 1,
    effort: { levels: FIVE, standard: 'high' },
    sampling: newer ? 'refused' : 'free',
    systemRole: row.generation >= 4.8,
    prefill: row.generation < 4.6,
    forcedToolChoice: true,
    fallbacks: true,
    bindsThinking: false,
    accountBound: false,
    ...row,
  }
}

function displayNameOf(id: string): string {
  const [, line = '', ...version] = id.split('-')
  return `Claude ${line.charAt(0).toUpperCase()}${line.slice(1)} ${version.join('.')}`
}

const budgetOnly = {
  adaptive: false,
  budget: true,
  betweenTools: false,
  disabled: 'always',
  onByDefault: false,
  hiddenByDefault: false,
} as const
const eitherKind = { ...budgetOnly, adaptive: true } as const
const adaptiveOff = { ...budgetOnly, adaptive: true, budget: false, hiddenByDefault: true } as const
const adaptiveOn = { ...adaptiveOff, onByDefault: true, disabled: 'up-to-high' } as const
const alwaysOn = { ...adaptiveOn, disabled: 'never' } as const

const small = { contextTokens: 200_000, maxOutputTokens: 64_000 }
const newest = { minCacheTokens: 512, bindsThinking: true } as const

/** Every Claude model the scripted provider knows; any other name is a 404. */
export const CLAUDE_MODELS: readonly ClaudeModel[] = [
  model({
    id: 'claude-sonnet-4-5',
    aliases: ['claude-sonnet-4-5-20250929'],
    line: 'sonnet',
    generation: 4.5,
    thinking: budgetOnly,
    minCacheTokens: 1024,
    effort: null,
    ...small,
    createdAt: '2025-09-29T00:00:00Z',
  }),
  model({
    id: 'claude-haiku-4-5',
    aliases: ['claude-haiku-4-5-20251001'],
    line: 'haiku',
    generation: 4.5,
    thinking: budgetOnly,
    minCacheTokens: 4096,
    effort: null,
    ...small,
    createdAt: '2025-10-01T00:00:00Z',
  }),
  model({
    id: 'claude-opus-4-5',
    aliases: ['claude-opus-4-5-20251101'],
    line: 'opus',
    generation: 4.5,
    thinking: budgetOnly,
    minCacheTokens: 4096,
    effort: { levels: ['low', 'medium', 'high'], standard: 'high' },
    ...small,
    createdAt: '2025-11-01T00:00:00Z',
  }),
  model({
    id: 'claude-sonnet-4-6',
    line: 'sonnet',
    generation: 4.6,
    thinking: eitherKind,
    minCacheTokens: 1024,
    effort: { levels: FOUR, standard: 'high' },
  }),
  model({
    id: 'claude-opus-4-6',
    line: 'opus',
    generation: 4.6,
    thinking: eitherKind,
    minCacheTokens: 4096,
    effort: { levels: FOUR, standard: 'high' },
  }),
  model({ id: 'claude-opus-4-7', line: 'opus', generation: 4.7, thinking: adaptiveOff, minCacheTokens: 2048 }),
  model({ id: 'claude-opus-4-8', line: 'opus', generation: 4.8, thinking: adaptiveOff, minCacheTokens: 1024 }),
  model({
    id: 'claude-sonnet-5',
    line: 'sonnet',
    generation: 5,
    thinking: { ...adaptiveOn, disabled: 'always' },
    minCacheTokens: 1024,
    systemRole: false,
  }),
  model({ id: 'claude-opus-5', line: 'opus', generation: 5, thinking: adaptiveOn, minCacheTokens: 512 }),
  model({
    id: 'claude-haiku-5-5',
    line: 'haiku',
    generation: 5.5,
    thinking: adaptiveOn,
    effort: { levels: FIVE, standard: 'medium' },
    sampling: 'default-only',
    fallbacks: false,
    accountBound: true,
    createdAt: '2026-10-06T00:00:00Z',
    ...newest,
  }),
  model({
    id: 'claude-sonnet-5-5',
    line: 'sonnet',
    generation: 5.5,
    thinking: { ...alwaysOn, betweenTools: true },
    forcedToolChoice: false,
    accountBound: true,
    ...newest,
  }),
  model({
    id: 'claude-opus-5-5',
    line: 'opus',
    generation: 5.5,
    thinking: alwaysOn,
    effort: { levels: FIVE, standard: 'medium' },
    forcedToolChoice: false,
    ...newest,
  }),
  model({
    id: 'claude-fable-5-1',
    line: 'fable',
    generation: 5.1,
    thinking: alwaysOn,
    forcedToolChoice: false,
    ...newest,
  }),
  model({
    id: 'claude-fable-5-2',
    line: 'fable',
    generation: 5.2,
    thinking: alwaysOn,
    forcedToolChoice: false,
    accountBound: true,
    ...newest,
  }),
]

/** The model a name means, or null for a name the provider does not know. */
export function findClaudeModel(name: string): ClaudeModel | null {
  return CLAUDE_MODELS.find((row) => row.id === name || row.aliases.includes(name)) ?? null
}

/**
 * Whether `reader` can read thinking made by `maker`. What it cannot read is dropped silently and not billed, never
 * refused: upwards keeps the reasoning, downwards loses it.
 */
export function readsThinking(reader: ClaudeModel, maker: ClaudeModel): boolean {
  if (reader.id === maker.id) return true
  if (reader.line === 'fable') return maker.line !== 'fable' || maker.generation < reader.generation
  if (maker.line === 'fable') return false
  if (reader.generation === 5.5) return readsAtFiveFive(reader, maker)
  if (maker.generation === 5.5) return false
  return maker.generation < reader.generation || (maker.generation === reader.generation && reader.generation < 4.8)
}

function readsAtFiveFive(reader: ClaudeModel, maker: ClaudeModel): boolean {
  if (maker.generation <= 4.8) return true
  if (reader.line === 'opus') return true
  if (maker.id === 'claude-sonnet-5') return true
  return reader.line === 'sonnet' && maker.id === 'claude-haiku-5-5'
}
