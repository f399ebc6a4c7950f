import * as z from 'zod'
import { listTokens } from '../../../store/people.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { cursorAfter, nextCursor, pageQuery, positionOf } from '../page.ts'
import { token } from './token-schema.ts'

export const showTokens = defineRoute({
  name: 'tokens list',
  method: 'GET',
  path: '/teams/:teamId/tokens',
  summary: 'List the admin tokens of a team, revoked ones too, newest first.',
  allow: READERS,
  query: z.strictObject(pageQuery),
  answer: z.strictObject({ tokens: z.array(token), nextCursor }),
  columns: ['id', 'name', 'role', 'email', 'createdAt', 'expiresAt', 'revokedAt'],
  async handle({ query: { limit, cursor }, team, db }) {
    const tokens = await listTokens(db, { teamId: team.id, cursor: positionOf(cursor), limit })
    return { tokens, nextCursor: cursorAfter(tokens, limit, ({ createdAt, id }) => ({ at: createdAt, id })) }
  },
})
