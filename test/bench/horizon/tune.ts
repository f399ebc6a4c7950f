/** Tunes the horizon on some sessions: weights by regression, the share counted on by the least bill. */
import { replaySession, type ReplayInput } from '../../../src/core/replay/replay-session.ts'
import type { CallWork } from '../../../src/core/replay/call-work.ts'
import { turnNumbers, type TraceSession } from '../../../src/core/replay/trace.ts'
import { iterationsToCountOn, RECENT_TURNS, type HorizonModel } from '../../../src/core/session/horizon.ts'
import { fitWeights } from './fit.ts'

/** Shares that tuning may choose from. */
export const SHARES = [0.5, 0.6, 0.7, 0.8, 0.9, 1] as const

/** A session, and its work under each seed. */
export interface DrawnSession {
  readonly session: TraceSession
  readonly work: readonly (readonly CallWork[])[]
}

/** The model with the least bill on these sessions, and that bill under each share. Nano-dollars. */
export function tuneHorizon(
  drawn: readonly DrawnSession[],
  input: Omit<ReplayInput, 'expect'>,
): { readonly model: HorizonModel; readonly bills: readonly number[] } {
  const weights = fitWeights(drawn.map(({ session }) => session))
  const bills = SHARES.map((share) =>
    drawn.reduce((sum, { session, work }) => {
      const expect = expectingBy({ weights, share }, session)
      return sum + work.reduce((total, one) => total + replaySession(session, one, { ...input, expect }).costNano, 0)
    }, 0),
  )
  const best = bills.indexOf(Math.min(...bills))
  return { model: { weights, share: SHARES[best] ?? 1 }, bills }
}

/** Expectations of a session by another model than the shipped one; its task types are not told apart. */
export function expectingBy(model: HorizonModel, session: TraceSession): NonNullable<ReplayInput['expect']> {
  const turns = turnNumbers(session)
  const recent: number[] = []
  let iteration = 0
  const left = turns.map((turn, index) => {
    iteration += 1
    const answer = iterationsToCountOn({ iteration, recentTurns: recent.slice(-RECENT_TURNS), pace: 1 }, model)
    if (turns[index + 1] !== turn) {
      recent.push(iteration)
      iteration = 0
    }
    return answer
  })
  return (index, { growthPerCall, expectedOutput }) => ({
    expectedIterationsLeft: left[index] ?? null,
    growthPerCall,
    expectedOutput,
  })
}
