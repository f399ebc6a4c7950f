/** The admin API as an app of its own. It is loaded at its first request: most isolates only ever serve model calls. */
import { Hono } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { answerError } from '../answer-error.ts'
import { requestContext } from '../middleware/request-context.ts'
import { Problem } from '../problem.ts'
import { identifyActor } from './identify-actor.ts'
import { ADMIN_ROUTES } from './routes.ts'
import { runRoute } from './run-route.ts'

const BASE = '/admin/v1'

const adminRoutes = new Hono<AppEnv>()
adminRoutes.use('*', requestContext)
adminRoutes.onError(answerError)
for (const route of ADMIN_ROUTES) {
  adminRoutes.on(route.method, BASE + route.path, (context) => runRoute(route, context))
}
adminRoutes.all('*', async (context) => {
  // Who is not signed in learns nothing of what there is.
  await identifyActor(context)
  throw new Problem(404, 'Not found', `There is no ${context.req.method} ${context.req.path}.`)
})

export const adminApp: Hono<AppEnv> = adminRoutes
