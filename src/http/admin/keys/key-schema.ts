/** A developer's key as the API takes and tells it; the key itself is told once, when it is made or rotated. */
import * as z from 'zod'
import { NO_RATE_LIMITS } from '../../../core/ledger/rate-limits.ts'
import { email, line, name, tags, teamId, tier, time } from '../fields.ts'
import { rateLimits } from '../teams/team-schema.ts'

/** Text that is meant as one, and would name nobody where it is none: some letters of other scripts look like ours. */
const MEANT_AS_ADDRESS = /^\S+@\S+\.\S+$/

const owner = line(200)
  .refine(
    (text) => !MEANT_AS_ADDRESS.test(text) || email.safeParse(text).success,
    'must be an e-mail address, or a name',
  )
  // Identity providers differ in the case of addresses.
  .transform((text) => (text.includes('@') ? text.toLowerCase() : text))
  .nullable()
  .meta({ description: 'Whose key it is. A member sees the keys that name their e-mail address.' })

const highestTier = tier.meta({ description: 'The highest tier the key may use.' })

const allowedModels = z
  .array(line(200))
  .min(1)
  .max(200)
  .nullable()
  .meta({ description: 'Models or targets the key may use; null: all.', examples: [['claude-haiku-5-5']] })

const policyOverride = z
  .record(z.string().max(64), z.unknown())
  .nullable()
  .meta({ description: "A part of a policy, laid over the team's for this key; null: none." })

const expiresAt = time.nullable().meta({ description: 'When it stops working; null: never.', format: 'epoch-ms' })

/** What a new key is made of. */
export const newKey = z.strictObject({
  name,
  owner: owner.default(null),
  tags: tags.default({}),
  highestTier: highestTier.default(3),
  allowedModels: allowedModels.default(null),
  policyOverride: policyOverride.default(null),
  rateLimits: rateLimits.default(NO_RATE_LIMITS),
  expiresAt: expiresAt.default(null),
})

/** What can be changed of a key: what is left out stays. */
export const keyChange = z.strictObject({
  name: name.optional(),
  owner: owner.optional(),
  tags: tags.optional(),
  highestTier: highestTier.optional(),
  allowedModels: allowedModels.optional(),
  policyOverride: policyOverride.optional(),
  rateLimits: rateLimits.optional(),
  expiresAt: expiresAt.optional(),
})

export const key = z.strictObject({
  id: z.string(),
  teamId,
  name: z.string(),
  owner: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  prefix: z.string().meta({ description: 'The first characters, to recognise the key by.' }),
  highestTier,
  allowedModels: z.array(z.string()).nullable(),
  policyOverride: z.record(z.string(), z.unknown()).nullable(),
  rateLimits,
  createdAt: time,
  expiresAt,
  revokedAt: time.nullable(),
})

/** The answer that issues a key. */
export const issuedKey = key.extend({
  key: z.string().nullable().meta({
    description: 'The key itself, shown this once and stored nowhere; null in an answer that is repeated.',
  }),
})

/** Characters of a key that are kept to recognise it by: its form, the team, and too little to use it. */
export const PREFIX_CHARS = 12
