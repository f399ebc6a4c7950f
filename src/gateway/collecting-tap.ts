/**
 * The tap on a stream that is collected: the client sees nothing of it, and gets the one answer that it comes to. It is
 * metered like any stream, and once told to stop it ends the answer where it stands.
 */
import type { Usage } from '../core/chat/usage.ts'
import { isObject, parsedJson } from '../core/chat/json-value.ts'
import type { Collected } from '../core/dialects/collect-stream.ts'
import type { DialectName } from '../core/dialects/dialect.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import { readSse, SSE_START } from '../core/dialects/sse-events.ts'
import { createStreamMeter } from '../core/metering/usage-meter.ts'
import { STOP_NOTE } from './ending-tap.ts'
import type { MeteringTap } from './metered-answer.ts'

export interface CollectingTap extends MeteringTap {
  /** Once the stream has ended. Null: it never told a whole answer. */
  outcome(): Collected | null
}

interface CollectingContext {
  /** The provider's. */
  readonly dialect: DialectName
  readonly stop: AbortSignal
  /** Used until now, an estimate. */
  usage(): Usage
}

export function collectingTap({ dialect, stop, usage }: CollectingContext): CollectingTap {
  const meter = createStreamMeter(dialect)
  const collector = dialectOf(dialect).collectAnswer()
  const utf8 = new TextDecoder()
  let sse = SSE_START
  let early: Collected | null = null
  const read = (text: string): void => {
    const [next, events] = readSse(sse, text)
    sse = next
    for (const event of events) {
      const data = event.type === 'event' ? parsedJson(event.data) : null
      if (isObject(data)) collector.read(data)
    }
  }
  return {
    push(chunk) {
      meter.push(chunk)
      read(utf8.decode(chunk, { stream: true }))
      return null
    },
    end() {
      meter.end()
      // An event whose empty line never came is taken as whole.
      read(`${utf8.decode()}\n\n`)
      return null
    },
    stop: {
      signal: stop,
      ready: () => stop.aborted,
      end() {
        const body = collector.endEarly({ usage: usage(), note: STOP_NOTE })
        early = body === null ? null : { type: 'answer', body }
        return new Uint8Array(0)
      },
    },
    reading: () => meter.reading(),
    outcome: () => early ?? collector.result(),
  }
}
