/**
 * A request for a target that does not speak the client's dialect: read whole, written anew, and scanned again, so that
 * everything after it works on it as on any other. Only such calls are parsed.
 */
import type { AnswerContext } from '../core/dialects/codec.ts'
import { DIALECTS, type DialectName } from '../core/dialects/dialect.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import type { RequestScan } from '../core/dialects/request-scan.ts'
import { answerContext, whyNotTranslatable, writeChatRequest } from '../core/dialects/translation.ts'
import { GatewayError } from '../core/gateway-error.ts'
import type { CatalogModel } from '../core/routing/catalog.ts'
import { bodyText } from './body-text.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { ReadCall } from './read-call.ts'

export interface TranslatedRequest {
  /** The provider's dialect. */
  readonly dialect: DialectName
  /** Of the written body. */
  readonly scan: RequestScan
  /** What could not be carried, by name. */
  readonly warnings: readonly string[]
  /** What the way back needs to know. */
  readonly answer: AnswerContext
}

const utf8 = new TextEncoder()

/** @throws GatewayError no_eligible_target where the answer would be wrong without what cannot be carried */
export function translateRequest(
  call: IncomingCall,
  read: ReadCall,
  { dialect, model }: { readonly dialect: DialectName; readonly model: CatalogModel },
): TranslatedRequest {
  const { body: clientBody, request } = read.whole()
  const obstacle = whyNotTranslatable(request, dialect)
  if (obstacle !== null) throw notTranslatable(model, obstacle)
  const { body, warnings } = writeChatRequest(request, dialect, { maxOutputTokens: model.capabilities.maxOutputTokens })
  return {
    dialect,
    scan: dialectOf(dialect).scan(bodyText(utf8.encode(JSON.stringify(body)))),
    warnings,
    answer: answerContext(request, clientBody, { model: null, fallbackId: call.requestId, now: call.arrivedAt }),
  }
}

/** The dialects a request can be told in without changing its answer, its own first. */
export function tellableDialects(call: IncomingCall, read: ReadCall): DialectName[] {
  const { request } = read.whole()
  const others = DIALECTS.filter((name) => name !== call.dialect && whyNotTranslatable(request, name) === null)
  return [call.dialect, ...others]
}

function notTranslatable({ displayName }: CatalogModel, obstacle: string): GatewayError {
  return new GatewayError(
    'no_eligible_target',
    `${displayName} is only reached through another API, which cannot carry this request's ${obstacle.replaceAll('_', ' ')}.`,
  )
}
