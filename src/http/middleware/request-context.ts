/** Gives each request its id, its arrival time and the composed gateway. */
import type { MiddlewareHandler } from 'hono'
import { compositionOf } from '../../compose.ts'
import type { AppEnv } from '../app-env.ts'

export const requestContext: MiddlewareHandler<AppEnv> = async (context, next) => {
  const composition = compositionOf(context.env)
  context.set('composition', composition)
  context.set('requestId', `req_${composition.newId()}`)
  context.set('arrivedAt', composition.now())
  await next()
}
