import * as z from 'zod'
import { READERS } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { storedPolicy, version } from './policy-schema.ts'
import { currentPolicy } from './stored-policy.ts'

export const showPolicy = defineRoute({
  name: 'policy show',
  method: 'GET',
  path: '/teams/:teamId/policy',
  summary: "Show the team's present policy.",
  allow: READERS,
  answer: z.strictObject({ version, policy: storedPolicy }),
  handle: (call) => currentPolicy(call),
})
