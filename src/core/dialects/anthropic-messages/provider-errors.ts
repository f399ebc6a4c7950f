/**
 * A provider's errors in the envelope of the Messages API, read and written. The wording of a full context is the one
 * clients of this dialect compact on. API: https://platform.claude.com/docs/en/api/errors.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { objectOf, stringOf } from '../../chat/json-value.ts'
import type { ProviderError, ProviderErrorKind } from '../../chat/provider-error.ts'
import { isContextOverflow, isUnknownModel, kindOfStatus } from '../../chat/provider-error.ts'

const KINDS: Readonly<Record<string, ProviderErrorKind>> = {
  invalid_request_error: 'invalid-request',
  authentication_error: 'authentication',
  billing_error: 'billing',
  permission_error: 'permission',
  not_found_error: 'not-found',
  conflict_error: 'conflict',
  request_too_large: 'too-large',
  rate_limit_error: 'rate-limit',
  timeout_error: 'timeout',
  overloaded_error: 'overloaded',
  api_error: 'server',
}

const SHAPES: Readonly<Record<ProviderErrorKind, readonly [status: number, type: string]>> = {
  'invalid-request': [400, 'invalid_request_error'],
  'context-overflow': [400, 'invalid_request_error'],
  'content-policy': [400, 'invalid_request_error'],
  authentication: [401, 'authentication_error'],
  billing: [402, 'billing_error'],
  permission: [403, 'permission_error'],
  'unknown-model': [404, 'not_found_error'],
  'unknown-state': [400, 'invalid_request_error'],
  'not-found': [404, 'not_found_error'],
  conflict: [409, 'conflict_error'],
  'too-large': [413, 'request_too_large'],
  'rate-limit': [429, 'rate_limit_error'],
  timeout: [504, 'timeout_error'],
  overloaded: [529, 'overloaded_error'],
  server: [500, 'api_error'],
}

/** `status`: null for an error inside a stream. */
export function readProviderError(status: number | null, body: unknown): ProviderError {
  const error = objectOf(objectOf(body)['error'])
  const said = stringOf(error['message'])
  const message = said ?? 'The provider failed without saying why.'
  const named = KINDS[stringOf(error['type']) ?? ''] ?? kindOfStatus(status)
  const code = stringOf(objectOf(error['details'])['error_code'])
  const kind = named === 'not-found' && isUnknownModel(said) ? 'unknown-model' : kindOf(named, code, message)
  return { kind, status, message, code, param: null }
}

/**
 * Money hides behind other types: a limit the account's owner set is an invalid request, the cap of its usage tier a rate
 * limit. See https://platform.claude.com/docs/en/api/rate-limits#spend-limits.
 */
const SPEND_LIMIT = /reached your specified (\w+ )?API usage limits|credit balance is too low/i

function kindOf(named: ProviderErrorKind, code: string | null, message: string): ProviderErrorKind {
  if (code === 'enforced_spend_limit_reached') return 'billing'
  if (named !== 'invalid-request') return named
  if (SPEND_LIMIT.test(message)) return 'billing'
  return isContextOverflow(null, message) ? 'context-overflow' : named
}

export function writeProviderError(
  error: ProviderError,
  requestId: string,
): { readonly status: number; readonly body: JsonObject } {
  const [status, type] = SHAPES[error.kind]
  const message = error.kind === 'context-overflow' ? overflowMessage(error.message) : error.message
  return { status, body: { type: 'error', error: { type, message }, request_id: requestId } }
}

/** Clients look for this beginning; the two numbers are told where the provider gave them. */
function overflowMessage(message: string): string {
  if (/prompt is too long/i.test(message)) return message
  const [limit, actual] = [...message.matchAll(/\d[\d,]{3,}/g)].map((found) => Number(found[0].replaceAll(',', '')))
  if (limit !== undefined && actual !== undefined && limit !== actual) {
    return `prompt is too long: ${Math.max(limit, actual)} tokens > ${Math.min(limit, actual)} maximum`
  }
  return `prompt is too long: ${message}`
}
