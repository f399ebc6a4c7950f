/** Turns an HTTP request into the call the gateway handles, and keeps room for its body while it is handled. */
import type { Context } from 'hono'
import type { DialectName } from '../core/dialects/dialect.ts'
import type { IncomingCall } from '../gateway/incoming-call.ts'
import type { AppEnv } from './app-env.ts'
import { BodyLease } from './body-budget.ts'
import { clientKey } from './client-key.ts'
import { readBody } from './read-body.ts'

/** @throws GatewayError missing_key, and what the handler throws */
export function handleCall<Answer>(
  context: Context<AppEnv>,
  dialect: DialectName,
  handle: (call: IncomingCall) => Promise<Answer>,
): Promise<Answer> {
  const lease = new BodyLease(context.var.composition.bodies)
  const answer = handle(incomingCall(context, dialect, lease))
  lease.holdUntil(answer)
  return answer
}

function incomingCall(context: Context<AppEnv>, dialect: DialectName, lease: BodyLease): IncomingCall {
  const { raw } = context.req
  const { requestId, arrivedAt, composition } = context.var
  return {
    requestId,
    arrivedAt,
    dialect,
    apiKey: clientKey(raw.headers),
    headers: Object.fromEntries(raw.headers),
    query: queryOf(raw.url),
    readBody: () => readBody(raw, { maxBytes: composition.config.maxBodyBytes, lease }),
    clientGone: raw.signal,
    keepAlive(work) {
      context.executionCtx.waitUntil(work)
      lease.holdUntil(work)
    },
  }
}

/** With its `?`; the runtime gives the address without a fragment. */
function queryOf(url: string): string {
  const at = url.indexOf('?')
  return at === -1 ? '' : url.slice(at)
}
