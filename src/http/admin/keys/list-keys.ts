import * as z from 'zod'
import { listKeys } from '../../../store/directory.ts'
import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { tagFilter, tagOf } from '../fields.ts'
import { cursorAfter, nextCursor, pageQuery, positionOf } from '../page.ts'
import { key } from './key-schema.ts'

export const showKeys = defineRoute({
  name: 'keys list',
  method: 'GET',
  path: '/teams/:teamId/keys',
  summary: 'List the keys of a team, revoked ones too, newest first.',
  description: 'A member sees their own.',
  allow: ANYONE,
  query: z.strictObject({
    ...pageQuery,
    owner: z.string().max(200).optional().meta({ description: 'Only keys of this owner.' }),
    tag: tagFilter.optional(),
  }),
  answer: z.strictObject({ keys: z.array(key), nextCursor }),
  columns: ['id', 'name', 'owner', 'prefix', 'highestTier', 'createdAt', 'expiresAt', 'revokedAt'],
  async handle({ query: { limit, cursor, owner, tag }, team, onlyOwner, db }) {
    const keys = await listKeys(db, {
      teamId: team.id,
      owner: onlyOwner ?? owner ?? null,
      tag: tagOf(tag),
      cursor: positionOf(cursor),
      limit,
    })
    return { keys, nextCursor: cursorAfter(keys, limit, ({ createdAt, id }) => ({ at: createdAt, id })) }
  },
})
