/**
 * A tap whose stream can be ended before its time: it follows what the client is sent, and, once told to stop, lets the
 * event pass that has begun and then writes the end of the answer in the client's dialect. Of a stream that the runtime
 * carries the rest of an event may be lost with it: then it ends with an error event.
 */
import type { Usage } from '../core/chat/usage.ts'
import { isObject, parsedJson } from '../core/chat/json-value.ts'
import type { DialectName } from '../core/dialects/dialect.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import { readSse, SSE_START } from '../core/dialects/sse-events.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { UnfinishedEvent } from '../core/metering/unfinished-event.ts'
import type { Tap } from './relay-answer.ts'

/** What the person reads where the answer would else be empty. */
export const STOP_NOTE = 'Headgate ended this answer: the budget it is charged to is used up.'

interface EndingContext {
  /** The client's. */
  readonly dialect: DialectName
  readonly requestId: string
  readonly stop: AbortSignal
  /** Used until now, an estimate. */
  usage(): Usage
  now(): number
}

/** The tap with a way to end it. Bytes pass as they are. */
export function endingTap<T extends Tap>(tap: T, context: EndingContext): T & Required<Pick<Tap, 'stop'>> {
  const { dialect, stop } = context
  const utf8 = new TextDecoder()
  const unfinished = new UnfinishedEvent()
  let answer = dialectOf(dialect).startAnswer()
  let events = 0
  const finishEvent = (piece: Uint8Array): void => {
    unfinished.append(piece)
    const [, read] = readSse(SSE_START, utf8.decode(unfinished.bytes()))
    unfinished.clear()
    for (const event of read) {
      if (event.type !== 'event') continue
      events += 1
      const data = parsedJson(event.data)
      if (isObject(data)) answer = answer.read(data)
    }
  }
  /** Follows the bytes; a stopped stream ends with the event that has begun. */
  const follow = (bytes: Uint8Array): Uint8Array => {
    let start = 0
    for (let end = unfinished.eventEnd(bytes, 0); end !== -1; end = unfinished.eventEnd(bytes, start)) {
      finishEvent(bytes.subarray(start, end))
      start = end
      // What the runtime carries the client has already.
      if (stop.aborted && tap.passive === undefined) return bytes.subarray(0, end)
    }
    unfinished.append(bytes.subarray(start))
    return bytes
  }
  const endText = (): string => {
    const midEvent = unfinished.length > 0
    const early = midEvent ? null : answer.end({ usage: context.usage(), note: STOP_NOTE })
    if (early !== null) return early
    const error = new GatewayError('budget_exceeded', STOP_NOTE)
    return dialectOf(dialect).writeStreamError(error, {
      requestId: context.requestId,
      midEvent,
      responseId: null,
      model: null,
      events,
      now: context.now(),
    })
  }
  return {
    ...tap,
    push(chunk) {
      const bytes = tap.push(chunk)
      return bytes === null ? null : follow(bytes)
    },
    stop: {
      signal: stop,
      ready: () => stop.aborted && unfinished.length === 0,
      end: () => new TextEncoder().encode(endText()),
    },
  }
}
