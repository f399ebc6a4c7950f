import { keyRevoke } from '../../../store/directory.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { existingKey } from './existing-key.ts'
import { key } from './key-schema.ts'

export const revokeKey = defineRoute({
  name: 'keys revoke',
  method: 'DELETE',
  path: '/teams/:teamId/keys/:keyId',
  summary: 'Revoke a key, from its next call on.',
  description: 'Calls in flight end as they would have. A revoked key stays in lists and logs.',
  allow: ADMINS,
  answer: key,
  done: 'Revoked the key "{name}" ({id}, {prefix}...): no call with it is taken from {revokedAt} on.',
  async handle({ params, team, composition, db, at, change }) {
    const before = await existingKey(db, { teamId: team.id, keyId: params.keyId })
    const after = { ...before, revokedAt: before.revokedAt ?? at }
    await change({
      object: before.id,
      before,
      after,
      ledger: () => composition.ledger(team.id).revokeKey(before.id),
      directory: [keyRevoke(db, before.id, at)],
    })
    return after
  },
})
