import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { team } from './team-schema.ts'

export const showTeam = defineRoute({
  name: 'teams show',
  method: 'GET',
  path: '/teams/:teamId',
  summary: 'Show one team.',
  allow: ANYONE,
  answer: team,
  handle: ({ team: found }) => Promise.resolve(found),
})
