/** One request of the admin API from end to end: who, may they, what exactly, do it once, answer. */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { Problem } from '../problem.ts'
import { authorise } from './authorise.ts'
import { pathParams, type AdminCall, type AdminRoute } from './define-route.ts'
import { identifyActor, identifyFounder } from './identify-actor.ts'
import { onceForKey } from './idempotency.ts'
import { checkInput, checkJson, readText } from './read-input.ts'
import { recordChange } from './record-change.ts'

export async function runRoute(route: AdminRoute, context: Context<AppEnv>): Promise<Response> {
  const actor = route.signIn === 'bootstrap' ? identifyFounder(context) : await identifyActor(context)
  if (actor.byBrowser && route.method !== 'GET') refuseOtherSites(context)
  const db = context.env.DB
  const params = Object.fromEntries(pathParams(route.path).map((name) => [name, context.req.param(name) ?? '']))
  const permission = await authorise(route, { actor, asked: askedTeam(route, params, context) }, db)
  const query = checkInput(context.req.query(), route.query)
  const text = route.hasBody ? await readText(context) : ''
  const { requestId, arrivedAt, composition } = context.var
  const call: AdminCall = {
    actor,
    params,
    query,
    body: checkJson(text, route.body),
    ...permission,
    db,
    composition,
    requestId,
    at: arrivedAt,
    change: (change) =>
      recordChange(change, {
        db,
        actor,
        action: route.name,
        teamId: permission.team?.id ?? null,
        requestId,
        now: composition.now,
        newId: composition.newId,
      }),
  }
  const answer = await onceForKey(context, { route, actor, text }, async () => {
    return { status: route.status ?? 200, body: await route.handle(call) }
  })
  return answerOf(answer)
}

function answerOf({ status, body, replayed }: { status: number; body: unknown; replayed: boolean }): Response {
  const headers = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
  }
  return body === undefined ? new Response(null, { status, headers }) : Response.json(body, { status, headers })
}

function askedTeam(
  route: AdminRoute,
  params: Readonly<Record<string, string>>,
  context: Context<AppEnv>,
): string | null {
  if (route.teamFrom === 'path') return params['teamId'] ?? ''
  return route.teamFrom === 'query' ? (context.req.query('teamId') ?? null) : null
}

/**
 * A browser sends the sign-in of Access by itself, so a write must come from this gateway's own pages.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
function refuseOtherSites(context: Context<AppEnv>): void {
  const site = context.req.header('sec-fetch-site')
  const origin = context.req.header('origin')
  const foreign =
    site === undefined
      ? origin !== undefined && origin !== new URL(context.req.url).origin
      : site !== 'same-origin' && site !== 'none'
  if (foreign) throw new Problem(403, 'Not allowed', 'A write must come from a page of this gateway.')
}
