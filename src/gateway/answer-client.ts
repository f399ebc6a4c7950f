/**
 * The provider's answer becomes the client's: an answer streams through the meter, an error passes unmodified, since
 * clients mend themselves by its wording. However it ends, the call is settled once.
 */
import type { Verdict } from '../core/cascade/classify-failure.ts'
import { GatewayError } from '../core/gateway-error.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import { billableUsage } from '../core/metering/usage-meter.ts'
import type { ProviderAnswer, Upstream } from './attempt-upstream.ts'
import { addDecisionHeaders } from './decision-headers.ts'
import { expectedPrompt } from './expected-prompt.ts'
import { headersForClient } from './forward-headers.ts'
import type { IncomingCall } from './incoming-call.ts'
import { meterStream, meterWhole } from './metered-answer.ts'
import { relayAnswer, type RelayResult } from './relay-answer.ts'
import { runAttempts } from './run-attempts.ts'
import { settleCall, type CallResult, type SentCall } from './settle-call.ts'

/**
 * @param settled called when the call is settled and nothing of it runs any more
 * @throws GatewayError provider_unreachable, provider_timeout
 */
export async function answerClient(call: IncomingCall, decided: SentCall, settled: () => void): Promise<Response> {
  const end = await runAttempts(call, decided)
  const { sent } = end
  switch (end.kind) {
    case 'answer':
      return streamAnswer(call, sent, { upstream: end.upstream, settled })
    case 'error':
      void settleCall(call, sent, unbilled('upstream_error', end.answer.status)).finally(settled)
      return passError(call, sent, end)
    case 'unanswered':
      call.keepAlive(settleCall(call, sent, unansweredResult(end.error)))
      throw end.error
    case 'client_left':
      await settleCall(call, sent, leftResult(sent))
      throw new GatewayError('provider_unreachable', 'The client left before there was an answer.')
  }
}

function streamAnswer(
  call: IncomingCall,
  sent: SentCall,
  { upstream, settled }: { upstream: Upstream; settled: () => void },
): Response {
  const { ports } = sent.gateway
  const { bytes, status, abort } = upstream
  const streams = upstream.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const { dialect, requestId } = call
  const tap = streams
    ? meterStream({ dialect, requestId, removeUsageChunk: sent.prepared.usageChunkAdded, now: ports.now })
    : meterWhole(dialect)
  const relay = relayAnswer(bytes, tap, { now: ports.now, abort })
  void relay.done
    .then((relayed) => settleCall(call, sent, answeredResult(sent, { relayed, reading: tap.reading(), status })))
    .finally(settled)
  return new Response(relay.body, { status, headers: headersFor(call, sent, upstream.headers) })
}

/**
 * An error of the provider's own: every byte and header that means something passes. Where the provider's own spend
 * limit is reached and it did not say so itself, clients are told that trying again is in vain.
 */
function passError(
  call: IncomingCall,
  sent: SentCall,
  { answer, verdict }: { answer: ProviderAnswer; verdict: Verdict },
): Response {
  const headers = headersFor(call, sent, answer.headers)
  if (verdict.meaning === 'spend_limit' && !headers.has('x-should-retry')) headers.set('x-should-retry', 'false')
  return new Response(answer.body, { status: answer.status, headers })
}

function headersFor(call: IncomingCall, { decided }: SentCall, provider: Headers): Headers {
  const headers = headersForClient(provider)
  addDecisionHeaders(headers, decided, call.requestId)
  return headers
}

const NOTHING_BILLED = { usage: null, estimated: false, stopReason: null, firstByteAt: null, warnings: [] } as const

function unansweredResult({ code }: GatewayError): CallResult {
  return code === 'provider_timeout' ? unbilled('upstream_timeout', 504) : unbilled('upstream_unreachable', 502)
}

function unbilled(ending: string, status: number): CallResult {
  return { ...NOTHING_BILLED, ending, status }
}

function answeredResult(
  sent: SentCall,
  { relayed, reading, status }: { relayed: RelayResult; reading: StreamReading; status: number },
): CallResult {
  const { usage, estimated } = billableUsage(reading, {
    prompt: expectedPrompt(sent, sent.decided.target.model),
    bytesPerToken: BYTES_PER_OUTPUT_TOKEN,
  })
  return {
    ending: relayed.ending === 'client_left' ? 'client_left' : ENDINGS[reading.ending],
    status,
    usage,
    estimated,
    stopReason: reading.stopReason,
    firstByteAt: relayed.firstByteAt,
    warnings: reading.usageKnown === 'final' ? [] : ['usage_missing'],
  }
}

const ENDINGS = { complete: 'complete', error: 'upstream_error_event', cut: 'upstream_cut' } as const

/** Visible output as JSON strings: a little less than a token of code has bytes. An estimate only settles what was cut. */
const BYTES_PER_OUTPUT_TOKEN = 3.5

/** Whoever leaves while a provider is at work may leave a bill behind, so the prompt is charged as an estimate. */
function leftResult(sent: SentCall): CallResult {
  const left = unbilled('client_left', 499)
  if (sent.attempts.at(-1)?.outcome !== 'client_left') return left
  const usage = expectedPrompt(sent, sent.decided.target.model)
  return { ...left, usage, estimated: true, warnings: ['usage_missing'] }
}
