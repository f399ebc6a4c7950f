/**
 * The provider's answer becomes the client's: an answer streams through the meter, an error passes unmodified, since
 * clients mend themselves by its wording. However it ends, the call is settled once.
 */
import type { Verdict } from '../core/cascade/classify-failure.ts'
import { spentStatus } from '../core/dialects/translation.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { answerHeaders } from './answer-headers.ts'
import type { ProviderAnswer, Upstream } from './attempt-upstream.ts'
import { answeredResult, leftResult, unansweredResult, unbilled } from './call-result.ts'
import { collectAnswer } from './collect-answer.ts'
import { endingTap } from './ending-tap.ts'
import { isEventStream, mendedType } from './event-stream.ts'
import type { IncomingCall } from './incoming-call.ts'
import { meterStream, meterWhole, type MeteringTap } from './metered-answer.ts'
import { relayAnswer } from './relay-answer.ts'
import { runAttempts } from './run-attempts.ts'
import { settleCall, type SentCall } from './settle-call.ts'
import { spendSoFar } from './spend-so-far.ts'
import type { SpendWatch } from './spend-watch.ts'
import { parsedAnswer, tellAnswer, tellError, translateStream, type TranslatingTap } from './translated-answer.ts'
import { expectedUsage, usageSoFar } from './usage-so-far.ts'

/**
 * @param settled called when the call is settled and nothing of it runs any more
 * @throws GatewayError provider_unreachable, provider_timeout, provider_refused
 */
export async function answerClient(call: IncomingCall, decided: SentCall, settled: () => void): Promise<Response> {
  const end = await runAttempts(call, decided)
  const { sent } = end
  switch (end.kind) {
    case 'answer': {
      const { upstream } = end
      if (sent.prepared.collected && isEventStream(upstream, sent.prepared))
        return collectAnswer(call, sent, { upstream, settled })
      if (sent.prepared.translated === null || isEventStream(upstream, sent.prepared))
        return streamAnswer(call, sent, { upstream, settled })
      return tellWholeAnswer(call, sent, { upstream, settled })
    }
    case 'error':
      return passError(call, sent, { ...end, settled })
    case 'unanswered':
      call.keepAlive(settleCall(call, sent, unansweredResult(call, end.error)))
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
  const tap = watchedTap(call, sent, upstream)
  const { silenceMs } = sent.spend
  const reading = isEventStream(upstream, sent.prepared) ? tap.reading : null
  const relay = relayAnswer(bytes, tap, { now: ports.now, clientGone: call.clientGone, abort, silenceMs, reading })
  void relay.done
    .then((relayed) => {
      const answered = answeredResult(sent, { relayed, reading: tap.reading(), status, provider: upstream.headers })
      const warnings = [...answered.warnings, ...(tap.warnings?.() ?? [])]
      return settleCall(call, sent, { ...answered, warnings })
    })
    .finally(() => relay.closed.then(settled))
  const type = mendedType(upstream, sent.prepared)
  const headers = answerHeaders(call, sent, { provider: upstream.headers, ...(type === undefined ? {} : { type }) })
  return new Response(relay.body, { status, headers })
}

/** The stream's spend is followed from its first byte; under a hard cap it can be ended. */
function watchedTap(call: IncomingCall, sent: SentCall, upstream: Upstream): MeteringTap & Partial<TranslatingTap> {
  const tap = tapFor(call, sent, upstream)
  if (!isEventStream(upstream, sent.prepared)) return tap
  const { spend, gateway } = sent
  spend.follow(spendSoFar(call, sent, tap.reading))
  if (!spend.hardCap) return tap
  const { passive, ...active } = tap
  const looking = {
    ...active,
    // Close to its cap a stream is read on its way, so that it ends where an event does.
    ...(passive === undefined || spend.nearCap ? {} : { passive: { ...passive, restMs: restUnderCap(spend) } }),
    push(chunk: Uint8Array) {
      const bytes = tap.push(chunk)
      spend.look()
      return bytes
    },
  }
  const { dialect, requestId } = call
  const expected = expectedUsage(sent)
  const usage = () => usageSoFar(tap.reading(), expected).usage
  return endingTap(looking, { dialect, requestId, stop: spend.stop, usage, now: gateway.ports.now })
}

/** At 500 tokens a second a quarter of one costs no more than what is asked for ahead; beyond that the guard pays. */
const REST_UNDER_CAP_MS = 250

function restUnderCap(spend: SpendWatch): () => number {
  return () => (spend.nearCap ? 0 : REST_UNDER_CAP_MS)
}

function tapFor(call: IncomingCall, sent: SentCall, upstream: Upstream): MeteringTap & Partial<TranslatingTap> {
  const { dialect, translated, usageChunkAdded } = sent.prepared
  if (translated !== null) return translateStream({ from: dialect, to: call.dialect }, translated.answer)
  if (!isEventStream(upstream, sent.prepared)) return meterWhole(dialect)
  return meterStream({
    dialect,
    requestId: call.requestId,
    removeUsageChunk: usageChunkAdded,
    // A completion's answer is told in other words on its way out, by a reader that does not keep the copy's pace.
    passive: !usageChunkAdded && call.completion === undefined,
    now: sent.gateway.ports.now,
  })
}

/** A translated answer that comes whole is told whole: until it is read, not even its status is known. */
async function tellWholeAnswer(
  call: IncomingCall,
  sent: SentCall,
  { upstream, settled }: { upstream: Upstream; settled: () => void },
): Promise<Response> {
  const { dialect, translated } = sent.prepared
  const { now } = sent.gateway.ports
  const tap = meterWhole(dialect)
  const { silenceMs } = sent.spend
  const { clientGone } = call
  const relay = relayAnswer(upstream.bytes, tap, { now, clientGone, abort: upstream.abort, silenceMs, reading: null })
  const body = new Uint8Array(await new Response(relay.body).arrayBuffer().catch(() => new ArrayBuffer(0)))
  const relayed = await relay.done
  const told = tellAnswer(parsedAnswer(body), { from: dialect, to: call.dialect }, translated!.answer)
  const answered = answeredResult(sent, {
    relayed,
    reading: tap.reading(),
    status: told.status,
    provider: upstream.headers,
  })
  const warnings = [...answered.warnings, ...told.warnings]
  void settleCall(call, sent, { ...answered, warnings }).finally(settled)
  return new Response(told.body, {
    status: told.status,
    headers: answerHeaders(call, sent, { provider: upstream.headers }),
  })
}

/**
 * An error of the provider's own: every byte and header that means something passes. Where the provider's own spend
 * limit is reached, clients are told by header and status that trying again is in vain.
 */
function passError(
  call: IncomingCall,
  sent: SentCall,
  { answer, verdict, settled }: { answer: ProviderAnswer; verdict: Verdict; settled: () => void },
): Response {
  const headers = answerHeaders(call, sent, { provider: answer.headers })
  const { dialect, translated } = sent.prepared
  const told = translated === null ? answer : tellError(answer, { from: dialect, to: call.dialect }, call.requestId)
  const spent = verdict.meaning === 'spend_limit'
  if (spent) headers.set('x-should-retry', 'false')
  const status = spent ? spentStatus(told.status, call.dialect) : told.status
  void settleCall(call, sent, unbilled('upstream_error', status)).finally(settled)
  return new Response(told.body, { status, headers })
}
