import { findToken, tokenRevoke } from '../../../store/people.ts'
import { Problem } from '../../problem.ts'
import { OWNERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { token } from './token-schema.ts'

export const revokeToken = defineRoute({
  name: 'tokens revoke',
  method: 'DELETE',
  path: '/teams/:teamId/tokens/:tokenId',
  summary: 'Revoke an admin token, from the next request on.',
  allow: OWNERS,
  answer: token,
  done: 'Revoked the token "{name}" ({id}, {role}): no request with it is taken from {revokedAt} on.',
  async handle({ params, team, db, at, change }) {
    const before = await findToken(db, team.id, params.tokenId)
    if (before === null) throw new Problem(404, 'Not found', 'This team has no such token.')
    const after = { ...before, revokedAt: before.revokedAt ?? at }
    await change({ object: before.id, before, after, directory: [tokenRevoke(db, before.id, at)] })
    return after
  },
})
