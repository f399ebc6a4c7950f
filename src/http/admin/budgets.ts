/** `PUT /admin/v1/teams/:teamId/budgets`: what a team, or one of its keys, may spend in a period. */
import type { Context } from 'hono'
import * as z from 'zod'
import { findKey } from '../../store/directory.ts'
import type { AppEnv } from '../app-env.ts'
import { carriedOut } from './carried-out.ts'
import { existingTeam } from './existing-team.ts'
import { Problem } from '../problem.ts'
import { readJson } from './read-input.ts'

const NANO_PER_DOLLAR = 1e9
/** The most that nano-dollars count exactly as a number. */
const MAX_DOLLARS = 9_000_000

const amount = {
  period: z.enum(['day', 'week', 'month', 'total']),
  /** Dollars; fractions of a nano-dollar are refused rather than rounded. */
  limitUsd: z
    .number()
    .min(0)
    .max(MAX_DOLLARS)
    .refine(
      (dollars) => Number.isInteger(Math.round(dollars * NANO_PER_DOLLAR * 1000) / 1000),
      'may have nine decimals at most',
    ),
  /** `hard` stops calls at the limit, `soft` only counts. */
  mode: z.enum(['hard', 'soft']).default('hard'),
}

const input = z.discriminatedUnion('scope', [
  z.strictObject({ scope: z.literal('team'), ...amount }),
  z.strictObject({ scope: z.literal('key'), keyId: z.string().min(1).max(64), ...amount }),
])

export async function putBudget(context: Context<AppEnv>): Promise<Response> {
  const team = await existingTeam(context)
  const budget = await readJson(context, input)
  if (budget.scope === 'key' && (await findKey(context.env.DB, team.id, budget.keyId)) === null) {
    throw new Problem(404, 'Not found', 'This team has no such key.')
  }
  const answer = await context.var.composition.ledger(team.id).putBudget({
    scope: budget.scope,
    keyId: budget.scope === 'key' ? budget.keyId : null,
    period: budget.period,
    limitNano: Math.round(budget.limitUsd * NANO_PER_DOLLAR),
    mode: budget.mode,
  })
  carriedOut(answer)
  return context.json(budget)
}
