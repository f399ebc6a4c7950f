import * as z from 'zod'
import { listAudit } from '../../../store/audit-log.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { teamId, time } from '../fields.ts'
import { cursorAfter, nextCursor, pageQuery, positionOf } from '../page.ts'

const filter = z.string().max(200).optional()
const moment = z.coerce.number().pipe(time).optional()

export const showAudit = defineRoute({
  name: 'audit list',
  method: 'GET',
  path: '/audit',
  summary: 'List who changed what, newest first.',
  description:
    'An outcome of `unfinished` is a change that broke off after it was begun: only the present state tells whether ' +
    'it was made. The log cannot be changed or deleted.',
  allow: READERS,
  teamFrom: 'query',
  query: z.strictObject({
    ...pageQuery,
    teamId: teamId.optional(),
    actor: filter.meta({ description: 'As in `person:ada@example.com`, `token:...` or `operator`.' }),
    action: filter.meta({ description: 'As in `keys create`.' }),
    object: filter.meta({ description: 'Id of what was changed.' }),
    from: moment.meta({ description: 'From this moment on.', format: 'epoch-ms' }),
    to: moment.meta({ description: 'Before this moment.', format: 'epoch-ms' }),
  }),
  answer: z.strictObject({
    entries: z.array(
      z.strictObject({
        id: z.string(),
        at: time,
        teamId: teamId.nullable(),
        actor: z.string(),
        actorName: z.string(),
        action: z.string(),
        object: z.string(),
        outcome: z.enum(['done', 'refused', 'unfinished']),
        before: z.unknown().meta({ description: 'Without secrets; null: there was nothing.' }),
        after: z.unknown().meta({ description: 'Without secrets; null: there is nothing.' }),
        requestId: z.string(),
      }),
    ),
    nextCursor,
  }),
  columns: ['at', 'actorName', 'action', 'object', 'outcome'],
  async handle({ query, team, db }) {
    const { limit, cursor, actor = null, action = null, object = null, from = null, to = null } = query
    const entries = await listAudit(db, {
      teamId: team?.id ?? null,
      actor,
      action,
      object,
      from,
      to,
      cursor: positionOf(cursor),
      limit,
    })
    return { entries, nextCursor: cursorAfter(entries, limit, ({ at, id }) => ({ at, id })) }
  },
})
