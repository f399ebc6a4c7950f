import * as z from 'zod'
import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { role, teamId } from '../fields.ts'

export const showMe = defineRoute({
  name: 'me show',
  method: 'GET',
  path: '/me',
  summary: 'Who am I here, and what may I do?',
  allow: ANYONE,
  answer: z.strictObject({
    id: z.string().meta({ description: 'As the audit log names you.' }),
    name: z.string(),
    email: z.string().nullable(),
    operator: z.boolean().meta({ description: 'May do everything in every team.' }),
    teams: z.array(z.strictObject({ teamId, role })),
  }),
  handle: ({ actor }) =>
    Promise.resolve({
      id: actor.id,
      name: actor.name,
      email: actor.email,
      operator: actor.isOperator,
      teams: [...actor.grants],
    }),
})
