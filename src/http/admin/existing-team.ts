/** The team an admin route names, or a problem. */
import type { Context } from 'hono'
import { findTeam, type TeamRow } from '../../store/directory.ts'
import type { AppEnv } from '../app-env.ts'
import { Problem } from '../problem.ts'

export async function existingTeam(context: Context<AppEnv>): Promise<TeamRow> {
  const team = await findTeam(context.env.DB, context.req.param('teamId') ?? '')
  if (team === null) throw new Problem(404, 'Not found', 'There is no such team.')
  return team
}
