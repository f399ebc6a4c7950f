/** The key a client sends: `x-api-key` or `Authorization: Bearer`, since official SDKs use both for the same API. */
import { GatewayError } from '../core/gateway-error.ts'

/**
 * Of two different credentials the one made here counts: a client may carry its provider's own key in the other header.
 * @throws GatewayError missing_key
 */
export function clientKey(headers: Headers): string {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1]
  const sent = [headers.get('x-api-key')?.trim(), bearer].filter((key) => key !== undefined && key !== '')
  const key = sent.find((candidate) => candidate?.startsWith('hg_')) ?? sent[0]
  if (key === undefined) {
    throw new GatewayError(
      'missing_key',
      'No API key. Send your Headgate key as `Authorization: Bearer hg_...` or as `x-api-key`.',
    )
  }
  return key
}
