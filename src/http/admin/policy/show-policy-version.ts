import * as z from 'zod'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { checkInput } from '../read-input.ts'
import { storedPolicy, version } from './policy-schema.ts'
import { policyOfVersion } from './stored-policy.ts'

export const showPolicyVersion = defineRoute({
  name: 'policy version',
  method: 'GET',
  path: '/teams/:teamId/policy/versions/:version',
  summary: 'Show one version of a policy.',
  allow: READERS,
  answer: z.strictObject({ version, policy: storedPolicy }),
  handle(call) {
    const asked = checkInput({ version: Number(call.params.version) }, z.object({ version }))
    return policyOfVersion(call, asked.version)
  },
})
