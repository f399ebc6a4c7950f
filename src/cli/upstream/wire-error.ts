import type { JsonObject } from './json.ts'

/** The families of wire format the scripted provider speaks. */
export type Family = 'anthropic' | 'openai'

/** What an error answer says, before a dialect writes its envelope. */
export interface WireErrorFields {
  status: number
  type: string
  message: string
  /** Anthropic: `error.details`. */
  details?: JsonObject
  /** OpenAI: `error.param` and `error.code`. */
  param?: string
  code?: string
}

/** An error that is answered to the client in its dialect's own envelope. */
export class WireError extends Error {
  readonly fields: WireErrorFields
  constructor(fields: WireErrorFields) {
    super(fields.message)
    this.fields = fields
  }
}

/** A 400 of the Anthropic API: `invalid_request_error` with the given message. */
export function invalidRequest(message: string, details?: JsonObject): WireError {
  return new WireError({
    status: 400,
    type: 'invalid_request_error',
    message,
    ...(details === undefined ? {} : { details }),
  })
}

/** A 400 of the OpenAI API with the parameter it is about and its code. */
export function invalidParameter(message: string, param?: string, code?: string): WireError {
  return new WireError({
    status: 400,
    type: 'invalid_request_error',
    message,
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  })
}

const ANTHROPIC_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

const OPENAI_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'invalid_request_error',
  402: 'billing_error',
  403: 'insufficient_permissions',
  404: 'invalid_request_error',
  429: 'rate_limit_exceeded',
  500: 'server_error',
  503: 'server_error',
}

/** The error type a provider family uses for a status when none was asked for. */
export function defaultErrorType(family: Family, status: number): string {
  const table = family === 'anthropic' ? ANTHROPIC_TYPES : OPENAI_TYPES
  return table[status] ?? (family === 'anthropic' ? 'api_error' : 'server_error')
}

/**
 * The error body in the family's envelope.
 * https://platform.claude.com/docs/en/api/errors, https://platform.openai.com/docs/guides/error-codes
 */
export function errorBody(family: Family, error: WireErrorFields, requestId: string): JsonObject {
  if (family === 'anthropic') {
    const { details } = error
    return {
      type: 'error',
      error: { type: error.type, message: error.message, ...(details === undefined ? {} : { details }) },
      request_id: requestId,
    }
  }
  return {
    error: { message: error.message, type: error.type, param: error.param ?? null, code: error.code ?? null },
  }
}
