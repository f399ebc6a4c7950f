/**
 * The provider's answer becomes the client's: an answer streams through the meter, an error passes unmodified, since
 * clients mend themselves by its wording. However it ends, the call is settled once.
 */
import type { Verdict } from '../core/cascade/classify-failure.ts'
import { GatewayError } from '../core/gateway-error.ts'
import type { StreamReading } from '../core/metering/stream-reading.ts'
import { GUARD_TOKENS } from '../core/ledger/affordable-output.ts'
import { billableUsage } from '../core/metering/usage-meter.ts'
import type { ProviderAnswer, Upstream } from './attempt-upstream.ts'
import { addDecisionHeaders } from './decision-headers.ts'
import { expectedPrompt } from './expected-prompt.ts'
import { headersForClient, sharedHeaders } from './forward-headers.ts'
import type { IncomingCall } from './incoming-call.ts'
import { meterStream, meterWhole, type MeteringTap } from './metered-answer.ts'
import { endingTap } from './ending-tap.ts'
import { relayAnswer, type RelayResult } from './relay-answer.ts'
import { runAttempts } from './run-attempts.ts'
import { bytesPerOutputToken, spendSoFar } from './spend-so-far.ts'
import { settleCall, type CallResult, type SentCall } from './settle-call.ts'
import { tellAnswer, tellError, translateStream, type TranslatingTap } from './translated-answer.ts'

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
      if (sent.prepared.translated === null || streams(upstream)) return streamAnswer(call, sent, { upstream, settled })
      return tellWholeAnswer(call, sent, { upstream, settled })
    }
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
  const tap = watchedTap(call, sent, upstream)
  const relay = relayAnswer(bytes, tap, { now: ports.now, abort })
  void relay.done
    .then((relayed) => {
      const answered = answeredResult(sent, { relayed, reading: tap.reading(), status })
      const warnings = [...answered.warnings, ...(tap.warnings?.() ?? [])]
      return settleCall(call, sent, { ...answered, warnings })
    })
    .finally(settled)
  return new Response(relay.body, { status, headers: headersFor(call, sent, upstream.headers) })
}

/** The stream's spend is followed from its first byte; under a hard cap it can be ended. */
function watchedTap(call: IncomingCall, sent: SentCall, upstream: Upstream): MeteringTap & Partial<TranslatingTap> {
  const tap = tapFor(call, sent, upstream)
  if (!streams(upstream)) return tap
  const { spend, gateway } = sent
  spend.follow(spendSoFar(call, sent, tap.reading))
  if (!spend.hardCap) return tap
  const looking = {
    ...tap,
    push(chunk: Uint8Array) {
      const bytes = tap.push(chunk)
      spend.look()
      return bytes
    },
  }
  const { dialect, requestId } = call
  const usage = () => usageSoFar(sent, tap.reading()).usage
  return endingTap(looking, { dialect, requestId, stop: spend.stop, usage, now: gateway.ports.now })
}

function usageSoFar(sent: SentCall, reading: StreamReading): ReturnType<typeof billableUsage> {
  const prompt = expectedPrompt(sent, sent.decided.target.model)
  return billableUsage(reading, { prompt, bytesPerToken: bytesPerOutputToken(sent) })
}

function tapFor(call: IncomingCall, sent: SentCall, upstream: Upstream): MeteringTap & Partial<TranslatingTap> {
  const { dialect, translated, usageChunkAdded } = sent.prepared
  if (translated !== null) return translateStream({ from: dialect, to: call.dialect }, translated.answer)
  if (!streams(upstream)) return meterWhole(dialect)
  const { requestId } = call
  return meterStream({ dialect, requestId, removeUsageChunk: usageChunkAdded, now: sent.gateway.ports.now })
}

function streams({ headers }: Upstream): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') ?? false
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
  const relay = relayAnswer(upstream.bytes, tap, { now, abort: upstream.abort })
  const body = new Uint8Array(await new Response(relay.body).arrayBuffer().catch(() => new ArrayBuffer(0)))
  const relayed = await relay.done
  const told = tellAnswer(body, { from: dialect, to: call.dialect }, translated!.answer)
  const answered = answeredResult(sent, { relayed, reading: tap.reading(), status: told.status })
  const warnings = [...answered.warnings, ...told.warnings]
  void settleCall(call, sent, { ...answered, warnings }).finally(settled)
  return new Response(told.body, { status: told.status, headers: headersFor(call, sent, upstream.headers) })
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
  const { dialect, translated } = sent.prepared
  const told = translated === null ? answer : tellError(answer, { from: dialect, to: call.dialect }, call.requestId)
  if (verdict.meaning === 'spend_limit' && !headers.has('x-should-retry')) headers.set('x-should-retry', 'false')
  return new Response(told.body, { status: told.status, headers })
}

function headersFor(call: IncomingCall, { decided, prepared }: SentCall, provider: Headers): Headers {
  const headers = prepared.translated === null ? headersForClient(provider) : sharedHeaders(provider)
  const type = provider.get('content-type')
  if (type !== null) headers.set('content-type', type)
  addDecisionHeaders(headers, decided, call.requestId)
  return headers
}

const NOTHING_BILLED = { usage: null, estimated: false, stopReason: null, firstByteAt: null, warnings: [] } as const

function unansweredResult({ code }: GatewayError): CallResult {
  if (code === 'provider_refused') return unbilled('upstream_error', 502)
  return code === 'provider_timeout' ? unbilled('upstream_timeout', 504) : unbilled('upstream_unreachable', 502)
}

function unbilled(ending: string, status: number): CallResult {
  return { ...NOTHING_BILLED, ending, status }
}

function answeredResult(
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
function leftResult(sent: SentCall): CallResult {
  const left = unbilled('client_left', 499)
  if (sent.attempts.at(-1)?.outcome !== 'client_left') return left
  const usage = expectedPrompt(sent, sent.decided.target.model)
  return { ...left, usage, estimated: true, warnings: ['usage_missing'] }
}
