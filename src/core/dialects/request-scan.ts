/**
 * What one pass over a request's bytes finds: enough to route it and to patch it, without an object tree of its
 * history. Only small parts (top-level scalars, the newest messages) are parsed. A scan never changes a byte.
 */
import type { BodyText, ByteRange } from './body-text.ts'
import type { DialectName } from './dialect.ts'

/** The shape of one message of the history: sizes and counts, no text. */
export interface MessageShape {
  readonly role: string
  readonly range: ByteRange
  /** Blocks of its content; a plain string is one. */
  readonly blocks: number
  /** Bytes of text the model reads: string contents, tool inputs and results. Images and documents are not counted. */
  readonly textBytes: number
  /** Those of them that tool results hold, and those that inputs of tool calls hold. */
  readonly resultBytes: number
  readonly inputBytes: number
  readonly toolCalls: number
  readonly toolResults: number
  /** Tool results the client marked as failed (`is_error`). */
  readonly toolErrors: number
  readonly images: number
  readonly documents: number
  /** Thinking or reasoning blocks, signed or encrypted. */
  readonly thinkingBlocks: number
  readonly cacheMarks: number
}

/** One content block of a message in the new part of a request, parsed. */
export type ContentBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool-result'; readonly callId: string; readonly isError: boolean; readonly text: string }
  | { readonly type: 'tool-call'; readonly callId: string; readonly name: string; readonly input: string }
  | { readonly type: 'image' | 'document' | 'thinking' | 'other' }

export interface ParsedMessage {
  readonly role: string
  readonly blocks: readonly ContentBlock[]
}

export interface ThinkingAsked {
  readonly kind: 'adaptive' | 'budget' | 'disabled' | 'between-tools' | 'effort-only'
  /** Tokens, for kind `budget`. */
  readonly budgetTokens?: number
}

/**
 * What a request refers to and does not hold: an earlier answer, a conversation, some items of its history, or a thread,
 * each under the id that its provider gave it.
 */
export interface ProviderState {
  readonly kind: 'answer' | 'conversation' | 'items' | 'thread'
  readonly id: string
}

/** What an answer depends on: a target that cannot do one of these is adapted to or ruled out. */
export interface RequestNeeds {
  readonly images: boolean
  readonly documents: boolean
  readonly tools: boolean
  /** `forced`: some tool, or a named one, must be called. */
  readonly toolChoice: 'default' | 'forced' | 'none'
  /** The last message is the assistant's: the answer continues it. */
  readonly prefill: boolean
  readonly thinking: ThinkingAsked | null
  readonly effort: string | null
  /** Sampling parameters set by the client (`temperature`, `top_p`, `top_k`), by name. */
  readonly sampling: readonly string[]
  /** Instructions inside the conversation (`role: "system"` or `"developer"` past the start of the history). */
  readonly systemInMessages: boolean
  readonly jsonSchema: boolean
  /** Signed thinking or encrypted reasoning anywhere in the history. */
  readonly signedThinking: boolean
  /** State kept by the provider that the request refers to. */
  readonly providerState: ProviderState | null
}

export interface RequestScan {
  readonly dialect: DialectName
  readonly body: BodyText
  /** Top-level fields and the byte ranges of their values; of a duplicated key the last one, as JSON.parse takes it. */
  readonly fields: ReadonlyMap<string, ByteRange>
  /** The model asked for. */
  readonly model: string
  readonly stream: boolean
  /** The output limit asked for and the field that holds it; null where the client set none. */
  readonly outputLimit: { readonly field: string; readonly tokens: number } | null
  readonly messages: readonly MessageShape[]
  /**
   * How many of the first messages are instructions that count as system (`system`, `developer`); always 0 in Messages,
   * whose system stands apart. Their bytes are in `systemBytes`, their hash in `staticHash`.
   */
  readonly leadingInstructions: number
  /**
   * Rolling hashes of the conversation: entry i covers messages 0..i by meaning (cache marks excluded; a string content
   * equals one text block). Safe integers of 53 bits. Tools and system are not in it.
   */
  readonly prefixHashes: readonly number[]
  /** Hash of tools and system, cache marks excluded. */
  readonly staticHash: number
  readonly systemBytes: number
  readonly toolsBytes: number
  readonly toolNames: readonly string[]
  /** Where each tool's definition stands. */
  readonly toolRanges: readonly ByteRange[]
  /** Cache breakpoints the client set, over tools, system and messages. */
  readonly cacheMarks: number
  /** Those of them that stand on tools. */
  readonly toolMarks: number
  /** The client marks the end of the conversation for caching (its last or last but one message, or a top-level mark). */
  readonly tailMarked: boolean
  /** One of the client's cache marks asks for the long lifetime. */
  readonly longLivedMarks: boolean
  /** Index of the last assistant message, -1 if none. What is new in a request is everything after it. */
  readonly lastAssistant: number
  /** The last assistant message, parsed; null if there is none or it is too large to be worth it. */
  readonly lastAnswer: ParsedMessage | null
  /** Everything after the last assistant message, parsed, whatever roles it has. */
  readonly news: readonly ParsedMessage[]
  /** The text of the system prompt's beginning (at most 2,000 characters), to recognise agents by. */
  readonly systemStart: string
  readonly needs: RequestNeeds
  /** Small top-level fields agents identify themselves by (`metadata.user_id`, `prompt_cache_key`, `user` ...), parsed. */
  readonly identity: Readonly<Record<string, string>>
  /** Property names of a JSON schema the answer must follow, at its first level; empty where none is asked. */
  readonly schemaProperties: readonly string[]
}

/** A request that cannot be read: not JSON, or a field of a type no model could serve. Becomes a 400 in its dialect. */
export class InvalidRequest extends Error {
  readonly field: string | null

  constructor(message: string, field: string | null = null) {
    super(message)
    this.name = 'InvalidRequest'
    this.field = field
  }
}
