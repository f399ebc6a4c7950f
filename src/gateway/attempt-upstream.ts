/**
 * One attempt: a prepared request sent to its target, up to the answer's first byte. Until that byte is here nothing has
 * reached the client, so whatever goes wrong before it can still be put right elsewhere.
 */
import type { Attempt } from '../core/cascade/attempt.ts'
import { classifyOutcome, type Verdict } from '../core/cascade/classify-failure.ts'
import { readRetryAdvice } from '../core/cascade/retry-advice.ts'
import { parsedJson } from '../core/chat/json-value.ts'
import type { DialectName } from '../core/dialects/dialect.ts'
import { codecOf } from '../core/dialects/translation.ts'
import { AttemptLine } from './attempt-line.ts'
import { hasEventStreamType } from './event-stream.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { AnswerBytes } from './relay-answer.ts'
import type { SentCall } from './settle-call.ts'

/** A provider's answer on its way. */
export interface Upstream {
  readonly status: number
  readonly headers: Headers
  readonly bytes: AnswerBytes
  /** Ends the provider's call. */
  abort(): void
}

/** An error a provider answered with, as it came. */
export interface ProviderAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

export type AttemptEnd =
  | { readonly kind: 'answer'; readonly attempt: Attempt; readonly upstream: Upstream }
  | { readonly kind: 'client_left'; readonly attempt: Attempt }
  | {
      readonly kind: 'failed'
      readonly attempt: Attempt
      readonly verdict: Verdict
      /** Null: the provider said nothing. */
      readonly answer: ProviderAnswer | null
      readonly cause: unknown
    }

/** Never throws: every way an attempt can end is a value. */
export async function attemptUpstream(call: IncomingCall, sent: SentCall, silenceMs: number): Promise<AttemptEnd> {
  const { target } = sent.decided
  const { now } = sent.gateway.ports
  const startedAt = now()
  const line = new AttemptLine(call.clientGone, silenceMs)
  let status: number | null = null
  const attempt = (outcome: Attempt['outcome']): Attempt => ({
    target: target.id,
    outcome,
    status,
    ms: now() - startedAt,
  })
  try {
    const response = await line.until(send(call, sent, line.signal))
    status = response.status
    if (!response.ok) {
      const answer = await wholeError(response, line)
      line.abort()
      const verdict = verdictOnError(sent.prepared.dialect, answer, now())
      return { kind: 'failed', attempt: attempt(outcomeOf(verdict)), verdict, answer, cause: null }
    }
    const bytes = await firstBytes(response, line)
    line.answered()
    const { headers } = response
    return { kind: 'answer', attempt: attempt('answered'), upstream: { status, headers, bytes, abort: line.abort } }
  } catch (cause) {
    const fault = line.cause
    line.abort()
    if (fault === 'client_left') return { kind: 'client_left', attempt: attempt(fault) }
    const verdict = classifyOutcome({ kind: 'silence', fault })
    return { kind: 'failed', attempt: attempt(fault), verdict, answer: null, cause }
  }
}

async function send(call: IncomingCall, { decided, prepared, gateway }: SentCall, signal: AbortSignal) {
  return gateway.ports.providers.send({
    provider: decided.target.model.provider,
    dialect: prepared.dialect,
    operation: prepared.operation,
    // A query belongs to the dialect it came in.
    query: prepared.translated === null ? call.query : '',
    headers: prepared.headers,
    body: prepared.body,
    signal,
  })
}

/** An error whose body breaks off is still an error of that status. */
async function wholeError(response: Response, line: AttemptLine): Promise<ProviderAnswer> {
  const body = await line.until(response.arrayBuffer()).catch(() => new ArrayBuffer(0))
  return { status: response.status, headers: response.headers, body: new Uint8Array(body) }
}

/** Answers that are announced as no longer than this are waited for as a whole. */
const WHOLE_BYTES = 1024 * 1024

/** @throws Error when the answer ends without a byte */
async function firstBytes(response: Response, line: AttemptLine): Promise<AnswerBytes> {
  if (response.body === null) throw new Error('the provider answered without a body')
  if (comesAsOne(response.headers)) {
    const first = new Uint8Array(await line.until(response.arrayBuffer()))
    if (first.byteLength === 0) throw new Error('the provider answered with an empty body')
    return { first, rest: null }
  }
  const reader = response.body.getReader()
  const { done, value } = await line.until(reader.read())
  if (done) throw new Error('the provider ended the answer before its first byte')
  reader.releaseLock()
  return { first: value, rest: response.body }
}

/** A provider that knows the length has the whole answer: nobody gains by passing it in pieces. */
function comesAsOne(headers: Headers): boolean {
  const announced = Number(headers.get('content-length') ?? Infinity)
  return announced <= WHOLE_BYTES && !hasEventStreamType(headers)
}

const utf8 = new TextDecoder()

/** What an error answer means. `now`: ms since epoch. */
export function verdictOnError(dialect: DialectName, { status, headers, body }: ProviderAnswer, now: number): Verdict {
  const error = codecOf(dialect).readProviderError(status, parsedJson(utf8.decode(body)))
  return classifyOutcome({ kind: 'error', error, advice: readRetryAdvice((name) => headers.get(name), now) })
}

function outcomeOf(verdict: Verdict): Attempt['outcome'] {
  if ('fault' in verdict) return verdict.fault
  return verdict.meaning === 'spend_limit' ? 'spend_limit' : 'refused'
}
