/**
 * What a model accepts, as data. Shared code asks these fields and never a provider's or model's name.
 * Sources stand beside each entry of the tables in `models-claude.ts` and `models-gpt.ts`.
 */
import type { DialectName } from '../dialects/dialect.ts'

export type ThinkingKind = 'adaptive' | 'budget' | 'disabled' | 'between-tools'

export interface ModelCapabilities {
  /** Tokens of prompt and answer together. */
  readonly windowTokens: number
  readonly maxOutputTokens: number
  readonly dialects: readonly DialectName[]
  readonly tools: boolean
  /** The dialects in which the model accepts tools; a subset of `dialects`. */
  readonly toolDialects: readonly DialectName[]
  /** With tools in the Chat Completions dialect, the only effort accepted; null: any. */
  readonly chatToolsEffort: string | null
  readonly images: boolean
  readonly documents: boolean
  readonly jsonSchema: boolean
  /** Forms of `thinking` that draw no 400. Empty: the model knows no thinking parameter. */
  readonly thinking: readonly ThinkingKind[]
  /** The model thinks also when the request says nothing of it. */
  readonly thinksByDefault: boolean
  /** Effort levels accepted, lowest first; empty: an effort parameter is rejected. */
  readonly efforts: readonly string[]
  /** With `disabled` thinking, the highest effort accepted; null: any. */
  readonly disabledThinkingEffort: string | null
  readonly sampling: boolean
  readonly prefill: boolean
  readonly forcedToolChoice: boolean
  /** `role: "system"` (or "developer") inside the conversation. */
  readonly systemInMessages: boolean
  /** Betas (names without their date) that this model rejects although its provider knows them. */
  readonly rejectedBetas: readonly string[]
  /** Least prefix, in tokens, that a cache stores. */
  readonly minCacheTokens: number
  /** `marked`: a prefix is cached only where the request marks it. `automatic`: every prefix is. */
  readonly caching: 'marked' | 'automatic' | 'none'
  /** Fields that steer an automatic cache; absent: it takes none. */
  readonly cacheFields?: readonly ('prompt_cache_key' | 'prompt_cache_options')[]
  /** Model families whose signed thinking it can read (`readsThinkingOf`), its own family first. */
  readonly readsThinkingOf: readonly string[]
  /** Legacy completions (`prompt` and `suffix`) are answered beside Chat Completions; absent: they are not. */
  readonly completions?: boolean
  /** The field that limits output in the Chat Completions dialect. */
  readonly outputLimitField: 'max_tokens' | 'max_completion_tokens'
}
