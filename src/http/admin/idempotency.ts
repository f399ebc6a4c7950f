/**
 * `Idempotency-Key` on writes: the same key with the same request is answered as before without doing anything twice.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
import type { Context } from 'hono'
import { claimKey, forgetKey, rememberAnswer, type WriteKey } from '../../store/idempotency-keys.ts'
import type { AppEnv } from '../app-env.ts'
import { Problem } from '../problem.ts'
import type { Actor } from './actor.ts'
import { changesSomething, type AdminRoute } from './define-route.ts'

export interface Answered {
  readonly status: number
  /** undefined: no body. */
  readonly body: unknown
  readonly replayed: boolean
}

interface Write {
  readonly route: AdminRoute
  readonly actor: Actor
  /** The body as it came. */
  readonly text: string
}

/**
 * Runs a write once for its key; without a key, or on a route that changes nothing, it just runs.
 *
 * @throws Problem 400 for a key that is none, 409 while the first request runs or when it broke off, 422 when the key
 *   was used for something else
 */
export async function onceForKey(
  context: Context<AppEnv>,
  write: Write,
  run: () => Promise<Omit<Answered, 'replayed'>>,
): Promise<Answered> {
  const key = context.req.header('idempotency-key')
  if (key === undefined || !changesSomething(write.route)) return { ...(await run()), replayed: false }
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new Problem(400, 'Invalid input', 'Idempotency-Key takes 1 to 200 printable ASCII characters.')
  }
  const db = context.env.DB
  const writeKey: WriteKey = { actor: write.actor.id, key }
  const requestHash = await hashOf(context, write.text)
  const earlier = await claimKey(db, writeKey, { requestHash, at: context.var.arrivedAt })
  if (earlier !== null) {
    if (earlier.requestHash !== requestHash) {
      throw new Problem(422, 'Key in use', 'This Idempotency-Key was used for another request.')
    }
    if (earlier.status === null) {
      throw new Problem(
        409,
        'Outcome unknown',
        'The first request with this Idempotency-Key is under way, or broke off: look whether it was done.',
      )
    }
    return {
      status: earlier.status,
      body: earlier.body === null ? undefined : (JSON.parse(earlier.body) as unknown),
      replayed: true,
    }
  }
  return { ...(await runAndRemember(db, { writeKey, route: write.route }, run)), replayed: false }
}

/** What was refused was not done, and may be tried again; anything else that fails may have been done in part. */
async function runAndRemember(
  db: D1Database,
  { writeKey, route }: { readonly writeKey: WriteKey; readonly route: AdminRoute },
  run: () => Promise<Omit<Answered, 'replayed'>>,
): Promise<Omit<Answered, 'replayed'>> {
  let answer
  try {
    answer = await run()
  } catch (error) {
    if (error instanceof Problem && error.status < 500) await forgetKey(db, writeKey)
    throw error
  }
  const kept = withoutSecrets(answer.body, route.secrets ?? [])
  await rememberAnswer(db, writeKey, {
    status: answer.status,
    body: kept === undefined ? null : JSON.stringify(kept),
  })
  return answer
}

/** A secret is stored nowhere, so an answer that is repeated has null in its place. */
function withoutSecrets(body: unknown, secrets: readonly string[]): unknown {
  if (secrets.length === 0 || typeof body !== 'object' || body === null) return body
  return { ...body, ...Object.fromEntries(secrets.map((field) => [field, null])) }
}

async function hashOf(context: Context<AppEnv>, text: string): Promise<string> {
  const { method, url } = context.req
  const { pathname, search } = new URL(url)
  const bytes = new TextEncoder().encode(`${method} ${pathname}${search}\n${text}`)
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}
