/** How a call ended, as it is settled: what was billed, or what is known of it. */
import { NO_USAGE, promptTokens } from '../core/chat/usage.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import type { GatewayError, GatewayErrorCode } from '../core/gateway-error.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { RelayResult } from './relay-answer.ts'
import type { CallResult, SentCall } from './settle-call.ts'
import { HIDDEN_TOKENS_PER_MS } from './spend-so-far.ts'
import { comesUnseen } from './spend-watch.ts'
import { expectedUsage, usageSoFar } from './usage-so-far.ts'

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

export interface Answered {
  readonly relayed: RelayResult
  readonly reading: StreamReading
  /** That the client saw. */
  readonly status: number
  /** The provider's headers. */
  readonly provider: Headers
}

export function answeredResult(sent: SentCall, { relayed, reading, status, provider }: Answered): CallResult {
  const stopped = relayed.ending === 'stopped'
  // Many clients hang up at the last event, before the provider does: nothing is missing then.
  const left = relayed.ending === 'client_left' && reading.ending === 'cut'
  const silent = relayed.ending === 'silent' && reading.ending === 'cut'
  return {
    ending: stopped ? 'budget_stopped' : left ? 'client_left' : silent ? 'upstream_timeout' : ENDINGS[reading.ending],
    status,
    ...(isFree(reading, provider)
      ? { usage: NO_USAGE, estimated: false, warnings: [] }
      : charged(sent, reading, stopped)),
    stopReason: stopped ? 'max_tokens' : reading.stopReason,
    responseId: reading.responseId,
    firstByteAt: relayed.firstByteAt,
  }
}

/** A gateway of this kind behind this one ended the turn by a message of its own: it asked no model. */
function isFree({ usage, usageKnown }: StreamReading, provider: Headers): boolean {
  const zero = promptTokens(usage) === 0 && usage.outputTokens === 0
  return zero && usageKnown === 'final' && [...provider.keys()].some((name) => name.startsWith('x-headgate-'))
}

function charged(
  sent: SentCall,
  reading: StreamReading,
  stopped: boolean,
): Pick<CallResult, 'usage' | 'estimated' | 'warnings'> {
  const expected = expectedUsage(sent)
  const { usage, estimated, outputTold, disbelieved } = usageSoFar(reading, expected)
  if (disbelieved) logDisbelieved(sent, reading)
  // What nobody told and nobody saw is charged too where it would else pass a cap.
  const unseen = !outputTold && sent.spend.hardCap ? sent.spend.outputTokens : 0
  // The provider went on until it noticed, or until the limit it was given.
  const guard = stopped && !outputTold ? sent.spend.guardTokens : 0
  const estimate = Math.min(expected.outputLimit, Math.max(usage.outputTokens, unseen) + guard)
  return {
    usage: { ...usage, outputTokens: Math.max(usage.outputTokens, estimate) },
    estimated,
    warnings: disbelieved ? ['usage_disbelieved'] : estimated ? ['usage_missing'] : [],
  }
}

/** Whoever runs the gateway has to look at such a provider. */
function logDisbelieved({ gateway, decided, spend }: SentCall, { usage }: StreamReading): void {
  gateway.ports.log.write('usage_disbelieved', {
    requestId: spend.reservation.requestId,
    target: decided.target.id,
    promptTokens: promptTokens(usage),
    outputTokens: usage.outputTokens,
  })
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
  const { prompt, outputLimit } = expectedUsage(sent)
  const pace = sent.spend.hardCap ? HIDDEN_TOKENS_PER_MS : USUAL_TOKENS_PER_MS
  const unseen = comesUnseen(sent) && (sent.spend.hardCap || !sent.prepared.streams)
  const outputTokens = unseen ? Math.min(outputLimit, Math.ceil(last.ms * pace)) : 0
  const usage = { ...prompt, outputTokens }
  return { ...left, usage, estimated: true, warnings: ['usage_missing'] }
}
