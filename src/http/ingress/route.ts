/**
 * `POST /v1/route`: what would be decided for a request, and the arithmetic, without sending or charging anything. The
 * body is a request in any dialect; `?dialect=` names it where its shape leaves it open.
 */
import type { Context } from 'hono'
import { DIALECTS, type DialectName } from '../../core/dialects/dialect.ts'
import { GatewayError } from '../../core/gateway-error.ts'
import { handleRoute } from '../../gateway/handle-route.ts'
import type { AppEnv } from '../app-env.ts'
import { handleCall } from '../incoming-call.ts'

export async function route(context: Context<AppEnv>): Promise<Response> {
  const { gateway } = context.var.composition
  return context.json(await handleCall(context, askedDialect(context), (call) => handleRoute(call, gateway)))
}

function askedDialect(context: Context<AppEnv>): DialectName {
  const asked = context.req.query('dialect')
  if (asked === undefined) {
    return context.req.header('anthropic-version') === undefined ? 'openai-chat-completions' : 'anthropic-messages'
  }
  const dialect = DIALECTS.find((name) => name === asked)
  if (dialect === undefined)
    throw new GatewayError('invalid_request', `dialect must be one of ${DIALECTS.join(', ')}.`, { field: 'dialect' })
  return dialect
}
