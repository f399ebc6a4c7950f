/**
 * Hands a request to the admin API, which is loaded when the first one comes: its schemas cost tens of milliseconds that
 * an isolate for model calls should not spend when it starts.
 */
import type { Context } from 'hono'
import type { AppEnv } from './app-env.ts'

export async function admin(context: Context<AppEnv>): Promise<Response> {
  const { adminApp } = await import('./admin/admin-app.ts')
  return adminApp.fetch(context.req.raw, context.env, context.executionCtx)
}

/** `GET /openapi.json`: all routes, for machines; `/docs` shows it to people. */
export async function openApi(): Promise<Response> {
  const { openApiText } = await import('./admin/openapi.ts')
  return new Response(openApiText(), {
    headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' },
  })
}
