/**
 * How long a turn is worth planning for: the iterations that the choice of a model counts on after this one. It follows
 * from how the session's latest turns went and how far this one has come. It chooses nothing and prices nothing.
 *
 * Moving to another model costs once and saves at every later call, and it can still be done one call later. So what
 * counts is not the mean rest of the turn, which a few very long turns stretch, but how long it must last for waiting
 * to be worth nothing: the least, over all numbers of calls to wait, of calls expected to be made while waiting over
 * the chance that the turn ends meanwhile (the inverse of the Gittins index of the turn's length).
 */

/** What is known of a turn when one of its calls begins. */
export interface TurnSoFar {
  /** From 1, this call included. */
  readonly iteration: number
  /** Calls of the session's turns before this one, oldest first. */
  readonly recentTurns: readonly number[]
  /** How fast turns of this task end, against the session's turns in general; 1: as they do. */
  readonly pace: number
}

export interface HorizonModel {
  /** Of `turnFeatures`, in its order: the log odds that the turn ends with this call. */
  readonly weights: readonly number[]
  /** The part of the horizon that is counted on: a cache that is left loses what the next turns would have read of it. */
  readonly share: number
}

/**
 * Read off 181 real sessions, 9,788 calls (the tuning half of the billing benchmark); `npm run bench:horizon`
 * prints them.
 */
export const SHIPPED_HORIZON: HorizonModel = {
  weights: [-1.25, -0.43, -0.33, -0.78, -0.13, -0.02, -0.05, 0.65],
  share: 0.7,
}

/** How many of the latest turns are looked at. */
export const RECENT_TURNS = 4
/** Waiting for longer than this is not considered, calls. */
const LONGEST_WAIT = 60

/** What the chance of a turn's end is told from. Lengths are looked at as logarithms, since they are heavy-tailed. */
export function turnFeatures(iteration: number, recentTurns: readonly number[]): readonly number[] {
  const recent = recentTurns.slice(-RECENT_TURNS)
  const first = iteration === 1 ? 1 : 0
  const length = recent.length === 0 ? 0 : recent.reduce((total, calls) => total + Math.log(calls), 0) / recent.length
  const single = recent.filter((calls) => calls === 1).length
  return [1, first, Math.log(iteration), recent.length === 0 ? 1 : 0, length, first * length, single, first * single]
}

/** Iterations of the turn to count on after this one; a fraction is fine. */
export function iterationsToCountOn(turn: TurnSoFar, model: HorizonModel = SHIPPED_HORIZON): number {
  let going = 1
  let expectedCalls = 0
  let least = Number.POSITIVE_INFINITY
  for (let wait = 0; wait < LONGEST_WAIT; wait += 1) {
    expectedCalls += going
    going *= 1 - endChance({ ...turn, iteration: turn.iteration + wait }, model)
    least = Math.min(least, expectedCalls / (1 - going))
  }
  return model.share * (least - 1)
}

/** The chance that the turn ends with this call. */
function endChance({ iteration, recentTurns, pace }: TurnSoFar, { weights }: HorizonModel): number {
  const odds = turnFeatures(iteration, recentTurns).reduce(
    (total, feature, index) => total + feature * (weights[index] ?? 0),
    0,
  )
  return Math.min(0.95, pace / (1 + Math.exp(-odds)))
}

/** A task is taken to have made this many calls more, at the general pace of the session's turns. */
const PRIOR_CALLS = 200
const FASTEST = 3

/**
 * How fast turns of one task end against all turns of the session: turns per call, drawn to 1 while few were seen.
 * Both lists hold calls per turn.
 */
export function taskPace(ofTask: readonly number[], ofSession: readonly number[]): number {
  const calls = sum(ofSession)
  if (calls === 0) return 1
  const general = ofSession.length / calls
  const own = (PRIOR_CALLS * general + ofTask.length) / (PRIOR_CALLS + sum(ofTask))
  return Math.min(FASTEST, Math.max(1 / FASTEST, own / general))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
