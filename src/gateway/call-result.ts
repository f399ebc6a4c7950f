/** How a call ended, as it is settled: what was billed, or what is known of it. */
import type { GatewayError } from '../core/gateway-error.ts'
import { GUARD_TOKENS } from '../core/ledger/affordable-output.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import { billableUsage } from '../core/metering/usage-meter.ts'
import { expectedPrompt } from './expected-prompt.ts'
import type { RelayResult } from './relay-answer.ts'
import type { CallResult, SentCall } from './settle-call.ts'
import { bytesPerOutputToken } from './spend-so-far.ts'

/** The provider's own usage, or an estimate of it from what came so far. */
export function usageSoFar(sent: SentCall, reading: StreamReading): ReturnType<typeof billableUsage> {
  const prompt = expectedPrompt(sent, sent.decided.target.model)
  return billableUsage(reading, { prompt, bytesPerToken: bytesPerOutputToken(sent) })
}

const NOTHING_BILLED = { usage: null, estimated: false, stopReason: null, firstByteAt: null, warnings: [] } as const

export function unansweredResult({ code }: GatewayError): CallResult {
  if (code === 'provider_refused') return unbilled('upstream_error', 502)
  return code === 'provider_timeout' ? unbilled('upstream_timeout', 504) : unbilled('upstream_unreachable', 502)
}

export function unbilled(ending: string, status: number): CallResult {
  return { ...NOTHING_BILLED, ending, status }
}

export function answeredResult(
  sent: SentCall,
  { relayed, reading, status }: { relayed: RelayResult; reading: StreamReading; status: number },
): CallResult {
  const { usage, estimated } = usageSoFar(sent, reading)
  const stopped = relayed.ending === 'stopped'
  // The provider went on until it noticed.
  const unseen = stopped && estimated ? GUARD_TOKENS : 0
  return {
    ending: stopped ? 'budget_stopped' : relayed.ending === 'client_left' ? 'client_left' : ENDINGS[reading.ending],
    status,
    usage: { ...usage, outputTokens: usage.outputTokens + unseen },
    estimated,
    stopReason: stopped ? 'max_tokens' : reading.stopReason,
    firstByteAt: relayed.firstByteAt,
    warnings: reading.usageKnown === 'final' ? [] : ['usage_missing'],
  }
}

const ENDINGS = { complete: 'complete', error: 'upstream_error_event', cut: 'upstream_cut' } as const

/** Whoever leaves while a provider is at work may leave a bill behind, so the prompt is charged as an estimate. */
export function leftResult(sent: SentCall): CallResult {
  const left = unbilled('client_left', 499)
  if (sent.attempts.at(-1)?.outcome !== 'client_left') return left
  const usage = expectedPrompt(sent, sent.decided.target.model)
  return { ...left, usage, estimated: true, warnings: ['usage_missing'] }
}
