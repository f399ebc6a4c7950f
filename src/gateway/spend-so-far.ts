/**
 * What a call has cost while its answer is still coming: the prompt as billed, or as expected before the provider says;
 * the output by its visible bytes; and thinking that nobody sees by the time it takes. Estimates lean high: they decide
 * when more money is asked for, and are charged only where a hard cap bounds a call of which nobody told the usage.
 */
import { costOf, ratesAt } from '../core/pricing/cost.ts'
import { promptTokens } from '../core/chat/usage.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import { priceOf } from '../core/pricing/price-book.ts'
import { mayProduceUnseen } from '../core/routing/unseen-output.ts'
import { lostPromptsNano } from './expected-prompt.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { SentCall } from './settle-call.ts'
import type { SpendSoFar } from './spend-watch.ts'
import { expectedUsage, usageSoFar } from './usage-so-far.ts'

/** No provider is known to produce more in one stream; a quiet stream of a thinking model is taken to produce as much. */
export const HIDDEN_TOKENS_PER_MS = 0.3
/** Pauses shorter than this are the pace of the stream. */
const QUIET_MS = 1_000

/** The spend of one answer, to be asked for as often as one likes. */
export function spendSoFar(call: IncomingCall, sent: SentCall, reading: () => StreamReading): () => SpendSoFar {
  const { now } = sent.gateway.ports
  const { target } = sent.decided
  const price = priceOf(sent.admitted.team.prices, target.id, call.arrivedAt)
  const expected = expectedUsage(sent)
  const lostNano = lostPromptsNano(call, sent)
  const quiet = quietTime(now())
  const unseen = mayProduceUnseen(target.model.capabilities, sent.read.scan.needs)
  return () => {
    const read = reading()
    const { usage, outputTold } = usageSoFar(read, expected)
    const quietMs = quiet(read.outputBytes, now())
    const hidden = unseen && !outputTold ? quietMs * HIDDEN_TOKENS_PER_MS : 0
    // Only the provider's own count may pass the limit.
    const estimate = Math.min(expected.outputLimit, Math.ceil(usage.outputTokens + hidden))
    const outputTokens = Math.max(usage.outputTokens, estimate)
    const outputRate = price.status === 'unpriced' ? 0 : ratesAt(price, promptTokens(usage)).output
    return {
      spentNano: lostNano + (costOf({ ...usage, outputTokens }, price) ?? 0),
      outputTokens,
      outputRate,
      tokensLeft: Math.max(0, expected.outputLimit - outputTokens),
    }
  }
}

/** Sums up the pauses in which no output was seen. */
function quietTime(startedAt: number): (outputBytes: number, now: number) => number {
  let bytes = 0
  let grownAt = startedAt
  let endedMs = 0
  return (outputBytes, now) => {
    const pauseMs = now - grownAt
    const runningMs = pauseMs > QUIET_MS ? pauseMs : 0
    if (outputBytes === bytes) return endedMs + runningMs
    endedMs += runningMs
    bytes = outputBytes
    grownAt = now
    return endedMs
  }
}
