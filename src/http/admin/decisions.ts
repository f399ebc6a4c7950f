/** `GET /admin/v1/decisions`: the log, newest first, a page at a time. */
import type { Context } from 'hono'
import * as z from 'zod'
import { listDecisions } from '../../store/decisions.ts'
import type { AppEnv } from '../app-env.ts'
import { readQuery } from './read-input.ts'

const query = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  teamId: z.string().max(32).optional(),
  /** As `nextCursor` of the page before. */
  cursor: z
    .string()
    .regex(/^\d{1,16}_[\w-]{1,64}$/)
    .optional(),
})

export async function showDecisions(context: Context<AppEnv>): Promise<Response> {
  const { limit, teamId, cursor } = readQuery(context, query)
  // Reports may read a replica: a log that is a second old serves as well.
  const session = context.env.DB.withSession('first-unconstrained')
  const decisions = await listDecisions(session, {
    limit,
    teamId,
    cursor: cursor === undefined ? undefined : parseCursor(cursor),
  })
  const last = decisions.length === limit ? decisions.at(-1) : undefined
  return context.json({ decisions, nextCursor: last === undefined ? null : `${String(last.at)}_${String(last.id)}` })
}

function parseCursor(cursor: string): { at: number; id: string } {
  const split = cursor.indexOf('_')
  return { at: Number(cursor.slice(0, split)), id: cursor.slice(split + 1) }
}
