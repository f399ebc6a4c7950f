/**
 * What a dialect gives to translation: one reader and one writer for each thing that travels. A dialect is read into the
 * canonical conversation and written from it; no dialect knows another.
 */
import type { ChatRequest } from '../chat/chat-request.ts'
import type { ChatResponse } from '../chat/chat-response.ts'
import type { JsonObject } from '../chat/json-value.ts'
import type { Machine } from '../chat/machine.ts'
import type { OfferedTools } from '../chat/portable-tools.ts'
import type { ProviderError } from '../chat/provider-error.ts'
import type { StreamEvent } from '../chat/stream-event.ts'
import type { SseEvent } from './sse-events.ts'

/** What was written, and what of it could not be carried, by name. */
export interface Written {
  readonly body: JsonObject
  readonly warnings: readonly string[]
}

/** What a written request needs to know of the model it is for. */
export interface WriteTarget {
  /** The most tokens the model can answer with: for dialects that want a limit when the client named none. */
  readonly maxOutputTokens: number
}

/** What a written answer needs to know of the call it answers. */
export interface AnswerContext {
  /** The client's request body: some dialects repeat parts of it in the answer. */
  readonly clientBody: JsonObject
  readonly tools: OfferedTools
  /** The stream ends with a chunk of usage because the client asked for one. */
  readonly usageChunk: boolean
  /** The name of the answering model as the client shall see it; null: as its provider names it. */
  readonly model: string | null
  /** For answers whose provider gave no id. */
  readonly fallbackId: string
  /** Ms since epoch. */
  readonly now: number
  /**
   * Reasoning that another dialect's provider sealed: left out, or shown without its seal. What is shown comes back in
   * the client's next request, and a provider refuses thinking it has not signed: show only where every target of the
   * thread is translated to.
   */
  readonly foreignReasoning: 'dropped' | 'shown'
}

/** What comes to a stream's reader: the upstream's events, then its end. */
export type UpstreamEvent = SseEvent | { readonly type: 'end' }

/** What comes out of a stream's writer. */
export type ClientEvent =
  /** Text for the client: one whole event, or a comment. */
  { readonly type: 'text'; readonly text: string } | { readonly type: 'warning'; readonly name: string }

export interface Codec {
  /** Tools called with free text can be offered, at whatever provider speaks the dialect. */
  readonly freeformTools: boolean
  /** @throws InvalidRequest where a field has a type no model could serve. */
  readRequest(body: unknown): ChatRequest
  writeRequest(request: ChatRequest, target: WriteTarget): Written
  /** Why this dialect cannot say what the request needs, null if it can. */
  whyNotWritable(request: ChatRequest): string | null
  /** The error in an answer that came with a status of success, null where there is none. */
  failureIn(body: unknown): ProviderError | null
  readAnswer(body: unknown): ChatResponse
  writeAnswer(response: ChatResponse, context: AnswerContext): Written
  readStream(): Machine<UpstreamEvent, StreamEvent>
  writeStream(context: AnswerContext): Machine<StreamEvent, ClientEvent>
  readProviderError(status: number | null, body: unknown): ProviderError
  writeProviderError(error: ProviderError, requestId: string): { readonly status: number; readonly body: JsonObject }
}
