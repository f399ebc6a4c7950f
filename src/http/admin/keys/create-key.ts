import { keyInsert } from '../../../store/directory.ts'
import { ADMINS } from '../actor.ts'
import { checkExpiry } from '../check-expiry.ts'
import { defineRoute } from '../define-route.ts'
import { checkModels } from './check-models.ts'
import { checkedOverride } from './checked-override.ts'
import { issuedKey, newKey, PREFIX_CHARS } from './key-schema.ts'

export const createKey = defineRoute({
  name: 'keys create',
  method: 'POST',
  path: '/teams/:teamId/keys',
  summary: "Make a developer's key. It is shown once.",
  allow: ADMINS,
  body: newKey,
  status: 201,
  answer: issuedKey,
  secrets: ['key'],
  done: 'Made the key "{name}" ({id}).',
  async handle({ body, team, composition, db, at, change }) {
    checkExpiry(body.expiresAt, at)
    const policyOverride = await checkedOverride(body.policyOverride, { composition, teamId: team.id })
    await checkModels(body, { composition, teamId: team.id })
    const issued = await composition.keys.issue(team.id)
    const made = {
      id: `key_${composition.newId()}`,
      teamId: team.id,
      ...body,
      prefix: issued.key.slice(0, PREFIX_CHARS),
      createdAt: at,
      revokedAt: null,
    }
    await change({
      object: made.id,
      before: null,
      after: made,
      // The ledger first: only a key that works is shown.
      ledger: () =>
        composition.ledger(team.id).putKey({ ...body, policyOverride, keyId: made.id, keyHash: issued.keyHash }),
      directory: [keyInsert(db, made)],
    })
    return { ...made, key: issued.key }
  },
})
