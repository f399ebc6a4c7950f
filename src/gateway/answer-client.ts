/**
 * The provider's answer becomes the client's: an answer streams through the meter, an error passes unmodified, since
 * clients mend themselves by its wording. However it ends, the call is settled once.
 */
import { NO_USAGE, type Usage } from '../core/chat/usage.ts'
import type { GatewayError } from '../core/gateway-error.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import { billableUsage } from '../core/metering/usage-meter.ts'
import { addDecisionHeaders } from './decision-headers.ts'
import { headersForClient } from './forward-headers.ts'
import type { IncomingCall } from './incoming-call.ts'
import { meterStream, meterWhole } from './metered-answer.ts'
import { relayAnswer, type RelayResult } from './relay-answer.ts'
import { sendUpstream, type Upstream } from './send-upstream.ts'
import { settleCall, type CallResult, type SentCall } from './settle-call.ts'

/**
 * @param settled called when the call is settled and nothing of it runs any more
 * @throws GatewayError provider_unreachable
 */
export async function answerClient(call: IncomingCall, sent: SentCall, settled: () => void): Promise<Response> {
  const { providers } = sent.gateway.ports
  const upstream = await sendUpstream(call, sent.decided.target, { prepared: sent.prepared, providers }).catch(
    async (error: GatewayError) => {
      await settleCall(call, sent, unansweredResult(call, sent))
      throw error
    },
  )
  const headers = headersForClient(upstream.response.headers)
  addDecisionHeaders(headers, sent.decided, call.requestId)
  if (!upstream.response.ok || upstream.response.body === null)
    return passError(call, sent, { upstream, headers, settled })
  const { status } = upstream.response
  return new Response(streamAnswer(call, sent, { upstream, settled }), { status, headers })
}

function streamAnswer(
  call: IncomingCall,
  sent: SentCall,
  { upstream, settled }: { upstream: Upstream; settled: () => void },
): ReadableStream {
  const { ports } = sent.gateway
  const { body, headers, status } = upstream.response
  const streams = headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const { dialect, requestId } = call
  const tap = streams
    ? meterStream({ dialect, requestId, removeUsageChunk: sent.prepared.usageChunkAdded, now: ports.now })
    : meterWhole(dialect)
  const relay = relayAnswer(body ?? new ReadableStream(), tap, { now: ports.now, abort: upstream.abort })
  void relay.done
    .then((relayed) => settleCall(call, sent, answeredResult(sent, { relayed, reading: tap.reading(), status })))
    .finally(settled)
  return relay.body
}

/** An error of the provider's own: nothing was billed, and every byte and header that means something passes. */
async function passError(
  call: IncomingCall,
  sent: SentCall,
  { upstream, headers, settled }: { upstream: Upstream; headers: Headers; settled: () => void },
): Promise<Response> {
  const { response } = upstream
  const body = await response.arrayBuffer().catch(() => null)
  const result = { ...NOTHING_BILLED, ending: 'upstream_error', status: response.status }
  void settleCall(call, sent, result).finally(settled)
  return new Response(body, { status: response.status, headers })
}

const NOTHING_BILLED = { usage: null, estimated: false, stopReason: null, firstByteAt: null, warnings: [] } as const

function answeredResult(
  sent: SentCall,
  { relayed, reading, status }: { relayed: RelayResult; reading: StreamReading; status: number },
): CallResult {
  const { usage, estimated } = billableUsage(reading, {
    prompt: expectedPrompt(sent),
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

/**
 * No answer came at all. A client that left may have left a bill behind, so its prompt is charged as an estimate; a
 * provider that could not be reached billed nothing.
 */
function unansweredResult(call: IncomingCall, sent: SentCall): CallResult {
  if (!call.clientGone.aborted) return { ...NOTHING_BILLED, ending: 'upstream_unreachable', status: 502 }
  return {
    ...NOTHING_BILLED,
    ending: 'client_left',
    status: 499,
    usage: expectedPrompt(sent),
    estimated: true,
    warnings: ['usage_missing'],
  }
}

/** The prompt as estimated before the call, in the target's tokens, at the plain price. */
function expectedPrompt({ decided }: SentCall): Usage {
  const tokens = decided.decision.measures.contextTokens * decided.target.model.tokenizerRatio
  return { ...NO_USAGE, inputTokens: Math.ceil(tokens) }
}
