import * as z from 'zod'
import { listMembers } from '../../../store/people.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { member } from './member-schema.ts'

export const showMembers = defineRoute({
  name: 'members list',
  method: 'GET',
  path: '/teams/:teamId/members',
  summary: 'List the people of a team.',
  allow: READERS,
  answer: z.strictObject({ members: z.array(member) }),
  columns: ['email', 'role', 'createdAt'],
  handle: async ({ team, db }) => ({ members: await listMembers(db, team.id) }),
})
