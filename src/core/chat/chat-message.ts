/**
 * The messages of a conversation, as every dialect can be read into and written from. Instructions, questions, answers
 * and tool results are told apart by what they are, not by the role a dialect gives them. It holds no wire format.
 */
import type { DialectName } from '../dialects/dialect.ts'
import type { OwnValue } from './own-value.ts'

/** A prompt is cached up to and including a marked part. `short`: minutes; `long`: an hour or more. */
export type CacheMark = 'short' | 'long'

interface Markable {
  readonly cacheMark?: CacheMark
}

export interface TextPart extends Markable {
  readonly type: 'text'
  readonly text: string
}

/** Where the bytes of an image or a document are. A `file` lies with the provider of one dialect. */
export type MediaSource =
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly dialect: DialectName; readonly id: string }

export interface ImagePart extends Markable {
  readonly type: 'image'
  readonly source: MediaSource
  /** How closely to look (`low`, `high`, `auto`, `original`), where the client said. */
  readonly detail?: string
}

export interface DocumentPart extends Markable {
  readonly type: 'document'
  readonly source: MediaSource | { readonly kind: 'text'; readonly text: string }
  readonly title?: string
}

/** A part only one dialect knows. */
export interface OwnPart {
  readonly type: 'own'
  readonly own: OwnValue
}

/**
 * What the model thought. The seal is the provider's signature or ciphertext: it opens only where it was made, and a
 * sealed part is passed back exactly as it came or not at all.
 */
export interface ReasoningPart {
  readonly type: 'reasoning'
  /** What of it may be shown; often empty. */
  readonly text: string
  readonly seal: Seal | null
}

export interface Seal {
  readonly dialect: DialectName
  /** The whole block or item as the provider wrote it. */
  readonly value: Readonly<Record<string, unknown>>
}

/** The model declined, in its own words. */
export interface RefusalPart {
  readonly type: 'refusal'
  readonly text: string
}

/** The name of a tool; some dialects group tools in namespaces. */
export interface ToolName {
  readonly name: string
  readonly namespace: string | null
}

export interface ToolCallPart extends ToolName, Markable {
  readonly type: 'tool-call'
  readonly id: string
  /** Arguments as JSON text; of a freeform tool, its input as it is. */
  readonly input: string
  readonly freeform: boolean
}

export type ContentPart = TextPart | ImagePart | DocumentPart | OwnPart
export type AnswerPart = TextPart | RefusalPart | ReasoningPart | ToolCallPart | OwnPart

export interface ToolResult extends Markable {
  readonly callId: string
  readonly freeform: boolean
  readonly content: readonly ContentPart[]
  readonly isError: boolean
}

/** Instructions of whoever built the agent. `developer` is the newer word for the same in some dialects. */
export interface InstructionMessage {
  readonly role: 'instructions'
  readonly spoken: 'system' | 'developer'
  readonly parts: readonly ContentPart[]
}

export interface UserMessage {
  readonly role: 'user'
  readonly parts: readonly ContentPart[]
}

export interface AnswerMessage {
  readonly role: 'assistant'
  readonly parts: readonly AnswerPart[]
}

/** The results of an answer's tool calls. */
export interface ToolMessage {
  readonly role: 'tool'
  readonly results: readonly ToolResult[]
}

export type ChatMessage = InstructionMessage | UserMessage | AnswerMessage | ToolMessage
