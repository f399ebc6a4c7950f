/** Reads and checks what an admin request carries; a wrong field becomes a problem that names it. */
import type { Context } from 'hono'
import type * as z from 'zod'
import type { AppEnv } from '../app-env.ts'
import { Problem } from '../problem.ts'

const MAX_BYTES = 256 * 1024

export async function readJson<Schema extends z.ZodType>(
  context: Context<AppEnv>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = await context.req.text()
  if (text.length > MAX_BYTES) throw new Problem(413, 'Too large', `The body may have ${MAX_BYTES} bytes at most.`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Problem(400, 'Not JSON', 'The body is not valid JSON.')
  }
  return check(value, schema)
}

export function readQuery<Schema extends z.ZodType>(context: Context<AppEnv>, schema: Schema): z.output<Schema> {
  return check(context.req.query(), schema)
}

function check<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  throw new Problem(400, 'Invalid input', 'Some fields are not as they should be.', errors)
}
