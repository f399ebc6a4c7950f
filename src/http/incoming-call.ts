/** Turns an HTTP request into the call the gateway handles. */
import type { Context } from 'hono'
import type { DialectName } from '../core/dialects/dialect.ts'
import type { IncomingCall } from '../gateway/incoming-call.ts'
import type { AppEnv } from './app-env.ts'
import { clientKey } from './client-key.ts'
import { readBody } from './read-body.ts'

/** @throws GatewayError missing_key */
export function incomingCall(context: Context<AppEnv>, dialect: DialectName): IncomingCall {
  const { raw } = context.req
  const { requestId, arrivedAt, composition } = context.var
  return {
    requestId,
    arrivedAt,
    dialect,
    apiKey: clientKey(raw.headers),
    headers: Object.fromEntries(raw.headers),
    query: new URL(raw.url).search,
    readBody: () => readBody(raw, composition.config.maxBodyBytes),
    clientGone: raw.signal,
    keepAlive: (work) => context.executionCtx.waitUntil(work),
  }
}
