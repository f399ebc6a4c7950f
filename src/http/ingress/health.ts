/** Answers that need nothing: is the gateway there? */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'

export function health(context: Context<AppEnv>): Response {
  return context.json({ status: 'ok' })
}

/** Claude Code asks `HEAD /api/hello` before its first call. */
export function hello(context: Context<AppEnv>): Response {
  return context.body(null, 200)
}
