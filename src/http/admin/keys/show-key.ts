import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { existingKey } from './existing-key.ts'
import { key } from './key-schema.ts'

export const showKey = defineRoute({
  name: 'keys show',
  method: 'GET',
  path: '/teams/:teamId/keys/:keyId',
  summary: 'Show one key, without the key itself.',
  description: 'A member sees their own.',
  allow: ANYONE,
  answer: key,
  handle: ({ params, team, onlyOwner, db }) =>
    existingKey(db, { teamId: team.id, keyId: params.keyId, owner: onlyOwner }),
})
