/** The dialects by name: what shared code asks of one, so that none of it needs to know which it has. */
import type { ErrorAnswer, GatewayError, StreamErrorContext } from '../gateway-error.ts'
import type { Adaptation, AdaptInput } from './adaptation.ts'
import { adaptRequest as adaptAnthropicMessages } from './anthropic-messages/adapt.ts'
import * as anthropicErrors from './anthropic-messages/errors.ts'
import { scanAnthropicMessages } from './anthropic-messages/scan.ts'
import type { BodyText } from './body-text.ts'
import type { DialectName } from './dialect.ts'
import { adaptRequest as adaptChatCompletions } from './openai-chat-completions/adapt.ts'
import * as chatErrors from './openai-chat-completions/errors.ts'
import { scanChatCompletions } from './openai-chat-completions/scan.ts'
import { adaptRequest as adaptResponses } from './openai-responses/adapt.ts'
import * as responsesErrors from './openai-responses/errors.ts'
import { scanResponses } from './openai-responses/scan.ts'
import type { RequestScan } from './request-scan.ts'

export interface Dialect {
  /** @throws InvalidRequest */
  scan(body: BodyText): RequestScan
  adapt(input: AdaptInput): Adaptation
  writeError(error: GatewayError, requestId: string): ErrorAnswer
  writeStreamError(error: GatewayError, context: StreamErrorContext): string
}

const REGISTRY: Readonly<Record<DialectName, Dialect>> = {
  'anthropic-messages': { scan: scanAnthropicMessages, adapt: adaptAnthropicMessages, ...anthropicErrors },
  'openai-chat-completions': { scan: scanChatCompletions, adapt: adaptChatCompletions, ...chatErrors },
  'openai-responses': { scan: scanResponses, adapt: adaptResponses, ...responsesErrors },
}

export function dialectOf(name: DialectName): Dialect {
  return REGISTRY[name]
}
