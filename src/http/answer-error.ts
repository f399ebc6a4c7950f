/**
 * The one place where an error becomes an answer: in the client's own dialect on the API, as problem details on the
 * admin API. What nobody expected is logged with its request id and told as `internal`, without its text.
 */
import type { Context } from 'hono'
import { InvalidRequest } from '../core/dialects/request-scan.ts'
import type { DialectName } from '../core/dialects/dialect.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { logEntry, type LogEntry } from '../core/log-events.ts'
import { budgetHeader } from '../gateway/budget-header.ts'
import type { AppEnv } from './app-env.ts'
import { afterFailedSignIn, WAIT_SECONDS } from './failed-sign-ins.ts'
import { Problem } from './problem.ts'

export async function answerError(thrown: Error, context: Context<AppEnv>): Promise<Response> {
  const error = await afterFailedSignIn(thrown, context)
  const requestId = context.var.requestId ?? 'req_unknown'
  const known = error instanceof Problem || error instanceof GatewayError || error instanceof InvalidRequest
  if (error instanceof GatewayError && error.cause !== undefined) {
    write(logEntry(error.code, { requestId, cause: String(error.cause) }))
  }
  if (!known) {
    write(logEntry('internal_error', { requestId, path: context.req.path, error: error.stack ?? String(error) }))
  }
  if (context.req.path.startsWith('/admin/')) {
    const problem =
      error instanceof Problem ? error : new Problem(500, 'Internal error', `Something went wrong here (${requestId}).`)
    const answer = problem.toResponse(requestId)
    if (problem.status === 429) answer.headers.set('retry-after', String(WAIT_SECONDS))
    return answer
  }
  const told = gatewayError(error)
  const dialect = dialectOf(dialectAt(context))
  const { status, headers, body } = dialect.writeError(told, requestId)
  const limits = told.rates === null ? {} : dialect.writeRateLimits(told.rates, context.var.composition.now())
  return new Response(body, { status, headers: { ...headers, ...limits, ...budgetHeader(told) } })
}

function write({ level, line }: LogEntry): void {
  console[level](line)
}

function gatewayError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  if (error instanceof InvalidRequest) return new GatewayError('invalid_request', error.message, { field: error.field })
  return new GatewayError('internal', 'Something went wrong in the gateway.')
}

/** Which dialect's client is at the other end, also where a path is unknown. */
function dialectAt(context: Context<AppEnv>): DialectName {
  const { path } = context.req
  if (path.startsWith('/v1/messages') || context.req.header('anthropic-version') !== undefined)
    return 'anthropic-messages'
  return path.startsWith('/v1/responses') ? 'openai-responses' : 'openai-chat-completions'
}
