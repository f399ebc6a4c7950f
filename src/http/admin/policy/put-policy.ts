import * as z from 'zod'
import { resolvePolicy } from '../../../core/routing/policy.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { scopeProblems } from './check-scope.ts'
import { invalidPolicy, withPolicyProblems } from './policy-problems.ts'
import { policyBody, storedPolicy, version } from './policy-schema.ts'
import { storePolicy } from './stored-policy.ts'

export const putPolicy = defineRoute({
  name: 'policy set',
  method: 'PUT',
  path: '/teams/:teamId/policy',
  summary: "Store the team's routing policy, as a new version.",
  description: 'Nothing of the version before is kept in it. It holds from the next call on.',
  allow: ADMINS,
  query: z.strictObject({
    expectedVersion: z.coerce
      .number()
      .pipe(version)
      .optional()
      .meta({ description: 'Store it only if this is still the present version.' }),
  }),
  body: policyBody,
  bodyIsDocument: true,
  answer: z.strictObject({ version, policy: storedPolicy }),
  done: 'Stored as version {version}; it holds from the next call on.',
  async handle(call) {
    withPolicyProblems(() => resolvePolicy(call.body))
    const problems = await scopeProblems(call.db, call.team.id, call.body)
    if (problems.length > 0) throw invalidPolicy(problems)
    return storePolicy(call, call.body, call.query.expectedVersion ?? null)
  },
})
