/** A team as the API tells it. */
import * as z from 'zod'
import { contact, name, teamId, time } from '../fields.ts'

const perMinute = z.int().min(1).max(1_000_000_000).nullable().default(null)

/** What a key or a whole team may do at once; null: no limit. */
export const rateLimits = z
  .strictObject({
    requestsPerMinute: perMinute,
    tokensPerMinute: perMinute.meta({
      description: 'Tokens of prompts and answers; what is read from a cache is not counted.',
    }),
    concurrentStreams: perMinute.meta({ description: 'Calls in flight at one moment.' }),
  })
  .meta({ description: 'How fast calls may come. Replaced as a whole: a limit that is not named is none.' })

export const team = z.strictObject({
  id: teamId,
  name,
  contact: contact.nullable(),
  rateLimits,
  createdAt: time,
})
