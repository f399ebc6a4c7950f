/**
 * A request, an answer, a stream or an error of one dialect in another: read into the canonical conversation, made
 * portable, written. What cannot be carried is dropped with a named warning; where the answer would be wrong without it,
 * the pair of request and dialect is not translatable. Written requests fit the dialect; `adaptRequest` fits them to
 * the model. It is never used where both sides speak the same dialect: there the bytes pass through.
 */
import type { ChatRequest } from '../chat/chat-request.ts'
import { contentOf } from '../chat/content-of.ts'
import type { JsonObject } from '../chat/json-value.ts'
import { objectOf } from '../chat/json-value.ts'
import type { OwnValue } from '../chat/own-value.ts'
import { offeredTools, withClientCalls, withPortableTools } from '../chat/portable-tools.ts'
import type { ProviderError } from '../chat/provider-error.ts'
import { anthropicMessages } from './anthropic-messages/codec.ts'
import type { AnswerContext, Codec, WriteTarget, Written } from './codec.ts'
import type { DialectName } from './dialect.ts'
import { openAiChatCompletions } from './openai-chat-completions/codec.ts'
import { openAiResponses } from './openai-responses/codec.ts'

const CODECS: Readonly<Record<DialectName, Codec>> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat-completions': openAiChatCompletions,
  'openai-responses': openAiResponses,
}

export function codecOf(dialect: DialectName): Codec {
  return CODECS[dialect]
}

/** From the provider's dialect to the client's, or the other way for requests. */
export interface Direction {
  readonly from: DialectName
  readonly to: DialectName
}

/** @throws InvalidRequest */
export function readChatRequest(body: unknown, dialect: DialectName): ChatRequest {
  return codecOf(dialect).readRequest(body)
}

/** The request in another dialect. Ask `whyNotTranslatable` first. */
export function writeChatRequest(request: ChatRequest, dialect: DialectName, target: WriteTarget): Written {
  return codecOf(dialect).writeRequest(portable(request, dialect), target)
}

function portable(request: ChatRequest, dialect: DialectName): ChatRequest {
  if (request.dialect === dialect) return request
  return withPortableTools(request, { freeform: codecOf(dialect).freeformTools })
}

/**
 * Why a request would get a wrong answer in this dialect, as a short name such as `previous_response_id`; null if it can
 * be translated, possibly with warnings.
 */
export function whyNotTranslatable(request: ChatRequest, dialect: DialectName): string | null {
  if (request.dialect === dialect) return null
  const refused = ownValues(request).find((own) => own.dialect !== dialect && own.ifLost === 'refused')
  if (refused !== undefined) return refused.what
  if (foreignFile(request, dialect)) return 'file'
  if (isPrefilled(request)) return 'prefill'
  if (request.maxOutputTokens === 0) return 'max_tokens_0'
  return codecOf(dialect).whyNotWritable(request)
}

function ownValues(request: ChatRequest): OwnValue[] {
  const parts = contentOf(request).flatMap((part) => (part.type === 'own' ? [part.own] : []))
  const tools = request.tools.flatMap((tool) => (tool.kind === 'own' ? [tool.own] : []))
  return [...request.own, ...tools, ...parts]
}

/** A file lies with the provider of one dialect, and the question may be about it. */
function foreignFile(request: ChatRequest, dialect: DialectName): boolean {
  return contentOf(request).some((part) => {
    if (part.type !== 'image' && part.type !== 'document') return false
    return part.source.kind === 'file' && part.source.dialect !== dialect
  })
}

/** The conversation ends with an answer that is to be continued, which each dialect understands otherwise. */
function isPrefilled(request: ChatRequest): boolean {
  const last = request.messages.findLast((message) => message.role !== 'instructions')
  return last?.role === 'assistant' && !last.parts.some((part) => part.type === 'tool-call')
}

/** What the writers of the answer need of the call. */
export function answerContext(
  request: ChatRequest,
  clientBody: unknown,
  given: Pick<AnswerContext, 'model' | 'fallbackId' | 'now'> & Partial<Pick<AnswerContext, 'foreignReasoning'>>,
): AnswerContext {
  return {
    foreignReasoning: 'dropped',
    ...given,
    clientBody: objectOf(clientBody),
    tools: offeredTools(request.tools),
    usageChunk: request.usageChunk,
  }
}

/** A whole answer in the client's dialect, or the error that came in its place. */
export type TranslatedAnswer =
  | ({ readonly type: 'answer' } & Written)
  | { readonly type: 'failed'; readonly status: number; readonly body: JsonObject }

export function translateAnswer(body: unknown, { from, to }: Direction, context: AnswerContext): TranslatedAnswer {
  const failure = codecOf(from).failureIn(body)
  if (failure !== null) return { type: 'failed', ...codecOf(to).writeProviderError(failure, context.fallbackId) }
  const response = codecOf(from).readAnswer(body)
  return { type: 'answer', ...codecOf(to).writeAnswer(withClientCalls(response, context.tools), context) }
}

/** What of an error is worth knowing besides its envelope. */
export interface TranslatedError {
  readonly error: ProviderError
  /** The status the client's dialect uses for this kind. */
  readonly status: number
  readonly body: JsonObject
}

/** A provider's error answer in the client's dialect. `body`: parsed JSON, or null where it was none. */
export function translateError(
  upstream: { readonly status: number; readonly body: unknown },
  { from, to }: Direction,
  requestId: string,
): TranslatedError {
  const error = codecOf(from).readProviderError(upstream.status, upstream.body)
  return { error, ...codecOf(to).writeProviderError(error, requestId) }
}

const SPENT: ProviderError = { kind: 'billing', status: null, message: '', code: null, param: null }

/**
 * The status under which a client of this dialect reads that its provider's account is spent. Providers say it with a 429,
 * which agents try again for minutes whatever is told beside it; a 402 ends them all but Codex, which a 400 ends.
 */
export function spentStatus(status: number, dialect: DialectName): number {
  return status === 429 || status === 402 ? codecOf(dialect).writeProviderError(SPENT, '').status : status
}
