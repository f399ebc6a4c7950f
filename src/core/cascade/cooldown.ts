/**
 * Whether a target, or a whole provider, is left alone for a while: the streak of calls that gave it up, how long it
 * cools, and the one call that may then try it. One entry, as steps of a reducer; it knows no other entry and no money.
 */

/** What is remembered of a target or provider that failed. One that works is not remembered at all. */
export interface Cooldown {
  /** Calls in a row that gave it up. */
  readonly failures: number
  readonly failedAt: number
  /** Cooldowns in a row. */
  readonly rounds: number
  /** Null: it is not cooling, only counted. */
  readonly until: number | null
  /** The call that may try it, once the time is over; until when its result is waited for. */
  readonly probe: { readonly requestId: string; readonly until: number } | null
}

export interface Failure {
  readonly requestId: string
  /** When the failure was seen, ms since epoch. */
  readonly at: number
  /** How long the provider asked to be left alone; null: it did not say. */
  readonly retryAfterMs: number | null
}

export const COOLDOWN_LIMITS = {
  /** So many calls in a row are no accident; one that was told when to come back needs no second. */
  streak: 2,
  /** Failures further apart are no streak. */
  streakMs: 60_000,
  firstMs: 5_000,
  longestMs: 60_000,
  /** A `retry-after` is believed up to here; then a call finds out. */
  longestRetryAfterMs: 5 * 60_000,
  /** How long a probe's result is waited for: as long as a slow first byte takes. */
  probeMs: 60_000,
  /** Calls that come while a probe is under way are told to look again this soon. */
  probeWaitMs: 2_000,
} as const

/** A call gave it up. Times in ms since epoch. */
export function afterFailure(before: Cooldown | null, failure: Failure, now: number): Cooldown {
  if (before === null || before.until === null) return counted(before, failure)
  const probing = before.probe !== null && before.probe.until > now
  const finding = probing ? before.probe?.requestId === failure.requestId : before.until <= now
  if (finding) return cooling(before, failure)
  // A call from before the cooldown: it tells nothing new but a later time to come back.
  const until = failure.at + waitAsked(failure)
  return until <= Math.max(now, before.until) ? before : { ...before, until, probe: null }
}

/**
 * A call was answered. Outside a cooldown that ends the streak; inside, only the probe's answer counts, since others were
 * sent before. Null: nothing is left to remember.
 */
export function afterSuccess(before: Cooldown | null, requestId: string): Cooldown | null {
  if (before === null || before.until === null) return null
  return before.probe?.requestId === requestId ? null : before
}

/** A probe came to nothing: the next call may have it. */
export function afterNoTry(before: Cooldown, requestId: string): Cooldown {
  return before.probe?.requestId === requestId ? { ...before, probe: null } : before
}

/** What a call that is being admitted is told. */
export interface Admittance {
  readonly state: Cooldown
  /** Until when it must leave it alone; null: it may use it. */
  readonly coolingUntil: number | null
  /** It may use it as the one call that finds out. */
  readonly probing: boolean
}

/** A call is admitted: the first one after the time is over gets the probe. */
export function atAdmission(before: Cooldown, requestId: string, now: number): Admittance {
  const { until, probe } = before
  if (until === null) return { state: before, coolingUntil: null, probing: false }
  if (until > now) return { state: before, coolingUntil: until, probing: false }
  if (probe !== null && probe.until > now && probe.requestId !== requestId) {
    const coolingUntil = Math.min(probe.until, now + COOLDOWN_LIMITS.probeWaitMs)
    return { state: before, coolingUntil, probing: false }
  }
  const granted = { requestId, until: now + COOLDOWN_LIMITS.probeMs }
  return { state: { ...before, probe: granted }, coolingUntil: null, probing: true }
}

function counted(before: Cooldown | null, failure: Failure): Cooldown {
  const inStreak = before !== null && failure.at - before.failedAt <= COOLDOWN_LIMITS.streakMs
  const failures = inStreak ? before.failures + 1 : 1
  const state = { failures, failedAt: failure.at, rounds: 0, until: null, probe: null }
  return failures >= COOLDOWN_LIMITS.streak || waitAsked(failure) > 0 ? cooling(state, failure) : state
}

function cooling(before: Cooldown, failure: Failure): Cooldown {
  const rounds = before.rounds + 1
  const { firstMs, longestMs } = COOLDOWN_LIMITS
  const lasts = waitAsked(failure) || Math.min(longestMs, firstMs * 2 ** (rounds - 1))
  return { ...before, failedAt: failure.at, rounds, until: failure.at + lasts, probe: null }
}

/** 0: the provider did not say. */
function waitAsked({ retryAfterMs }: Failure): number {
  return Math.min(Math.max(retryAfterMs ?? 0, 0), COOLDOWN_LIMITS.longestRetryAfterMs)
}
