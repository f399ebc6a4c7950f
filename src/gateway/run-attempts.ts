/**
 * Gets an answer for a decided call: the chosen target first, then whatever `nextAttempt` says, with the one body that
 * was read. It ends at the answer's first byte: from there on nothing is ever sent again.
 */
import { fallbackTargets, nextAttempt } from '../core/cascade/next-attempt.ts'
import { isOperatorsFault, type Verdict } from '../core/cascade/classify-failure.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { findTarget, type Target } from '../core/routing/catalog.ts'
import type { ReasonCode } from '../core/routing/reasons.ts'
import { attemptUpstream, type AttemptEnd, type ProviderAnswer, type Upstream } from './attempt-upstream.ts'
import type { IncomingCall } from './incoming-call.ts'
import { pause } from './pause.ts'
import { preparedOrNull } from './prepare-affordable.ts'
import { reportAnswered, reportFailed, reportNotTried } from './report-health.ts'
import type { SentCall } from './settle-call.ts'

/** How it ended; `sent` holds the target it ended with, and every attempt. */
export type AttemptsEnd =
  | { readonly kind: 'answer'; readonly sent: SentCall; readonly upstream: Upstream }
  /** The last error a provider answered with. */
  | { readonly kind: 'error'; readonly sent: SentCall; readonly answer: ProviderAnswer; readonly verdict: Verdict }
  /** No provider said anything, or nothing that is the client's to hear. */
  | { readonly kind: 'unanswered'; readonly sent: SentCall; readonly error: GatewayError }
  | { readonly kind: 'client_left'; readonly sent: SentCall }

type Refusal = Extract<AttemptsEnd, { kind: 'error' }>
type Failed = Extract<AttemptEnd, { kind: 'failed' }>

/** Never throws. */
export async function runAttempts(call: IncomingCall, decided: SentCall): Promise<AttemptsEnd> {
  reportNotTried(call, decided)
  const { failures } = decided.admitted.team.policy
  const candidates = candidatesFor(decided)
  let sent = decided
  let refusal: Refusal | null = null
  for (;;) {
    const silenceMs = sent.prepared.streams ? failures.streamTimeoutMs : failures.answerTimeoutMs
    const end = await attemptUpstream(call, sent, silenceMs)
    sent = withAttempt(sent, end)
    if (end.kind === 'client_left') return { kind: 'client_left', sent }
    if (end.kind === 'answer') {
      reportAnswered(call, sent)
      return { kind: 'answer', sent: pinnedToTarget(sent), upstream: end.upstream }
    }
    logFailure(call, sent, end)
    if (end.answer !== null && !isOperators(end))
      refusal = { kind: 'error', sent, answer: end.answer, verdict: end.verdict }
    const next = nextStep(call, sent, { verdict: end.verdict, candidates })
    if (next.step !== 'retry') reportFailed(call, sent, end.verdict)
    if (next.step === 'give_up') return refusal === null ? unanswered(sent, end) : withAllOf(refusal, sent)
    const unpaid = next.step === 'fallback' ? await unpaidError(next.sent) : null
    if (unpaid !== null) {
      return refusal === null ? { kind: 'unanswered', sent, error: unpaid } : withAllOf(refusal, sent)
    }
    sent = next.sent
    if (next.step === 'fallback') continue
    await pause(next.waitMs, call.clientGone)
    if (call.clientGone.aborted) return { kind: 'client_left', sent }
  }
}

/** Another target may cost more than is held; null: it is paid for. */
async function unpaidError(moved: SentCall): Promise<GatewayError | null> {
  try {
    await moved.spend.fitToDecision(moved)
    return null
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

/** The targets that may take over, by id, cheapest first. One that is only being tried out is left to the call it tries. */
function candidatesFor({ decided, admitted }: SentCall): Map<string, Target> {
  const { probing } = admitted.admission
  const candidates = new Map<string, Target>()
  for (const id of fallbackTargets(decided.decision.considered, decided.target)) {
    const target = findTarget(admitted.team.catalog, id)
    if (target === null || probing.includes(id) || probing.includes(target.model.provider)) continue
    candidates.set(id, target)
  }
  return candidates
}

type NextStep =
  | { readonly step: 'retry'; readonly waitMs: number; readonly sent: SentCall }
  | { readonly step: 'fallback'; readonly sent: SentCall }
  | { readonly step: 'give_up' }

/** The next step with all it needs; a target that the request turns out not to fit is passed over for good. */
function nextStep(
  call: IncomingCall,
  sent: SentCall,
  { verdict, candidates }: { verdict: Verdict; candidates: Map<string, Target> },
): NextStep {
  const { now, random } = sent.gateway.ports
  for (;;) {
    const next = nextAttempt({
      attempts: sent.attempts,
      verdict,
      provider: sent.decided.target.model.provider,
      candidates: [...candidates].map(([target, { model }]) => ({ target, provider: model.provider })),
      policy: sent.admitted.team.policy.failures,
      elapsedMs: now() - call.arrivedAt,
      jitter: random(),
    })
    if (next.step === 'give_up') return next
    if (next.step === 'retry') return { ...next, sent: withReason(sent, 'retry') }
    const target = candidates.get(next.target)
    const prepared = target === undefined ? null : preparedOrNull(call, sent, target)
    if (target !== undefined && prepared !== null) {
      const moved = { ...sent, prepared, decided: { ...sent.decided, target } }
      return { step: 'fallback', sent: withReason(moved, next.reason) }
    }
    candidates.delete(next.target)
  }
}

function withAttempt(sent: SentCall, { attempt }: AttemptEnd): SentCall {
  return { ...sent, attempts: [...sent.attempts, attempt] }
}

/** A reason is told once, however often it came up. */
function withReason(sent: SentCall, reason: ReasonCode): SentCall {
  const { decision } = sent.decided
  const reasons = [...new Set([...decision.reasons, reason])]
  return { ...sent, decided: { ...sent.decided, decision: { ...decision, reasons } } }
}

/** The rest of the turn stays with the target that answered. */
function pinnedToTarget(sent: SentCall): SentCall {
  const { decision, target } = sent.decided
  if (decision.pinned === null || decision.pinned.target === target.id) return sent
  const pinned = { ...decision.pinned, target: target.id }
  return { ...sent, decided: { ...sent.decided, decision: { ...decision, pinned } } }
}

/** The refusal that passes may be an earlier one; what was tried after it belongs to the record all the same. */
function withAllOf(refusal: Refusal, { attempts, decided }: SentCall): Refusal {
  const { sent } = refusal
  const decision = { ...sent.decided.decision, reasons: decided.decision.reasons }
  return { ...refusal, sent: { ...sent, attempts, decided: { ...sent.decided, decision } } }
}

function isOperators({ verdict }: Failed): boolean {
  return 'fault' in verdict && isOperatorsFault(verdict.fault)
}

function unanswered(sent: SentCall, end: Failed): AttemptsEnd {
  return { kind: 'unanswered', sent, error: isOperators(end) ? operatorsError(sent, end) : silenceError(sent, end) }
}

function silenceError({ decided }: SentCall, { attempt, cause }: Failed): GatewayError {
  const { displayName } = decided.target.model
  return attempt.outcome === 'timeout'
    ? new GatewayError('provider_timeout', `The provider of ${displayName} gave no answer in time.`, { cause })
    : new GatewayError('provider_unreachable', `The provider of ${displayName} could not be reached.`, { cause })
}

/** In words of ours: the provider's may hold a part of the key. */
function operatorsError({ decided }: SentCall, { attempt }: Failed): GatewayError {
  const { id, provider } = decided.target.model
  const what =
    attempt.outcome === 'not_authorized' ? "refused this gateway's own key" : `has no model "${id}" for this gateway`
  const sentence = `Headgate: the provider "${provider}" ${what} (HTTP ${attempt.status}). Whoever runs this gateway has to mend that; your own key and login are fine.`
  return new GatewayError('provider_refused', sentence)
}

/** What only the operator can mend has a line of its own, for whoever watches the log. */
function logFailure({ requestId }: IncomingCall, { gateway, decided }: SentCall, end: Failed): void {
  const { target, outcome, status, ms } = end.attempt
  const why = end.cause === null ? null : String(end.cause)
  const { log } = gateway.ports
  log.write('attempt_failed', { requestId, target, outcome, status, ms, cause: why })
  if (!isOperators(end)) return
  log.write('provider_refused', { requestId, provider: decided.target.model.provider, target, outcome, status })
}
