/**
 * What to do when an attempt has failed: ask the same target again, ask the next one of the tier, or give up. It sends
 * nothing and draws no random number; it never changes the tier, since a provider's fault says nothing about the work.
 */
import type { ConsideredTarget } from '../decisions/decision-record.ts'
import type { ReasonCode } from '../routing/reasons.ts'
import type { Attempt } from './attempt.ts'
import type { Fault, Verdict } from './classify-failure.ts'
import type { FailurePolicy } from './failure-policy.ts'

/** A target that could take over. */
export interface Candidate {
  /** Target id. */
  readonly target: string
  readonly provider: string
}

export interface FailureSoFar {
  /** Every attempt of the call, in order; the last one has just failed. */
  readonly attempts: readonly Attempt[]
  /** What its failure means. */
  readonly verdict: Verdict
  /** The provider that failed. */
  readonly provider: string
  /** Best first; those that were tried already are passed over. */
  readonly candidates: readonly Candidate[]
  readonly policy: FailurePolicy
  /** Since the call arrived. */
  readonly elapsedMs: number
  /** From 0 up to 1, drawn anew each time. */
  readonly jitter: number
}

export type NextAttempt =
  | { readonly step: 'retry'; readonly waitMs: number }
  | { readonly step: 'fallback'; readonly target: string; readonly reason: ReasonCode }
  | { readonly step: 'give_up' }

const FALLBACK_REASONS = {
  rate_limited: 'fallback_rate_limited',
  overloaded: 'fallback_overloaded',
  server_error: 'fallback_server_error',
  unreachable: 'fallback_unreachable',
  timeout: 'fallback_timeout',
  not_authorized: 'fallback_not_authorized',
  unknown_model: 'fallback_unknown_model',
  unknown_state: 'fallback_unknown_state',
} as const satisfies Record<Fault, ReasonCode>

/** The first wait before a retry; each further one is twice as long. */
const FIRST_WAIT_MS = 250

/** Decides the next step. Waits in milliseconds. */
export function nextAttempt(failure: FailureSoFar): NextAttempt {
  const { verdict, policy, elapsedMs } = failure
  if (verdict.meaning !== 'retry' && verdict.meaning !== 'fallback') return { step: 'give_up' }
  const waitMs = retryWait(failure)
  if (waitMs !== null && elapsedMs + waitMs < policy.deadlineMs) return { step: 'retry', waitMs }
  const next = elapsedMs < policy.deadlineMs ? nextCandidate(failure, verdict.fault) : null
  if (next === null) return { step: 'give_up' }
  return { step: 'fallback', target: next.target, reason: FALLBACK_REASONS[verdict.fault] }
}

/**
 * How long to wait before the same target is asked again; null: it is not. Between half and all of the back-off, so that
 * calls that failed together do not come back together.
 */
function retryWait({ attempts, verdict, policy, jitter }: FailureSoFar): number | null {
  if (verdict.meaning !== 'retry') return null
  const target = attempts.at(-1)?.target
  const tried = attempts.filter((attempt) => attempt.target === target).length
  if (tried > policy.retries) return null
  const backOffMs = FIRST_WAIT_MS * 2 ** (tried - 1)
  const waitMs = Math.max(Math.round((backOffMs * (1 + jitter)) / 2), verdict.retryAfterMs ?? 0)
  return waitMs <= policy.longestWaitMs ? waitMs : null
}

/** What fails by these fails with the whole provider, so its other targets come last. */
const OF_PROVIDER: ReadonlySet<Fault> = new Set(['unreachable', 'not_authorized', 'unknown_state'])

/** The best that was not tried. */
function nextCandidate({ attempts, candidates, policy, provider }: FailureSoFar, fault: Fault): Candidate | null {
  const tried = new Set(attempts.map((attempt) => attempt.target))
  if (tried.size > policy.fallbacks) return null
  const left = candidates.filter(({ target }) => !tried.has(target))
  const elsewhere = OF_PROVIDER.has(fault) ? left.find((candidate) => candidate.provider !== provider) : undefined
  // None of a provider's models knows what it does not hold.
  return elsewhere ?? (fault === 'unknown_state' ? null : (left[0] ?? null))
}

const COULD_SERVE: ReadonlySet<string> = new Set(['dearer', 'unpriced'])

/**
 * The ids of the targets that the decision itself found able to serve the call in the tier it chose, cheapest first,
 * unpriced ones last. A call that is kept at the model it asked for has none: nothing else was compared.
 */
export function fallbackTargets(
  considered: readonly ConsideredTarget[],
  chosen: { readonly id: string; readonly tier: number },
): readonly string[] {
  const price = ({ turnNano }: ConsideredTarget): number => turnNano ?? Number.POSITIVE_INFINITY
  return considered
    .filter(({ target, tier, verdict }) => tier === chosen.tier && target !== chosen.id && COULD_SERVE.has(verdict))
    .toSorted((one, other) => (price(one) === price(other) ? 0 : price(one) - price(other)))
    .map(({ target }) => target)
}
