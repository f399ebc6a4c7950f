/**
 * The way back of a translated call: the provider's answer is metered in its own dialect and told to the client in the
 * client's. A stream is translated event by event as it comes; a whole answer, and an error, once it is there.
 */
import { parsedJson } from '../core/chat/json-value.ts'
import type { ProviderError } from '../core/chat/provider-error.ts'
import type { AnswerContext } from '../core/dialects/codec.ts'
import {
  endStreamTranslation,
  failStreamTranslation,
  startStreamTranslation,
  streamWarnings,
  translateStreamText,
} from '../core/dialects/stream-translation.ts'
import { translateAnswer, translateError, type Direction } from '../core/dialects/translation.ts'
import { createStreamMeter } from '../core/metering/usage-meter.ts'
import { CUT_SENTENCE, SILENT_SENTENCE, type MeteringTap } from './metered-answer.ts'

export interface TranslatingTap extends MeteringTap {
  /** What of the answer could not be carried. */
  warnings(): readonly string[]
}

export function translateStream(direction: Direction, context: AnswerContext): TranslatingTap {
  const meter = createStreamMeter(direction.from)
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let state = startStreamTranslation(direction, context)
  const told = ([next, text]: readonly [typeof state, string]): string => {
    state = next
    return text
  }
  const bytes = (text: string): Uint8Array | null => (text === '' ? null : encoder.encode(text))
  return {
    push(chunk) {
      meter.push(chunk)
      return bytes(told(translateStreamText(state, decoder.decode(chunk, { stream: true }))))
    },
    end(silent) {
      meter.end()
      const rest = told(translateStreamText(state, decoder.decode())) + told(endStreamTranslation(state))
      return bytes(rest + (state.finished ? '' : told(failStreamTranslation(state, silent ? FELL_SILENT : CUT))))
    },
    reading: () => meter.reading(),
    warnings: () => streamWarnings(state),
  }
}

const CUT: ProviderError = {
  kind: 'server',
  status: null,
  message: CUT_SENTENCE,
  code: null,
  param: null,
}
const FELL_SILENT: ProviderError = { ...CUT, message: SILENT_SENTENCE }

/** What the client gets in place of the provider's answer. */
export interface ToldAnswer {
  readonly status: number
  readonly body: string
  readonly warnings: readonly string[]
}

const utf8 = new TextDecoder()

/** A whole answer that came with a status of success, parsed; undefined: it was no JSON. */
export function tellAnswer(body: unknown, direction: Direction, context: AnswerContext): ToldAnswer {
  const told = translateAnswer(body, direction, context)
  if (told.type === 'failed') return { status: told.status, body: JSON.stringify(told.body), warnings: [] }
  return { status: 200, body: JSON.stringify(told.body), warnings: told.warnings }
}

/** A provider's error. */
export function tellError(
  { status, body }: { readonly status: number; readonly body: Uint8Array },
  direction: Direction,
  requestId: string,
): ToldAnswer {
  const told = translateError({ status, body: parsedAnswer(body) }, direction, requestId)
  return { status: told.status, body: JSON.stringify(told.body), warnings: [] }
}

/** Undefined: no JSON, such as the page of a proxy in between. */
export function parsedAnswer(body: Uint8Array): unknown {
  return parsedJson(utf8.decode(body))
}
