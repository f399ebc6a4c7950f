/**
 * What a session learns while it is replayed, by the same functions and with the same limits as a live one: how its
 * turns go, what a call adds and what it answers. It knows nothing of calls to come.
 */
import {
  addAnswer,
  addSample,
  afterTurn,
  expectedGrowth,
  expectedIterationsLeft,
  expectedOutput,
  growthByTask,
  iterationsLeftByTask,
} from '../session/averages.ts'
import { emptySession, type SessionSummary } from '../session/session-state.ts'
import type { SessionView } from '../session/session-view.ts'
import type { TaskType } from '../tasks/task-types.ts'
import type { TraceCall } from './trace.ts'

/** What a session expects of the turn at one of its calls. */
export type Expectations = Pick<
  SessionView,
  'expectedIterationsLeft' | 'iterationsLeftByTask' | 'growthPerCall' | 'growthByTask' | 'expectedOutput'
>

/** The session before its first call. */
export const NOTHING_LEARNED: SessionSummary = emptySession().summary

/** A turn begins: the one before it, if any, has its length. */
export function learnTurn(
  learned: SessionSummary,
  ended: { readonly taskType: TaskType; readonly iterations: number } | null,
): SessionSummary {
  return ended === null ? learned : afterTurn(learned, ended)
}

/** A call was answered. `before`: the call of the thread before it; null: it was the first. */
export function learnCall(
  learned: SessionSummary,
  {
    call,
    before,
    taskType,
  }: { readonly call: TraceCall; readonly before: TraceCall | null; readonly taskType: TaskType },
): SessionSummary {
  const added = before === null ? -1 : totalOf(call) - totalOf(before)
  const grownTokens = added < 0 ? null : added
  return {
    ...learned,
    learned: addAnswer(learned, taskType, { outputTokens: call.outputTokens, grownTokens }),
    growth: grownTokens === null ? learned.growth : addSample(learned.growth, grownTokens),
  }
}

/** What the session tells at a call. `taskType`: of the turn that goes on; null at a turn's first call. */
export function expectationsOf(learned: SessionSummary, taskType: TaskType | null, iteration: number): Expectations {
  return {
    expectedIterationsLeft: expectedIterationsLeft(learned, taskType, iteration),
    ...(iteration === 1
      ? { iterationsLeftByTask: iterationsLeftByTask(learned), growthByTask: growthByTask(learned, null) }
      : {}),
    growthPerCall: expectedGrowth(learned, null, taskType),
    expectedOutput: expectedOutput(learned, taskType),
  }
}

function totalOf({ promptTokens, outputTokens }: TraceCall): number {
  return promptTokens + outputTokens
}
