/** Sends a request, and makes of whatever goes wrong a sentence. */
import { AdminError, EXIT } from './admin-error.ts'
import type { AdminConnection } from './connection.ts'
import { printable } from './printable.ts'
import type { AdminRequest } from './request-of.ts'

const PATIENCE_MS = 60_000

/**
 * @returns the answer's JSON; null where it has no body
 * @throws AdminError with the gateway's words, or that it does not answer
 */
export async function send({ url, token }: AdminConnection, request: AdminRequest): Promise<unknown> {
  let status: number
  let text: string
  try {
    const answer = await fetch(url + request.path, {
      method: request.method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(request.idempotencyKey === null ? {} : { 'idempotency-key': request.idempotencyKey }),
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    })
    status = answer.status
    text = await answer.text()
  } catch {
    const once =
      request.idempotencyKey === null
        ? ''
        : ` Repeated with --idempotency-key ${request.idempotencyKey} it is done once.`
    throw new AdminError(`No answer came from ${url}.${once}`, EXIT.unreachable)
  }
  if (status >= 300) throw new AdminError(refusal(status, text), EXIT.refused)
  return text === '' ? null : parsed(text, url)
}

function parsed(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AdminError(`What ${url} answers is not the admin API of a gateway.`, EXIT.unreachable)
  }
}

/** Problem details as lines. */
function refusal(status: number, text: string): string {
  let problem: { detail?: unknown; instance?: unknown; errors?: unknown }
  try {
    problem = JSON.parse(text) as typeof problem
  } catch {
    return `The gateway answers with status ${status}.`
  }
  const errors = Array.isArray(problem.errors) ? (problem.errors as { path?: unknown; message?: unknown }[]) : []
  const lines = [
    `${String(problem.detail ?? `Status ${status}.`)} (${status}, ${String(problem.instance ?? 'no request id')})`,
    ...errors.map(({ path, message }) => `  ${String(path)}: ${String(message)}`),
  ]
  return lines.map(printable).join('\n')
}
