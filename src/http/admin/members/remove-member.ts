import { findMember, memberDelete } from '../../../store/people.ts'
import { Problem } from '../../problem.ts'
import { OWNERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { member } from './member-schema.ts'

export const removeMember = defineRoute({
  name: 'members remove',
  method: 'DELETE',
  path: '/teams/:teamId/members/:email',
  summary: 'Take a person out of a team.',
  description: 'Keys that name the person as owner stay as they are.',
  allow: OWNERS,
  answer: member,
  done: '{email} ({role}) is no member of the team any more.',
  async handle({ params, team, db, change }) {
    const before = await findMember(db, team.id, params.email.toLowerCase())
    if (before === null) throw new Problem(404, 'Not found', 'This team has no such member.')
    await change({ object: before.email, before, after: null, directory: [memberDelete(db, team.id, before.email)] })
    return before
  },
})
