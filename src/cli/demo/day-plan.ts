/**
 * A working day as a script: 200 calls in 15 sessions, 60% of them easy, 25% medium, 15% hard. Each turn begins with
 * something a developer would type and goes on with as many calls as such work takes. The same seed gives the same day.
 */
import { seededRandom } from '../../core/replay/seeded-random.ts'

export type Difficulty = 'easy' | 'medium' | 'hard'

export interface PlannedTurn {
  readonly difficulty: Difficulty
  readonly typed: string
  /** Model calls of the turn. */
  readonly calls: number
}

export interface PlannedSession {
  readonly id: string
  readonly turns: readonly PlannedTurn[]
}

/** Turns of each kind, and calls in each: 60 x 2 + 10 x 5 + 5 x 6 = 200, of which 120, 50 and 30. */
const SHARES = {
  easy: { turns: 60, calls: 2 },
  medium: { turns: 10, calls: 5 },
  hard: { turns: 5, calls: 6 },
} as const

/** Calls of a day. */
export const CALLS = Object.values(SHARES).reduce((sum, { turns, calls }) => sum + turns * calls, 0)

const SESSIONS = 15

const EASY = [
  'Add a docstring to the function parse_range in {file}',
  'Rename the variable tmp to retryDelay in {file}',
  'Fix the missing import of useMemo in {file}',
  'Fix the typo in the error message on line 42 of {file}',
  'Add a JSDoc comment to loadConfig in {file}',
  'Generate the boilerplate for an empty React component in {file}',
  'Sort the imports in {file}',
  'Rename the function getUser to fetchUser in {file}',
  'Change this line so that it uses a template literal: const url = base + "/" + path',
  'Add type annotations to the parameters of formatDate in {file}',
  'Write a one-line comment above the regular expression in {file}',
  'Create an empty class PaymentError that extends Error in {file}',
] as const

const MEDIUM = [
  'Write unit tests for the date parser in {file}: leap years, time zones and invalid input',
  'Refactor the retry logic in {file} into its own function and use it in both callers',
  'The pagination in {file} skips the last page when the total is a multiple of the page size. Fix it.',
  'Review the changes in {file} for mistakes before I open the pull request',
  'Upgrade zod from version 3 to version 4 and adapt the code that uses it',
  'Add a --verbose flag: parse it in src/cli/flags.ts and pass it on in src/cli/main.ts and {file}',
  'Extract the validation out of {file} into a module of its own and add tests for it',
  'Add integration tests for the login endpoint in {file}',
  'Refactor {file} from callbacks to async and await, keeping its behaviour',
  'The CSV export in {file} writes dates in the wrong format. Find where and fix it.',
] as const

const HARD = [
  'Orders are sometimes charged twice under load. It only happens in production and I suspect a race condition between the queue worker and the webhook handler. Find the root cause.',
  'Design the architecture for splitting the billing module into a service of its own: data ownership, migration steps, failure modes, trade-offs.',
  'Do a security audit of the authentication flow: session fixation, token leakage, timing attacks, missing authorization checks.',
  'After a few hours the cache returns entries of other tenants. State is corrupted somewhere across several modules. Debug it.',
  'Memory grows until the process is killed, only with concurrent uploads. Find the leak across the stream handling and the connection pool.',
] as const

const FILES = [
  'src/api/orders.ts',
  'src/lib/dates.ts',
  'src/web/cart.tsx',
  'src/jobs/export.ts',
  'lib/retry.py',
] as const

const PROMPTS: Readonly<Record<Difficulty, readonly string[]>> = { easy: EASY, medium: MEDIUM, hard: HARD }

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items]
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    ;[result[last], result[other]] = [result[other]!, result[last]!]
  }
  return result
}

function turnsOf(difficulty: Difficulty, random: () => number): readonly PlannedTurn[] {
  const { turns, calls } = SHARES[difficulty]
  const prompts = PROMPTS[difficulty]
  return Array.from({ length: turns }, (_, index) => {
    const file = FILES[Math.floor(random() * FILES.length)]!
    return { difficulty, calls, typed: prompts[index % prompts.length]!.replace('{file}', file) }
  })
}

/** The day of a seed. */
export function planDay(seed: number): readonly PlannedSession[] {
  const random = seededRandom(seed)
  const kinds = ['easy', 'medium', 'hard'] as const
  const turns = shuffled(
    kinds.flatMap((kind) => turnsOf(kind, random)),
    random,
  )
  const perSession = turns.length / SESSIONS
  return Array.from({ length: SESSIONS }, (_, index) => ({
    id: `demo-${seed}-${index}-${Math.floor(random() * 2 ** 32).toString(16)}`,
    turns: turns.slice(index * perSession, (index + 1) * perSession),
  }))
}
