/**
 * How far a team goes to get an answer when a provider fails: how often, how long, and how much silence it bears. Numbers
 * with their defaults; it decides nothing about a call.
 */
import * as z from 'zod'

const secondsSchema = z.number().min(1).max(600)

/** As a team writes it; every field may be left out. */
export const failurePolicySchema = z.strictObject({
  retries: z.int().min(0).max(5).optional(),
  fallbacks: z.int().min(0).max(5).optional(),
  deadlineSeconds: secondsSchema.optional(),
  longestWaitSeconds: z.number().min(0).max(60).optional(),
  streamTimeoutSeconds: secondsSchema.optional(),
  answerTimeoutSeconds: secondsSchema.optional(),
})

export interface FailurePolicy {
  /** Further attempts at the same target. */
  readonly retries: number
  /** Other targets of the tier to ask. */
  readonly fallbacks: number
  /** After this long no further attempt begins, counted from the call's arrival. */
  readonly deadlineMs: number
  /** A `retry-after` longer than this is not waited for. */
  readonly longestWaitMs: number
  /** Silence before the first byte of a streamed answer. */
  readonly streamTimeoutMs: number
  /** The same where the answer comes whole, after all of it was produced. */
  readonly answerTimeoutMs: number
}

/**
 * Some models think for minutes before a stream begins, so the limit is generous; it stays under the five minutes after
 * which coding agents hang up, so that another target can still be asked. A whole answer may take the ten minutes that
 * the official SDKs wait for it.
 */
const DEFAULTS: FailurePolicy = {
  retries: 2,
  fallbacks: 2,
  deadlineMs: 300_000,
  longestWaitMs: 5_000,
  streamTimeoutMs: 240_000,
  answerTimeoutMs: 600_000,
}

/** Fills in what a team left out. */
export function fillFailurePolicy(json: z.infer<typeof failurePolicySchema> = {}): FailurePolicy {
  return {
    retries: json.retries ?? DEFAULTS.retries,
    fallbacks: json.fallbacks ?? DEFAULTS.fallbacks,
    deadlineMs: inMs(json.deadlineSeconds, DEFAULTS.deadlineMs),
    longestWaitMs: inMs(json.longestWaitSeconds, DEFAULTS.longestWaitMs),
    streamTimeoutMs: inMs(json.streamTimeoutSeconds, DEFAULTS.streamTimeoutMs),
    answerTimeoutMs: inMs(json.answerTimeoutSeconds, DEFAULTS.answerTimeoutMs),
  }
}

function inMs(seconds: number | undefined, otherwise: number): number {
  return seconds === undefined ? otherwise : Math.round(seconds * 1000)
}
