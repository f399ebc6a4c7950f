/**
 * A request in words of no dialect. What is null or empty was not asked for: the provider's default holds. Everything a
 * dialect can say and no other understands is kept in `own`. It never holds what a target needs but nobody asked for.
 */
import type { DialectName } from '../dialects/dialect.ts'
import type { CacheMark, ChatMessage, ToolName } from './chat-message.ts'
import type { JsonObject } from './json-value.ts'
import type { OwnValue } from './own-value.ts'
import type { ReasoningAsked } from './reasoning-asked.ts'

interface Grouped extends ToolName {
  /** What the namespace says about itself. */
  readonly namespaceDescription?: string
  /** The client brought it in with an item of the conversation, which only its own dialect can repeat. */
  readonly broughtByItem?: true
}

/** A tool called with arguments that follow a JSON schema. */
export interface FunctionTool extends Grouped {
  readonly kind: 'function'
  readonly description: string | null
  /** JSON schema of the arguments; null: none was given. */
  readonly parameters: JsonObject | null
  readonly strict: boolean | null
  /** The client loads it into the prompt only when the model looks for it. */
  readonly deferred: boolean
  readonly cacheMark?: CacheMark
}

/** A tool called with free text, possibly of a given grammar. */
export interface FreeformTool extends Grouped {
  readonly kind: 'freeform'
  readonly description: string | null
  readonly grammar: { readonly syntax: string; readonly definition: string } | null
}

/** A tool only one dialect knows, most of them run by the provider. */
export interface OwnTool {
  readonly kind: 'own'
  readonly own: OwnValue
}

export type Tool = FunctionTool | FreeformTool | OwnTool

export type ToolChoice =
  | { readonly kind: 'auto' | 'none' | 'required' }
  | ({ readonly kind: 'named'; readonly freeform: boolean } & ToolName)

export type OutputFormat =
  | { readonly kind: 'json-object' }
  | {
      readonly kind: 'json-schema'
      readonly name: string | null
      readonly description: string | null
      readonly schema: JsonObject
      readonly strict: boolean | null
    }

export interface Sampling {
  readonly temperature: number | null
  readonly topP: number | null
}

export interface ChatRequest {
  /** The dialect it was read from. */
  readonly dialect: DialectName
  readonly model: string
  readonly stream: boolean
  readonly messages: readonly ChatMessage[]
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice | null
  readonly parallelToolCalls: boolean | null
  readonly maxOutputTokens: number | null
  readonly sampling: Sampling
  readonly stopSequences: readonly string[]
  readonly outputFormat: OutputFormat | null
  readonly reasoning: ReasoningAsked
  /** `low`, `medium` or `high`. */
  readonly verbosity: string | null
  /** An id of the person behind the call, for the provider's abuse checks. */
  readonly endUser: string | null
  /** Only the standard service, no capacity bought in advance. */
  readonly standardServiceOnly: boolean
  /** Groups calls that share a prompt, for caches that are found by a key. */
  readonly cacheKey: string | null
  /** The stream shall end with a chunk of usage. */
  readonly usageChunk: boolean
  /** Top-level fields only the client's dialect knows, by name. */
  readonly own: readonly OwnValue[]
}
