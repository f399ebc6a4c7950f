/**
 * A provider's errors in the envelope that both OpenAI dialects share, read and written.
 * See https://developers.openai.com/api/docs/guides/error-codes.
 */
import type { JsonObject } from '../chat/json-value.ts'
import { isObject, objectOf, stringOf } from '../chat/json-value.ts'
import type { ProviderError, ProviderErrorKind } from '../chat/provider-error.ts'
import { isContextOverflow, isUnknownModel, kindOfStatus } from '../chat/provider-error.ts'

const KIND_OF_CODE: Readonly<Record<string, ProviderErrorKind>> = {
  context_length_exceeded: 'context-overflow',
  content_filter: 'content-policy',
  content_policy_violation: 'content-policy',
  cyber_policy: 'content-policy',
  invalid_prompt: 'content-policy',
  rate_limit_exceeded: 'rate-limit',
  insufficient_quota: 'billing',
  billing_hard_limit_reached: 'billing',
  credit_balance_exhausted: 'billing',
  organization_spend_limit_exceeded: 'billing',
  organization_usage_limit_exceeded: 'billing',
  project_spend_limit_exceeded: 'billing',
  invalid_api_key: 'authentication',
  model_not_found: 'unknown-model',
  previous_response_not_found: 'unknown-state',
  server_is_overloaded: 'overloaded',
  slow_down: 'overloaded',
}

interface Shape {
  readonly status: number
  readonly type: string
  readonly code: string | null
}

const shape = (status: number, type: string, code: string | null): Shape => ({ status, type, code })

const SHAPES: Readonly<Record<ProviderErrorKind, Shape>> = {
  'invalid-request': shape(400, 'invalid_request_error', null),
  'context-overflow': shape(400, 'invalid_request_error', 'context_length_exceeded'),
  'content-policy': shape(400, 'invalid_request_error', 'content_policy_violation'),
  authentication: shape(401, 'invalid_request_error', 'invalid_api_key'),
  billing: shape(402, 'billing_error', 'billing_hard_limit_reached'),
  permission: shape(403, 'invalid_request_error', 'permission_denied'),
  'unknown-model': shape(404, 'invalid_request_error', 'model_not_found'),
  'unknown-state': shape(400, 'invalid_request_error', 'previous_response_not_found'),
  'not-found': shape(404, 'invalid_request_error', null),
  conflict: shape(409, 'invalid_request_error', null),
  'too-large': shape(413, 'invalid_request_error', 'request_too_large'),
  'rate-limit': shape(429, 'requests', 'rate_limit_exceeded'),
  timeout: shape(504, 'server_error', 'timeout'),
  overloaded: shape(503, 'server_error', 'server_is_overloaded'),
  server: shape(500, 'server_error', 'server_error'),
}

/** `status`: null for an error inside a stream. Takes the envelope or the error object itself. */
export function readOpenAiProviderError(status: number | null, body: unknown): ProviderError {
  const whole = objectOf(body)
  const error = isObject(whole['error']) ? whole['error'] : whole
  const said = stringOf(error['message']) ?? stringOf(whole['error'])
  const message = said ?? 'The provider failed without saying why.'
  const code = stringOf(error['code'])
  const param = stringOf(error['param'])
  const named = KIND_OF_CODE[code ?? ''] ?? KIND_OF_CODE[stringOf(error['type']) ?? ''] ?? kindOf(status, error)
  return { kind: kindInWords(named, { said, code, param, error }), status, message, code, param }
}

function kindOf(status: number | null, error: JsonObject): ProviderErrorKind {
  return status === null && error['type'] === 'invalid_request_error' ? 'invalid-request' : kindOfStatus(status)
}

interface Words {
  readonly said: string | null
  readonly code: string | null
  readonly param: string | null
  readonly error: JsonObject
}

/** Some kinds show only in an error's other members. */
function kindInWords(named: ProviderErrorKind, { said, code, param, error }: Words): ProviderErrorKind {
  switch (named) {
    case 'invalid-request':
      return isContextOverflow(code, said ?? '') ? 'context-overflow' : named
    case 'not-found':
      if (isUnknownState(said ?? '')) return 'unknown-state'
      return (param === null || param === 'model') && isUnknownModel(said) ? 'unknown-model' : named
    case 'permission':
      // How OpenRouter tells that moderation flagged the input: https://openrouter.ai/docs/api/reference/errors
      return Array.isArray(objectOf(error['metadata'])['reasons']) ? 'content-policy' : named
    default:
      return named
  }
}

/** A conversation or an item that the request refers to by its id. */
function isUnknownState(said: string): boolean {
  return /^(conversation|item|previous response) with id\b.*\bnot found\b/i.test(said)
}

/** The `error` object and its status. */
export function openAiProviderError(error: ProviderError): Shape & { readonly error: JsonObject } {
  const at = SHAPES[error.kind]
  const { message, param } = error
  return { ...at, error: { message, type: at.type, param, code: at.code } }
}
