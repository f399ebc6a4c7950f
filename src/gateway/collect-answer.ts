/**
 * A stream from the provider, one answer for the client: it is metered, paid for and stopped like any stream, and told
 * once it is whole. Until then not even its status is known.
 */
import { dialectOf } from '../core/dialects/registry.ts'
import { codecOf } from '../core/dialects/translation.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { answerHeaders } from './answer-headers.ts'
import type { Upstream } from './attempt-upstream.ts'
import { answeredResult } from './call-result.ts'
import { collectingTap, type CollectingTap } from './collecting-tap.ts'
import { STOP_NOTE } from './ending-tap.ts'
import type { IncomingCall } from './incoming-call.ts'
import { CUT_SENTENCE, SILENT_SENTENCE } from './metered-answer.ts'
import { relayAnswer, type RelayResult } from './relay-answer.ts'
import { settleCall, type SentCall } from './settle-call.ts'
import { spendSoFar } from './spend-so-far.ts'
import { tellAnswer, type ToldAnswer } from './translated-answer.ts'
import { expectedUsage, usageSoFar } from './usage-so-far.ts'

/**
 * @param settled called when the call is settled
 * @throws GatewayError provider_unreachable when the stream ends too early, provider_timeout when it falls silent,
 *   budget_exceeded when it is stopped before anything was said
 */
export async function collectAnswer(
  call: IncomingCall,
  sent: SentCall,
  { upstream, settled }: { readonly upstream: Upstream; readonly settled: () => void },
): Promise<Response> {
  const { spend, prepared, gateway } = sent
  const expected = expectedUsage(sent)
  const tap = collectingTap({
    dialect: prepared.dialect,
    stop: spend.stop,
    usage: () => usageSoFar(tap.reading(), expected).usage,
  })
  spend.follow(spendSoFar(call, sent, tap.reading))
  const looking = {
    ...tap,
    push(chunk: Uint8Array) {
      tap.push(chunk)
      spend.look()
      return null
    },
  }
  const relay = relayAnswer(upstream.bytes, looking, {
    now: gateway.ports.now,
    clientGone: call.clientGone,
    abort: upstream.abort,
    silenceMs: spend.silenceMs,
    reading: tap.reading,
  })
  new Response(relay.body).arrayBuffer().catch(() => undefined)
  const relayed = whoseEnd(call, await relay.done)
  // A line that is kept open after the answer's end brings this client nothing.
  upstream.abort()
  const told = toldAnswer(call, sent, { tap, relayed })
  const result = answeredResult(sent, {
    relayed,
    reading: tap.reading(),
    status: statusOf(call, told),
    provider: upstream.headers,
  })
  const warnings = told instanceof GatewayError ? [] : told.warnings
  call.keepAlive(settleCall(call, sent, { ...result, warnings: [...result.warnings, ...warnings] }).finally(settled))
  if (told instanceof GatewayError) throw told
  const headers = answerHeaders(call, sent, { provider: upstream.headers, type: 'application/json' })
  return new Response(told.body, { status: told.status, headers })
}

/** Nothing is written while an answer is collected, so a client that leaves shows as a line that was cut. */
function whoseEnd({ clientGone }: IncomingCall, relayed: RelayResult): RelayResult {
  return relayed.ending === 'upstream_cut' && clientGone.aborted ? { ...relayed, ending: 'client_left' } : relayed
}

function toldAnswer(
  { dialect, requestId }: IncomingCall,
  { prepared }: SentCall,
  { tap, relayed }: { readonly tap: CollectingTap; readonly relayed: RelayResult },
): ToldAnswer | GatewayError {
  const outcome = tap.outcome()
  if (outcome === null) {
    if (relayed.ending === 'stopped') return new GatewayError('budget_exceeded', STOP_NOTE)
    return relayed.ending === 'silent'
      ? new GatewayError('provider_timeout', SILENT_SENTENCE)
      : new GatewayError('provider_unreachable', CUT_SENTENCE)
  }
  if (outcome.type === 'failed') {
    const { status, body } = codecOf(dialect).writeProviderError(outcome.error, requestId)
    return { status, body: JSON.stringify(body), warnings: [] }
  }
  const { translated } = prepared
  if (translated === null) return { status: 200, body: JSON.stringify(outcome.body), warnings: [] }
  return tellAnswer(outcome.body, { from: prepared.dialect, to: dialect }, translated.answer)
}

function statusOf({ dialect, requestId }: IncomingCall, told: ToldAnswer | GatewayError): number {
  return told instanceof GatewayError ? dialectOf(dialect).writeError(told, requestId).status : told.status
}
