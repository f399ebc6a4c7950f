import * as z from 'zod'
import { keyUpdate } from '../../../store/directory.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { time } from '../fields.ts'
import { existingKey } from './existing-key.ts'
import { issuedKey, PREFIX_CHARS } from './key-schema.ts'

const HOUR_MS = 60 * 60_000

export const rotateKey = defineRoute({
  name: 'keys rotate',
  method: 'POST',
  path: '/teams/:teamId/keys/:keyId/rotate',
  summary: 'Give a key a new secret. It is shown once.',
  description: 'The key keeps its id, budgets and history. The secret before it is accepted for a while more.',
  allow: ADMINS,
  body: z.strictObject({
    overlapHours: z
      .number()
      .min(0)
      .max(90 * 24)
      .default(24)
      .meta({ description: 'How long the secret before it is still accepted; 0: not at all.' }),
  }),
  answer: issuedKey.extend({
    previousValidUntil: time.meta({ description: 'When the secret before it stops working.' }),
  }),
  secrets: ['key'],
  done: 'The key "{name}" ({id}) has a new secret. The one before it is taken until {previousValidUntil}.',
  async handle({ params, body, team, composition, db, at, change }) {
    const before = await existingKey(db, { teamId: team.id, keyId: params.keyId })
    const issued = await composition.keys.issue(team.id)
    const overlapMs = Math.round(body.overlapHours * HOUR_MS)
    const after = { ...before, prefix: issued.key.slice(0, PREFIX_CHARS) }
    const previousValidUntil = at + overlapMs
    await change({
      object: before.id,
      before,
      after: { ...after, previousValidUntil },
      ledger: () => composition.ledger(team.id).rotateKey(before.id, issued.keyHash, overlapMs),
      directory: (revision) => [keyUpdate(db, { id: before.id, revision }, { prefix: after.prefix })],
    })
    return { ...after, previousValidUntil, key: issued.key }
  },
})
