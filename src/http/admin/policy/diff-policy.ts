import * as z from 'zod'
import { policyDifference } from '../../../core/routing/policy-difference.ts'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { version } from './policy-schema.ts'
import { policyOfVersion } from './stored-policy.ts'

const asked = z.coerce.number().pipe(version).meta({ description: 'Number of a version; 0: the shipped default.' })

export const diffPolicy = defineRoute({
  name: 'policy diff',
  method: 'GET',
  path: '/teams/:teamId/policy/diff',
  summary: 'Tell what differs between two versions of a policy.',
  allow: READERS,
  query: z.strictObject({ from: asked, to: asked }),
  answer: z.strictObject({
    from: version,
    to: version,
    differences: z.array(
      z.strictObject({
        path: z.string(),
        kind: z.enum(['added', 'removed', 'changed']),
        before: z.unknown().optional(),
        after: z.unknown().optional(),
      }),
    ),
  }),
  columns: ['path', 'kind', 'before', 'after'],
  async handle(call) {
    const [from, to] = await Promise.all([policyOfVersion(call, call.query.from), policyOfVersion(call, call.query.to)])
    return { from: from.version, to: to.version, differences: policyDifference(from.policy, to.policy) }
  },
})
