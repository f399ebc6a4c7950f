/** Lets only the operator's token reach the admin API. */
import type { MiddlewareHandler } from 'hono'
import { sameText } from '../../security/api-key.ts'
import type { AppEnv } from '../app-env.ts'
import { Problem } from '../problem.ts'

export const adminAuth: MiddlewareHandler<AppEnv> = async (context, next) => {
  const header = context.req.header('authorization') ?? ''
  const token = /^Bearer (\S+)$/i.exec(header)?.[1]
  if (token === undefined || !sameText(token, context.var.composition.config.adminToken)) {
    throw new Problem(401, 'Not signed in', 'Send the admin token as `Authorization: Bearer ...`.')
  }
  await next()
}
