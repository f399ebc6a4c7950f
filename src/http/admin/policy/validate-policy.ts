import * as z from 'zod'
import { InvalidPolicy, resolvePolicy } from '../../../core/routing/policy.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { scopeProblems } from './check-scope.ts'
import { policyProblems } from './policy-problems.ts'
import { problems, storedPolicy } from './policy-schema.ts'

export const validatePolicy = defineRoute({
  name: 'policy validate',
  method: 'POST',
  path: '/teams/:teamId/policy/validate',
  summary: 'Check a policy without storing it.',
  allow: READERS,
  body: storedPolicy.meta({ description: 'A policy, right or wrong.', examples: [{ schema: 1, rules: 'literal' }] }),
  bodyIsDocument: true,
  readOnly: true,
  answer: z.strictObject({ valid: z.boolean(), problems }),
  columns: ['path', 'message'],
  async handle({ body, team, db }) {
    try {
      resolvePolicy(body)
    } catch (error) {
      if (!(error instanceof InvalidPolicy)) throw error
      return { valid: false, problems: policyProblems(error) }
    }
    const found = await scopeProblems(db, team.id, body)
    return { valid: found.length === 0, problems: found }
  },
})
