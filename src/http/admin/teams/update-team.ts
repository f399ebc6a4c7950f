import * as z from 'zod'
import { teamUpdate } from '../../../store/directory.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { contact, name } from '../fields.ts'
import { given } from '../given.ts'
import { rateLimits, team } from './team-schema.ts'

export const updateTeam = defineRoute({
  name: 'teams update',
  method: 'PATCH',
  path: '/teams/:teamId',
  summary: 'Rename a team, or change its contact or rate limits.',
  description: 'What is left out stays as it is. It holds from the next call on.',
  allow: ADMINS,
  body: z.strictObject({
    name: name.optional(),
    contact: contact.nullable().optional(),
    rateLimits: rateLimits.optional(),
  }),
  answer: team,
  done: 'Changed the team "{name}"; it holds from the next call on.',
  async handle({ body, team: before, composition, db, change }) {
    const after = { ...before, ...given(body) }
    await change({
      object: before.id,
      before,
      after,
      ledger: () => composition.ledger(before.id).updateTeam(given(body)),
      directory: (revision) => [teamUpdate(db, { id: before.id, revision }, given(body))],
    })
    return after
  },
})
