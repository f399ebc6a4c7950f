/** How a call ended, as it is settled: what was billed, or what is known of it. */
import { dialectOf } from '../core/dialects/registry.ts'
import type { GatewayError, GatewayErrorCode } from '../core/gateway-error.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import { billableUsage } from '../core/metering/usage-meter.ts'
import { expectedPrompt } from './expected-prompt.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { RelayResult } from './relay-answer.ts'
import type { CallResult, SentCall } from './settle-call.ts'
import { bytesPerOutputToken, HIDDEN_TOKENS_PER_MS } from './spend-so-far.ts'
import { comesUnseen } from './spend-watch.ts'

/** The provider's own usage, or an estimate of it from what came so far. */
export function usageSoFar(sent: SentCall, reading: StreamReading): ReturnType<typeof billableUsage> {
  const prompt = expectedPrompt(sent, sent.decided.target.model)
  return billableUsage(reading, { prompt, bytesPerToken: bytesPerOutputToken(sent) })
}

const NOTHING_BILLED = {
  usage: null,
  estimated: false,
  stopReason: null,
  responseId: null,
  firstByteAt: null,
  warnings: [],
} as const

/** With the status by which the client's API tells the error. */
export function unansweredResult({ dialect, requestId }: IncomingCall, error: GatewayError): CallResult {
  const { status } = dialectOf(dialect).writeError(error, requestId)
  return unbilled(UNANSWERED[error.code] ?? 'upstream_unreachable', status)
}

const UNANSWERED: Readonly<Partial<Record<GatewayErrorCode, string>>> = {
  budget_exceeded: 'blocked',
  budget_reserved: 'blocked',
  provider_refused: 'upstream_error',
  provider_timeout: 'upstream_timeout',
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
  // Many clients hang up at the last event, before the provider does: nothing is missing then.
  const left = relayed.ending === 'client_left' && reading.ending === 'cut'
  const silent = relayed.ending === 'silent' && reading.ending === 'cut'
  // The provider went on until it noticed.
  const guard = stopped && estimated ? sent.spend.guardTokens : 0
  // What nobody told and nobody saw is charged too where it would else pass a cap.
  const outputTokens =
    estimated && sent.spend.hardCap ? Math.max(usage.outputTokens, sent.spend.outputTokens) : usage.outputTokens
  return {
    ending: stopped ? 'budget_stopped' : left ? 'client_left' : silent ? 'upstream_timeout' : ENDINGS[reading.ending],
    status,
    usage: { ...usage, outputTokens: outputTokens + guard },
    estimated,
    stopReason: stopped ? 'max_tokens' : reading.stopReason,
    responseId: reading.responseId,
    firstByteAt: relayed.firstByteAt,
    warnings: reading.usageKnown === 'final' ? [] : ['usage_missing'],
  }
}

const ENDINGS = { complete: 'complete', error: 'upstream_error_event', cut: 'upstream_cut' } as const

/** What models usually produce of an answer that comes whole, where no cap asks for the most they could. */
const USUAL_TOKENS_PER_MS = 0.06

/**
 * Whoever leaves while a provider is at work may leave a bill behind, so the prompt is charged as an estimate, and with
 * it what may have been produced unseen.
 */
export function leftResult(sent: SentCall): CallResult {
  const left = unbilled('client_left', 499)
  const last = sent.attempts.at(-1)
  if (last?.outcome !== 'client_left') return left
  const { model } = sent.decided.target
  const limit = sent.prepared.outputLimit ?? model.capabilities.maxOutputTokens
  const pace = sent.spend.hardCap ? HIDDEN_TOKENS_PER_MS : USUAL_TOKENS_PER_MS
  const unseen = comesUnseen(sent) && (sent.spend.hardCap || !sent.prepared.streams)
  const outputTokens = unseen ? Math.min(limit, Math.ceil(last.ms * pace)) : 0
  const usage = { ...expectedPrompt(sent, model), outputTokens }
  return { ...left, usage, estimated: true, warnings: ['usage_missing'] }
}
