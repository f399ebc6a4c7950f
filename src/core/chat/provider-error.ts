/**
 * A provider's own error, in words of no dialect: what a client has to know to heal itself, in whatever dialect it
 * speaks. Headgate's own errors are `GatewayError`.
 */
export type ProviderErrorKind =
  | 'invalid-request'
  | 'context-overflow'
  | 'content-policy'
  | 'authentication'
  | 'billing'
  | 'permission'
  /** The provider has no such model, or not at this address: the gateway's settings are at fault, not the client. */
  | 'unknown-model'
  /** What the conversation goes on from is not kept here: another provider may hold it. */
  | 'unknown-state'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'rate-limit'
  | 'timeout'
  | 'overloaded'
  | 'server'

export interface ProviderError {
  readonly kind: ProviderErrorKind
  /** HTTP status; null: it came inside a stream. */
  readonly status: number | null
  /** The provider's sentence. */
  readonly message: string
  /** The provider's own code, where it gave one. */
  readonly code: string | null
  /** The field of the request it is about, where the provider said. */
  readonly param: string | null
}

const KIND_OF_STATUS: Readonly<Record<number, ProviderErrorKind>> = {
  400: 'invalid-request',
  401: 'authentication',
  402: 'billing',
  403: 'permission',
  404: 'not-found',
  405: 'unknown-model',
  408: 'timeout',
  409: 'conflict',
  413: 'too-large',
  422: 'invalid-request',
  429: 'rate-limit',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
}

/**
 * A "not found" that is about the model or the address, which the gateway chose, and not about a file, an item or an
 * answer that the client named. A body that is no envelope comes from a server that has no such address.
 */
export function isUnknownModel(message: string | null): boolean {
  return message === null || /\bmodel\b|deployment|invalid url|no route|^not found\.?$/i.test(message)
}

/** The kind a status alone tells. */
export function kindOfStatus(status: number | null): ProviderErrorKind {
  if (status === null) return 'server'
  // A redirect: the provider's address is another one.
  if (status >= 300 && status < 400) return 'unknown-model'
  return KIND_OF_STATUS[status] ?? (status < 500 ? 'invalid-request' : 'server')
}

const OVERFLOW =
  /prompt is too long|context[ _](length|window)|maximum context|input exceeds|too many input tokens|exceed(s|ed)? (the )?(model'?s )?(maximum )?(context|input|sequence)/i

/** Providers say a full context in many words; a client compacts only when it hears its own. */
export function isContextOverflow(code: string | null, message: string): boolean {
  return code === 'context_length_exceeded' || OVERFLOW.test(message)
}
