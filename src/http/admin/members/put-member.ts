import * as z from 'zod'
import { findMember, memberUpsert } from '../../../store/people.ts'
import { OWNERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { email, role } from '../fields.ts'
import { checkInput } from '../read-input.ts'
import { member } from './member-schema.ts'

export const putMember = defineRoute({
  name: 'members set',
  method: 'PUT',
  path: '/teams/:teamId/members/:email',
  summary: 'Let a person into a team, or give them another role.',
  description: 'The person signs in through Cloudflare Access with this address. It holds from the next request on.',
  allow: OWNERS,
  body: z.strictObject({ role }),
  answer: member,
  done: '{email} is {role} of the team from the next request on.',
  async handle({ params, body, team, db, at, change }) {
    const { email: address } = checkInput({ email: params.email }, z.object({ email }))
    const before = await findMember(db, team.id, address)
    const after = { teamId: team.id, email: address, role: body.role, createdAt: before?.createdAt ?? at }
    await change({ object: address, before, after, directory: [memberUpsert(db, after)] })
    return after
  },
})
