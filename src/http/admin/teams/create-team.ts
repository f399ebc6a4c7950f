import * as z from 'zod'
import { NO_RATE_LIMITS } from '../../../core/ledger/rate-limits.ts'
import { newTeamId } from '../../../security/api-key.ts'
import { teamInsert } from '../../../store/directory.ts'
import { OPERATOR } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { contact, name } from '../fields.ts'
import { rateLimits, team } from './team-schema.ts'

export const createTeam = defineRoute({
  name: 'teams create',
  method: 'POST',
  path: '/teams',
  summary: 'Make a team, with a ledger of its own.',
  allow: OPERATOR,
  body: z.strictObject({
    name,
    contact: contact.nullable().default(null),
    rateLimits: rateLimits.default(NO_RATE_LIMITS),
  }),
  status: 201,
  answer: team,
  done: 'Made the team "{name}". For the commands that follow: export HEADGATE_TEAM={id}',
  async handle({ body, composition, db, at, change }) {
    const made = { id: newTeamId(), ...body, createdAt: at }
    await change({
      object: made.id,
      teamId: made.id,
      before: null,
      after: made,
      // The ledger first: a team that is listed can always be charged.
      ledger: () => composition.ledger(made.id).configureTeam({ teamId: made.id, ...body }),
      directory: [teamInsert(db, made)],
    })
    return made
  },
})
