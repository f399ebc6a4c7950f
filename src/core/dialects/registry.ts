/** The dialects by name: what shared code asks of one, so that none of it needs to know which it has. */
import type { RateStanding } from '../ledger/rate-limits.ts'
import type { ErrorAnswer, GatewayError, StreamErrorContext } from '../gateway-error.ts'
import type { Adaptation, AdaptInput } from './adaptation.ts'
import { adaptRequest as adaptAnthropicMessages } from './anthropic-messages/adapt.ts'
import { anthropicMessages } from './anthropic-messages/codec.ts'
import { collectAnswer as collectMessage } from './anthropic-messages/collect-stream.ts'
import * as anthropicEnding from './anthropic-messages/end-stream.ts'
import * as anthropicErrors from './anthropic-messages/errors.ts'
import { writeRateLimits as writeAnthropicRateLimits } from './anthropic-messages/rate-limit-headers.ts'
import { scanAnthropicMessages } from './anthropic-messages/scan.ts'
import type { BodyText } from './body-text.ts'
import type { AnswerCollector } from './collect-stream.ts'
import type { DialectName } from './dialect.ts'
import type { OpenAnswer } from './end-stream.ts'
import { finalMessageWriter, type FinalMessage, type WrittenMessage } from './final-message.ts'
import { adaptRequest as adaptChatCompletions } from './openai-chat-completions/adapt.ts'
import { openAiChatCompletions } from './openai-chat-completions/codec.ts'
import { collectAnswer as collectCompletion } from './openai-chat-completions/collect-stream.ts'
import * as chatEnding from './openai-chat-completions/end-stream.ts'
import * as chatErrors from './openai-chat-completions/errors.ts'
import { scanChatCompletions } from './openai-chat-completions/scan.ts'
import { adaptRequest as adaptResponses } from './openai-responses/adapt.ts'
import { openAiResponses } from './openai-responses/codec.ts'
import { collectAnswer as collectResponse } from './openai-responses/collect-stream.ts'
import * as responsesEnding from './openai-responses/end-stream.ts'
import * as responsesErrors from './openai-responses/errors.ts'
import { scanResponses } from './openai-responses/scan.ts'
import { writeRateLimits as writeOpenAiRateLimits } from './openai-rate-limit-headers.ts'
import type { RequestScan } from './request-scan.ts'

export interface Dialect {
  /** @throws InvalidRequest */
  scan(body: BodyText): RequestScan
  adapt(input: AdaptInput): Adaptation
  writeError(error: GatewayError, requestId: string): ErrorAnswer
  /** Rate limits in the headers the dialect's clients look for, names in lower case. `now`: ms since epoch. */
  writeRateLimits(rates: RateStanding, now: number): Readonly<Record<string, string>>
  writeStreamError(error: GatewayError, context: StreamErrorContext): string
  /** Follows a stream, so that it can be ended before its time. */
  startAnswer(): OpenAnswer
  /** Makes one answer of a stream. */
  collectAnswer(): AnswerCollector
  /** A final message of the gateway's own, whole or streamed as the request asks. */
  writeFinalMessage(final: FinalMessage): WrittenMessage
}

const REGISTRY: Readonly<Record<DialectName, Dialect>> = {
  'anthropic-messages': {
    scan: scanAnthropicMessages,
    adapt: adaptAnthropicMessages,
    ...anthropicErrors,
    writeRateLimits: writeAnthropicRateLimits,
    startAnswer: anthropicEnding.startAnswer,
    collectAnswer: collectMessage,
    writeFinalMessage: finalMessageWriter(anthropicMessages, 'request-id'),
  },
  'openai-chat-completions': {
    scan: scanChatCompletions,
    adapt: adaptChatCompletions,
    ...chatErrors,
    writeRateLimits: writeOpenAiRateLimits,
    startAnswer: chatEnding.startAnswer,
    collectAnswer: collectCompletion,
    writeFinalMessage: finalMessageWriter(openAiChatCompletions, 'x-request-id'),
  },
  'openai-responses': {
    scan: scanResponses,
    adapt: adaptResponses,
    ...responsesErrors,
    writeRateLimits: writeOpenAiRateLimits,
    startAnswer: responsesEnding.startAnswer,
    collectAnswer: collectResponse,
    writeFinalMessage: finalMessageWriter(openAiResponses, 'x-request-id'),
  },
}

export function dialectOf(name: DialectName): Dialect {
  return REGISTRY[name]
}
