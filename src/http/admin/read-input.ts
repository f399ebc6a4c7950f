/** Reads and checks what an admin request carries; a wrong field becomes a problem that names it. */
import type { Context } from 'hono'
import type * as z from 'zod'
import { GatewayError } from '../../core/gateway-error.ts'
import { issueWords } from '../../core/issue-words.ts'
import type { AppEnv } from '../app-env.ts'
import { BodyBudget, BodyLease } from '../body-budget.ts'
import { Problem } from '../problem.ts'
import { readBody } from '../read-body.ts'

const MAX_BYTES = 256 * 1024

/** @throws Problem 413 when it is too large, 408 when it hardly comes, 400 when it breaks off */
export async function readText(context: Context<AppEnv>): Promise<string> {
  const room = { maxBytes: MAX_BYTES, lease: new BodyLease(new BodyBudget(MAX_BYTES)) }
  try {
    return new TextDecoder().decode(await readBody(context.req.raw, room))
  } catch (error) {
    throw error instanceof GatewayError ? unread(error) : error
  }
}

/**
 * An empty body is an empty object, for routes whose fields may all be left out.
 * @throws Problem 400
 */
export function checkJson<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  let value: unknown
  try {
    value = text === '' ? {} : JSON.parse(text)
  } catch {
    throw new Problem(400, 'Not JSON', 'The body is not valid JSON.')
  }
  return checkInput(value, schema)
}

/** @throws Problem 400 naming the fields */
export function checkInput<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map((issue) => ({
    path: issue.path.join('.'),
    message: isMissing(issue, value) ? 'is needed' : issueWords(issue),
  }))
  throw new Problem(400, 'Invalid input', 'Some fields are not as they should be.', errors)
}

/** Of a field that is not there, what else it should have been is no news. */
function isMissing({ code, path }: z.core.$ZodIssue, value: unknown): boolean {
  return code.startsWith('invalid_') && path.reduce(member, value) === undefined
}

function member(value: unknown, name: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[name] : undefined
}

function unread({ code, message }: GatewayError): Problem {
  if (code === 'body_too_large') return new Problem(413, 'Too large', `The body may have ${MAX_BYTES} bytes at most.`)
  return code === 'gateway_overloaded' ? new Problem(408, 'Too slow', message) : new Problem(400, 'Broken off', message)
}
