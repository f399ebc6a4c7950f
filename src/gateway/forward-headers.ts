/**
 * Which of a client's headers go on to the provider, and which of the provider's come back. Everything passes that is
 * not known to be a credential, a hop's own business or the edge's: betas and a client's own headers change faster than
 * any list of ours.
 */

/** Credentials of this gateway, hop-by-hop headers (RFC 9110, 7.6.1), and what describes the client's own hop. */
const NOT_FORWARDED = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'cookie',
  'host',
  'content-length',
  'accept-encoding',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'via',
  'forwarded',
  'x-real-ip',
  'true-client-ip',
  'origin',
  'referer',
])
const NOT_FORWARDED_PREFIXES = ['cf-', 'x-forwarded-', 'x-headgate-', 'proxy-', 'sec-', 'access-control-']

/** Of a provider's answer: the body is relayed decoded and may change in length, and cookies are between other parties. */
const NOT_RETURNED = new Set([
  'content-length',
  'content-encoding',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'trailer',
  'upgrade',
  'set-cookie',
  'alt-svc',
  'strict-transport-security',
  'server',
  'date',
])

/** @returns names in lower case */
export function headersForProvider(client: Readonly<Record<string, string>>): Record<string, string> {
  const forwarded: Record<string, string> = {}
  for (const [name, value] of Object.entries(client)) {
    if (NOT_FORWARDED.has(name) || NOT_FORWARDED_PREFIXES.some((prefix) => name.startsWith(prefix))) continue
    forwarded[name] = value
  }
  return forwarded
}

export function headersForClient(provider: Headers): Headers {
  const returned = new Headers()
  for (const [name, value] of provider) {
    if (!NOT_RETURNED.has(name) && !name.startsWith('cf-')) returned.append(name, value)
  }
  return returned
}

/** What an answer's headers say that means the same in every dialect. */
const SHARED_HEADERS = ['retry-after', 'x-should-retry', 'request-id', 'x-request-id']

/** Of the answer to a translated call: the rest speaks of another API's limits and organisations. */
export function sharedHeaders(provider: Headers): Headers {
  const returned = new Headers()
  for (const name of SHARED_HEADERS) {
    const value = provider.get(name)
    if (value !== null) returned.set(name, value)
  }
  return returned
}

/** Headers with an adaptation's changes; null removes one. */
export function withHeaderChanges(
  headers: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const kept = Object.entries({ ...headers, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  )
  return Object.fromEntries(kept)
}
