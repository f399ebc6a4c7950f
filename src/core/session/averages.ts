/**
 * What a session learns from its own calls: growth, output, how long turns last, bytes per token. Of growth and output
 * the answer is null until enough was seen; their starting values are the policy's, not the session's.
 */
import type { TaskType } from '../tasks/task-types.ts'
import { BYTES_PER_TOKEN } from '../tokens/byte-weights.ts'
import { iterationsToCountOn, RECENT_TURNS, taskPace } from './horizon.ts'
import type { Average, LearnedOfTask, SessionSummary } from './session-state.ts'
import { LIMITS, NO_AVERAGE } from './session-state.ts'

const WEIGHT = 0.3
const ENOUGH_SAMPLES = 3
/** Weighed bytes of a token lie between these, whatever the tokenizer; what falls outside was a miscount. */
const RATIO = { least: 1.5, most: 8 } as const
const FADE = 0.7

/** A moving average with one more sample: plain while few were seen, then the newest counts for 30%. */
export function addSample(average: Average, value: number): Average {
  const samples = average.samples + 1
  const weight = Math.max(WEIGHT, 1 / samples)
  return { mean: average.mean + weight * (value - average.mean), samples: Math.min(samples, 1_000) }
}

/** The average once it rests on at least three samples; else null. Whole numbers, as tokens are. */
function settledMean(average: Average): number | null {
  return average.samples < ENOUGH_SAMPLES ? null : Math.max(0, Math.round(average.mean))
}

function learnedOf(summary: SessionSummary, taskType: TaskType): LearnedOfTask {
  return summary.learned[taskType] ?? { output: NO_AVERAGE, turnLengths: [] }
}

/** Output tokens expected of a call: of its task type, or of all calls while the task is not known. */
export function expectedOutput(summary: SessionSummary, taskType: TaskType | null): number | null {
  if (taskType !== null) return settledMean(learnedOf(summary, taskType).output)
  let total = 0
  let samples = 0
  for (const { output } of Object.values(summary.learned)) {
    total += output.mean * output.samples
    samples += output.samples
  }
  return settledMean({ mean: samples === 0 ? 0 : total / samples, samples })
}

/**
 * Iterations to count on after this one, in a turn of this task; null task: not known yet. Null answer: no turn of the
 * session has ended, so that the team's starting values tell more.
 */
export function expectedIterationsLeft(
  summary: SessionSummary,
  taskType: TaskType | null,
  iteration: number,
): number | null {
  const { recentTurns = [] } = summary
  if (recentTurns.length === 0) return null
  const pace = taskType === null ? 1 : taskPace(learnedOf(summary, taskType).turnLengths, allTurnLengths(summary))
  return iterationsToCountOn({ iteration, recentTurns, pace })
}

/** The same at a turn's first call, for every task type that the session has seen: its task is named only later. */
export function iterationsLeftByTask(summary: SessionSummary): Readonly<Partial<Record<TaskType, number>>> {
  const byTask: Partial<Record<TaskType, number>> = {}
  for (const [taskType, { turnLengths }] of Object.entries(summary.learned) as [TaskType, LearnedOfTask][]) {
    const left = turnLengths.length === 0 ? null : expectedIterationsLeft(summary, taskType, 1)
    if (left !== null) byTask[taskType] = left
  }
  return byTask
}

/** As how many calls the growth of the conversation counts beside that of one task. */
const PRIOR_GROWTH_CALLS = 10
/** A task's average follows its newest calls, so that more of them do not make it surer. */
const MOST_GROWTH_CALLS = 20

/**
 * Tokens that a call of this task is expected to add: its own average, drawn to that of the conversation, or of the
 * session, while the task was seen seldom. Null: neither was seen often enough. Null task: not known yet.
 */
export function expectedGrowth(
  summary: SessionSummary,
  ofThread: Average | null,
  taskType: TaskType | null,
): number | null {
  const general = (ofThread === null ? null : settledMean(ofThread)) ?? settledMean(summary.growth)
  const { mean, samples } = (taskType === null ? null : learnedOf(summary, taskType).growth) ?? NO_AVERAGE
  if (general === null) return null
  const calls = Math.min(samples, MOST_GROWTH_CALLS)
  return Math.round((PRIOR_GROWTH_CALLS * general + calls * mean) / (PRIOR_GROWTH_CALLS + calls))
}

/** The same at a turn's first call, for every task type that the session has seen. */
export function growthByTask(
  summary: SessionSummary,
  ofThread: Average | null,
): Readonly<Partial<Record<TaskType, number>>> {
  const byTask: Partial<Record<TaskType, number>> = {}
  for (const taskType of Object.keys(summary.learned) as TaskType[]) {
    const growth = expectedGrowth(summary, ofThread, taskType)
    if (growth !== null) byTask[taskType] = growth
  }
  return byTask
}

/** What a task has learned of output and growth with one more answer; null: it does not tell how much was added. */
export function addAnswer(
  summary: SessionSummary,
  taskType: TaskType,
  { outputTokens, grownTokens }: { readonly outputTokens: number; readonly grownTokens: number | null },
): SessionSummary['learned'] {
  const ofTask = learnedOf(summary, taskType)
  const output = addSample(ofTask.output, outputTokens)
  const growth = grownTokens === null ? {} : { growth: addSample(ofTask.growth ?? NO_AVERAGE, grownTokens) }
  return { ...summary.learned, [taskType]: { ...ofTask, output, ...growth } }
}

function allTurnLengths({ learned }: SessionSummary): readonly number[] {
  return Object.values(learned).flatMap(({ turnLengths }) => turnLengths)
}

/** What a session knows of its turns once another has ended. */
export function afterTurn(
  summary: SessionSummary,
  { taskType, iterations }: { readonly taskType: TaskType; readonly iterations: number },
): SessionSummary {
  const ofTask = learnedOf(summary, taskType)
  const turnLengths = [...ofTask.turnLengths, iterations].slice(-LIMITS.turnLengths)
  return {
    ...summary,
    learned: { ...summary.learned, [taskType]: { ...ofTask, turnLengths } },
    recentTurns: [...(summary.recentTurns ?? []), iterations].slice(-RECENT_TURNS),
  }
}

export interface SeenText {
  readonly seenBytes: number
  readonly seenTokens: number
}

/** Bytes and tokens counted together once more; too small or absurd a pair is left out. */
export function addSeenText(seen: SeenText, bytes: number, tokens: number): SeenText {
  if (bytes < 64 || tokens < 16) return seen
  const ratio = bytes / tokens
  if (ratio < RATIO.least || ratio > RATIO.most) return seen
  // A whole history must not outweigh the next hundred increments, whose kind of text is what will be estimated.
  const scale = Math.min(1, 4_000 / tokens)
  return { seenBytes: FADE * seen.seenBytes + scale * bytes, seenTokens: FADE * seen.seenTokens + scale * tokens }
}

/** Bytes per token of what was seen; the session's last ratio, or a general one, before that. */
export function bytesPerToken(seen: SeenText | null, ofSession: number | null): number {
  if (seen === null || seen.seenTokens === 0) return ofSession ?? BYTES_PER_TOKEN
  return Math.min(RATIO.most, Math.max(RATIO.least, seen.seenBytes / seen.seenTokens))
}
