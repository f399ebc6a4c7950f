import { keyUpdate } from '../../../store/directory.ts'
import { ADMINS } from '../actor.ts'
import { checkExpiry } from '../check-expiry.ts'
import { defineRoute } from '../define-route.ts'
import { given } from '../given.ts'
import { checkModels } from './check-models.ts'
import { checkedOverride } from './checked-override.ts'
import { existingKey } from './existing-key.ts'
import { key, keyChange } from './key-schema.ts'

export const updateKey = defineRoute({
  name: 'keys update',
  method: 'PATCH',
  path: '/teams/:teamId/keys/:keyId',
  summary: 'Change what a key is called, whose it is, and what it may do.',
  description:
    'What is left out stays as it is; lists and maps are replaced as a whole. It holds from the next call on.',
  allow: ADMINS,
  body: keyChange,
  answer: key,
  done: 'Changed the key "{name}" ({id}); it holds from the next call on.',
  async handle({ params, body, team, composition, db, at, change }) {
    const before = await existingKey(db, { teamId: team.id, keyId: params.keyId })
    // Whoever sends all fields of a key that has expired changes nothing of it.
    if (body.expiresAt !== before.expiresAt) checkExpiry(body.expiresAt, at)
    const { policyOverride, ...fields } = given(body)
    const override =
      policyOverride === undefined
        ? {}
        : { policyOverride: await checkedOverride(policyOverride, { composition, teamId: team.id }) }
    const after = { ...before, ...given(body) }
    await checkModels({ ...after, allowedModels: body.allowedModels }, { composition, teamId: team.id })
    await change({
      object: before.id,
      before,
      after,
      ledger: () => composition.ledger(team.id).updateKey(before.id, { ...fields, ...override }),
      directory: (revision) => [keyUpdate(db, { id: before.id, revision }, given(body))],
    })
    return after
  },
})
