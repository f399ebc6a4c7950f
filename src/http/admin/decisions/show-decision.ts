import * as z from 'zod'
import { findDecision } from '../../../store/decisions.ts'
import { Problem } from '../../problem.ts'
import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { teamId } from '../fields.ts'
import { decision } from './decision-schema.ts'

export const showDecision = defineRoute({
  name: 'decisions show',
  method: 'GET',
  path: '/decisions/:decisionId',
  summary: 'Show one decision with its arithmetic.',
  allow: ANYONE,
  teamFrom: 'query',
  query: z.strictObject({ teamId: teamId.optional() }),
  answer: decision,
  async handle({ params, team, onlyOwner, db }) {
    const session = db.withSession('first-unconstrained')
    const found = await findDecision(session, { id: params.decisionId, teamId: team?.id ?? null, owner: onlyOwner })
    if (found === null) throw new Problem(404, 'Not found', 'There is no such decision.')
    return found as unknown as z.infer<typeof decision>
  },
})
