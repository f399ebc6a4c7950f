import * as z from 'zod'
import { resolvePolicy } from '../../../core/routing/policy.ts'
import { ADMINS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { withPolicyProblems } from './policy-problems.ts'
import { storedPolicy, version } from './policy-schema.ts'
import { policyOfVersion, storePolicy } from './stored-policy.ts'

export const rollBackPolicy = defineRoute({
  name: 'policy rollback',
  method: 'POST',
  path: '/teams/:teamId/policy/rollback',
  summary: 'Make an earlier policy the present one, as a new version.',
  description: 'A policy that this release no longer accepts is refused.',
  allow: ADMINS,
  body: z.strictObject({
    version: version.meta({ description: 'The version to go back to; 0: the shipped default.' }),
    expectedVersion: version.optional().meta({ description: 'Do it only if this is still the present version.' }),
  }),
  answer: z.strictObject({ version, policy: storedPolicy }),
  done: 'Stored as version {version}; it holds from the next call on.',
  async handle(call) {
    const { policy } = await policyOfVersion(call, call.body.version)
    withPolicyProblems(() => resolvePolicy(policy))
    return storePolicy(call, policy, call.body.expectedVersion ?? null)
  },
})
