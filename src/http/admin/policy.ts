/** `PUT /admin/v1/teams/:teamId/policy`: the team's routing policy, as a new version. */
import type { Context } from 'hono'
import * as z from 'zod'
import { InvalidPolicy, resolvePolicy } from '../../core/routing/policy.ts'
import type { AppEnv } from '../app-env.ts'
import { Problem } from '../problem.ts'
import { existingTeam } from './existing-team.ts'
import { readJson } from './read-input.ts'

export async function putPolicy(context: Context<AppEnv>): Promise<Response> {
  const team = await existingTeam(context)
  const policy = await readJson(context, z.record(z.string(), z.unknown()))
  checkPolicy(policy)
  const stored = await context.var.composition.ledger(team.id).putPolicy(JSON.stringify(policy))
  return context.json({ version: stored.version, policy })
}

function checkPolicy(policy: unknown): void {
  try {
    resolvePolicy(policy)
  } catch (error) {
    if (!(error instanceof InvalidPolicy)) throw error
    const errors = error.problems.map((problem) => {
      const colon = problem.indexOf(': ')
      return { path: problem.slice(0, colon), message: problem.slice(colon + 2) }
    })
    throw new Problem(400, 'Invalid policy', 'The policy is not as it should be; nothing was changed.', errors)
  }
}
