/**
 * What a call has used until now, or in the end: its provider's counts where they can be true, and an estimate of the
 * rest within what the request allowed.
 */
import type { Usage } from '../core/chat/usage.ts'
import { believedReading, type CallSize } from '../core/metering/believed-reading.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import { billableUsage, toldOutput } from '../core/metering/usage-meter.ts'
import { BYTES_PER_OUTPUT_TOKEN } from '../core/tokens/byte-weights.ts'
import { expectedPrompt } from './expected-prompt.ts'
import type { SentCall } from './settle-call.ts'

export interface ExpectedUsage extends CallSize {
  /** Bytes of visible output per token of the model that answers. */
  readonly bytesPerToken: number
}

export interface UsageSoFar {
  readonly usage: Usage
  /** The usage, or a part of it, is an estimate. */
  readonly estimated: boolean
  /** Its output is the provider's own count. */
  readonly outputTold: boolean
  /** The provider told numbers that cannot be true, and an estimate stands in their place. */
  readonly disbelieved: boolean
}

/** What is known before the provider tells anything. */
export function expectedUsage(sent: SentCall): ExpectedUsage {
  const { model } = sent.decided.target
  const { windowTokens, maxOutputTokens } = model.capabilities
  return {
    prompt: expectedPrompt(sent, model),
    bytesPerToken: BYTES_PER_OUTPUT_TOKEN / model.tokenizerRatio,
    outputLimit: sent.prepared.outputLimit ?? maxOutputTokens,
    windowTokens,
  }
}

export function usageSoFar(reading: StreamReading, expected: ExpectedUsage): UsageSoFar {
  const believed = believedReading(reading, expected)
  const billable = billableUsage(believed, expected)
  return {
    ...billable,
    outputTold: toldOutput(believed),
    disbelieved: billable.estimated && (reading.impossibleCount || believed !== reading),
  }
}
