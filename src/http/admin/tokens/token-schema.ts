/** An admin token as the API tells it; the token itself is told once, when it is made. */
import * as z from 'zod'
import { email, name, role, teamId, time } from '../fields.ts'

export const token = z.strictObject({
  id: z.string(),
  teamId,
  name,
  role,
  email: email.nullable().meta({ description: 'Whose keys a token of the role `member` sees.' }),
  createdAt: time,
  expiresAt: time.nullable(),
  revokedAt: time.nullable(),
})
