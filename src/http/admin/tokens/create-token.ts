import * as z from 'zod'
import { tokenInsert } from '../../../store/people.ts'
import { OWNERS } from '../actor.ts'
import { checkExpiry } from '../check-expiry.ts'
import { defineRoute } from '../define-route.ts'
import { email, name, role, time } from '../fields.ts'
import { token } from './token-schema.ts'

export const createToken = defineRoute({
  name: 'tokens create',
  method: 'POST',
  path: '/teams/:teamId/tokens',
  summary: 'Make an admin token for one team. It is shown once.',
  allow: OWNERS,
  body: z
    .strictObject({
      name,
      role,
      email: email
        .nullable()
        .default(null)
        .meta({ description: 'Whose keys a token of the role `member` sees; belongs to no other role.' }),
      expiresAt: time.nullable().default(null).meta({ description: 'When it stops working; null: never.' }),
    })
    .refine((body) => (body.role === 'member') === (body.email !== null), {
      path: ['email'],
      message: 'names the person a token of the role member is for, and belongs to no other role',
    }),
  status: 201,
  answer: token.extend({
    token: z.string().nullable().meta({ description: 'The token itself; null in an answer that is repeated.' }),
  }),
  secrets: ['token'],
  done: 'Made the token "{name}" ({id}), of the role {role}.',
  async handle({ body, team, composition, db, at, change }) {
    checkExpiry(body.expiresAt, at)
    const issued = await composition.keys.issueAdminToken()
    const made = { id: issued.tokenId, teamId: team.id, ...body, createdAt: at, revokedAt: null }
    await change({ object: made.id, before: null, after: made, directory: [tokenInsert(db, made, issued.hash)] })
    return { ...made, token: issued.token }
  },
})
