/**
 * The tap on an answer's bytes: it meters them, takes out what the client did not ask for, and ends a stream that was
 * cut with the dialect's own error event, since nothing can be replayed once a byte is out.
 */
import type { DialectName } from '../core/dialects/dialect.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { joined } from '../core/joined-bytes.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import { createStreamMeter, readAnswerUsage } from '../core/metering/usage-meter.ts'
import type { Tap } from './relay-answer.ts'

export interface MeteringTap extends Tap {
  /** What was seen, once the answer has ended. */
  reading(): StreamReading
}

interface StreamContext {
  readonly dialect: DialectName
  readonly requestId: string
  readonly removeUsageChunk: boolean
  /** The runtime may carry the stream by itself, as far as no byte of it is to be changed. */
  readonly passive: boolean
  now(): number
}

/** Either holds the words by which Continue knows a cut, and tries again. */
export const CUT_SENTENCE = 'The provider ended the answer before it was complete (premature end).'
export const SILENT_SENTENCE = 'The answer stood still for too long before it was complete (premature end).'

/** A longer rest leaves more of a fast stream in memory, a shorter one wakes the Worker more often. */
const REST_MS = 500

export function meterStream({ dialect, requestId, removeUsageChunk, passive, now }: StreamContext): MeteringTap {
  const meter = createStreamMeter(dialect, { removeUsageChunk })
  const utf8 = new TextEncoder()
  return {
    push: (chunk) => meter.push(chunk),
    reading: () => meter.reading(),
    ...(passive ? { passive: { whole: () => meter.reading().ending !== 'cut', restMs: () => REST_MS } } : {}),
    end(silent) {
      const waiting = meter.end()
      const reading = meter.reading()
      if (reading.ending !== 'cut') return waiting
      const error = new GatewayError('provider_unreachable', silent ? SILENT_SENTENCE : CUT_SENTENCE)
      const { midEvent, responseId, model, events } = reading
      const text = dialectOf(dialect).writeStreamError(error, {
        requestId,
        midEvent,
        responseId,
        model,
        events,
        now: now(),
      })
      return joined(waiting === null ? [utf8.encode(text)] : [waiting, utf8.encode(text)])
    },
  }
}

/** An answer that comes whole: it passes as it arrives, and is read once it is complete. */
export function meterWhole(dialect: DialectName): MeteringTap {
  const chunks: Uint8Array[] = []
  return {
    push(chunk) {
      chunks.push(chunk)
      return chunk
    },
    end: () => null,
    reading: () => readAnswerUsage(dialect, joined(chunks)),
  }
}
