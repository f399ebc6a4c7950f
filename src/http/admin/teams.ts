/** `POST /admin/v1/teams`: a team, with its ledger. */
import type { Context } from 'hono'
import * as z from 'zod'
import { newTeamId } from '../../security/api-key.ts'
import { insertTeam } from '../../store/directory.ts'
import type { AppEnv } from '../app-env.ts'
import { carriedOut } from './carried-out.ts'
import { readJson } from './read-input.ts'

const input = z.strictObject({ name: z.string().trim().min(1).max(100) })

export async function createTeam(context: Context<AppEnv>): Promise<Response> {
  const { name } = await readJson(context, input)
  const team = { id: newTeamId(), name, createdAt: context.var.arrivedAt }
  // The ledger first: a team that is listed can always be charged.
  const answer = await context.var.composition.ledger(team.id).configureTeam({ teamId: team.id, name })
  carriedOut(answer)
  await insertTeam(context.env.DB, team)
  return context.json(team, 201)
}
