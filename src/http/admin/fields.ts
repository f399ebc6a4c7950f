/** Fields that several routes take or tell, each with the words of the documentation. */
import * as z from 'zod'
import { ROLES } from './actor.ts'

/**
 * One line of text. Control characters would reach terminals and logs; of what is not seen, joiners and the forms of signs
 * are parts of words and pictures, and all else hides text or turns it round.
 */
function line(most: number): z.ZodString {
  return z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'must be one line without control characters')
    .regex(/^(?:\P{Default_Ignorable_Code_Point}|\u200c|\u200d|\ufe0e|\ufe0f)*$/u, 'must not hold invisible characters')
    .regex(/^$|[^\p{Z}\p{Default_Ignorable_Code_Point}]/u, 'must hold something that can be seen')
}

export const name = line(100).meta({ description: 'For people; need not be unique.', examples: ['Payments'] })

export const teamId = z.string().max(32).meta({ description: 'Id of the team.' })

/** The end of the year 9999: later moments have no date in four digits, and the last ones none at all. */
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

export const time = z
  .int()
  .min(0)
  .max(LAST_MOMENT)
  .meta({ description: 'Milliseconds since the epoch.', format: 'epoch-ms' })

export const nano = z.int().meta({ description: 'Integer nano-dollars.', format: 'nano-dollars' })

export const role = z.enum(ROLES).meta({
  description:
    '`owner`: everything in the team. `admin`: everything but people and tokens. `auditor`: reads all of it. ' +
    '`member`: reads what belongs to their own keys.',
})

/** Compared in lower case, as identity providers differ in it. */
export const email = z
  .email()
  .max(200)
  .transform((text) => text.toLowerCase())
  .meta({ description: 'An e-mail address.', examples: ['name@example.com'] })

export const contact = line(200).meta({
  description: 'Whom to ask when a budget is reached: shown to developers in refusals.',
  examples: ['#ai-platform'],
})

export const tier = z.union([z.literal(1), z.literal(2), z.literal(3)])

const TAG_NAME = /^[a-z][a-z0-9_-]{0,31}$/

export const tags = z
  .record(z.string().regex(TAG_NAME, 'is no name of a tag'), line(64))
  .refine((all) => Object.keys(all).length <= 20, 'may have 20 tags at most')
  .meta({
    description: 'Names and values that reports group by.',
    examples: [{ project: 'checkout', environment: 'ci' }],
  })

export { line }

export const tagFilter = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}=.{1,64}$/u, 'must read name=value')
  .meta({ description: 'Only what belongs to keys with this tag, as in `project=checkout`.' })

export function tagOf(filter: string | undefined): { readonly name: string; readonly value: string } | null {
  if (filter === undefined) return null
  const split = filter.indexOf('=')
  return { name: filter.slice(0, split), value: filter.slice(split + 1) }
}

/** A yes or no in a query, `false` if absent; a flag without a value on the command line. */
export const yesOrNo = z.stringbool().default(false).meta({ format: 'boolean' })
