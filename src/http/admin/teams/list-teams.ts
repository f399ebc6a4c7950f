import * as z from 'zod'
import { listTeams } from '../../../store/directory.ts'
import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { cursorAfter, nextCursor, pageQuery, positionOf } from '../page.ts'
import { team } from './team-schema.ts'

export const showTeams = defineRoute({
  name: 'teams list',
  method: 'GET',
  path: '/teams',
  summary: 'List the teams you may see, newest first.',
  allow: ANYONE,
  query: z.strictObject(pageQuery),
  answer: z.strictObject({ teams: z.array(team), nextCursor }),
  columns: ['id', 'name', 'contact', 'createdAt'],
  async handle({ query: { limit, cursor }, actor, db }) {
    const ids = actor.isOperator ? null : actor.grants.map(({ teamId }) => teamId)
    const teams = await listTeams(db, { ids, cursor: positionOf(cursor), limit })
    return { teams, nextCursor: cursorAfter(teams, limit, ({ createdAt, id }) => ({ at: createdAt, id })) }
  },
})
