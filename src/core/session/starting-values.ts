/**
 * What is expected of a session that has no history of its own: how fast turns end and what a call adds, per task type.
 * Learned over a team's log; few data leave them near the shipped ones. It reads no log and decides nothing.
 */
import * as z from 'zod'
import { TASK_TYPES, type TaskType } from '../tasks/task-types.ts'
import { iterationsToCountOn } from './horizon.ts'

export interface StartingValuesOfTask {
  /** How fast turns end, against the shipped horizon; 1: as it says, 2: at every call twice as likely. */
  readonly pace: number
  /** Tokens (of the reference tokenizer) that a call adds. */
  readonly growthPerCall: number
}

/** Of turns in general, and of each task type that was seen. */
export interface StartingValues extends StartingValuesOfTask {
  readonly byTask: Readonly<Partial<Record<TaskType, StartingValuesOfTask>>>
}

/** What a team's log holds of the ended turns of one task type. */
export interface LoggedTurns {
  readonly taskType: string
  readonly turns: number
  /** Calls of those turns. */
  readonly calls: number
  /** Calls after the first of their turn, of each turn so many at most, and the tokens these added together. */
  readonly steps: number
  readonly grownTokens: number
}

/** Read off the real sessions; `npm run bench:horizon` prints them. */
const SHIPPED = { turnsPerCall: 0.09, growthPerCall: 1360 } as const

export const SHIPPED_STARTING_VALUES: StartingValues = { pace: 1, growthPerCall: SHIPPED.growthPerCall, byTask: {} }

/** As how many calls the shipped values count beside a team's, and a team's beside those of one of its tasks. */
const PRIOR_CALLS = { team: 1000, task: 500 } as const
const PACE = { least: 1 / 3, most: 3 } as const
const GROWTH = { least: 0, most: 20_000 } as const

/** The iterations to count on after this one where the session has seen no turn end. */
export function startingIterationsLeft(values: StartingValues, taskType: TaskType, iteration: number): number {
  return iterationsToCountOn({ iteration, recentTurns: [], pace: (values.byTask[taskType] ?? values).pace })
}

/** The tokens a call of this task adds where the session has not learned it. */
export function startingGrowth(values: StartingValues, taskType: TaskType): number {
  return (values.byTask[taskType] ?? values).growthPerCall
}

/** A team's values from its log. Rows that name no task, or whose counts contradict each other, are left out. */
export function learnStartingValues(logged: readonly LoggedTurns[]): StartingValues {
  const sound = logged.filter(isSound)
  const team = ratesOf(total(sound), SHIPPED, PRIOR_CALLS.team)
  const byTask = sound.map((row) => [row.taskType, valuesOf(ratesOf(row, team, PRIOR_CALLS.task))] as const)
  return { ...valuesOf(team), byTask: Object.fromEntries(byTask) }
}

const countSchema = z.int().min(0)
const loggedSchema = z.object({
  taskType: z.enum(TASK_TYPES as readonly [TaskType, ...TaskType[]]),
  turns: countSchema,
  calls: countSchema,
  steps: countSchema,
  grownTokens: countSchema,
})
type SoundTurns = LoggedTurns & { readonly taskType: TaskType }

function isSound(row: LoggedTurns): row is SoundTurns {
  return loggedSchema.safeParse(row).success && row.turns <= row.calls && row.steps <= row.calls - row.turns
}

type Sums = Pick<LoggedTurns, 'turns' | 'calls' | 'steps' | 'grownTokens'>

function total(rows: readonly Sums[]): Sums {
  const sum = (name: keyof Sums): number => rows.reduce((all, row) => all + row[name], 0)
  return { turns: sum('turns'), calls: sum('calls'), steps: sum('steps'), grownTokens: sum('grownTokens') }
}

interface Rates {
  readonly turnsPerCall: number
  readonly growthPerCall: number
}

/** The rates seen, drawn to the expected ones as if these had been seen over so many calls. */
function ratesOf({ turns, calls, steps, grownTokens }: Sums, expected: Rates, priorCalls: number): Rates {
  return {
    turnsPerCall: (priorCalls * expected.turnsPerCall + turns) / (priorCalls + calls),
    growthPerCall: (priorCalls * expected.growthPerCall + grownTokens) / (priorCalls + steps),
  }
}

/** Two decimals and whole tokens: more would claim what the data do not tell, and make every hour's values new ones. */
function valuesOf({ turnsPerCall, growthPerCall }: Rates): StartingValuesOfTask {
  const pace = within(turnsPerCall / SHIPPED.turnsPerCall, PACE)
  return { pace: Math.round(pace * 100) / 100, growthPerCall: Math.round(within(growthPerCall, GROWTH)) }
}

function within(value: number, { least, most }: { readonly least: number; readonly most: number }): number {
  return Math.min(most, Math.max(least, value))
}

const ofTaskSchema = z.object({
  pace: z.number().min(0.33).max(PACE.most),
  growthPerCall: z.int().min(GROWTH.least).max(GROWTH.most),
})
const valuesSchema = ofTaskSchema.extend({
  byTask: z.partialRecord(z.enum(TASK_TYPES as readonly [TaskType, ...TaskType[]]), ofTaskSchema),
})

/** Values as they were stored; what is not in their form, from another version say, is as if none had been learned. */
export function readStartingValues(json: string): StartingValues {
  try {
    return valuesSchema.parse(JSON.parse(json)) as StartingValues
  } catch {
    return SHIPPED_STARTING_VALUES
  }
}
