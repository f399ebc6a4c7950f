/** A policy as the API takes and tells it. What each field means is in the schema of the policy itself. */
import * as z from 'zod'
import { policySchema } from '../../../core/routing/policy.ts'

export const policyBody = policySchema.meta({
  description: 'A routing policy. Every field but `schema` may be left out.',
  examples: [{ schema: 1, growth: { measure: 'none' } }],
})

/** As it was stored, which may have been under an older schema. */
export const storedPolicy = z.record(z.string(), z.unknown())

export const version = z.int().min(0).meta({ description: '0: the team has written none, the shipped default holds.' })

export const problems = z.array(z.strictObject({ path: z.string(), message: z.string() }))
