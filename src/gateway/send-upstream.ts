/** Sends a prepared request to its provider. A provider that gives no answer at all becomes a named error. */
import { GatewayError } from '../core/gateway-error.ts'
import type { Target } from '../core/routing/catalog.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { Providers } from './ports.ts'
import type { PreparedRequest } from './prepare-request.ts'

export interface Upstream {
  readonly response: Response
  /** Ends the provider's call. */
  abort(): void
}

/** @throws GatewayError provider_unreachable */
export async function sendUpstream(
  call: IncomingCall,
  target: Target,
  { prepared, providers }: SendContext,
): Promise<Upstream> {
  // The platform does not pass a client's departure on by itself.
  const controller = new AbortController()
  const abort = () => controller.abort()
  call.clientGone.addEventListener('abort', abort, { once: true })
  if (call.clientGone.aborted) abort()
  try {
    const response = await providers.send({
      provider: target.model.provider,
      dialect: call.dialect,
      operation: 'chat',
      query: call.query,
      headers: prepared.headers,
      body: prepared.body,
      signal: controller.signal,
    })
    return { response, abort }
  } catch (cause) {
    throw new GatewayError(
      'provider_unreachable',
      `The provider of ${target.model.displayName} could not be reached.`,
      { cause },
    )
  }
}

interface SendContext {
  readonly prepared: PreparedRequest
  readonly providers: Providers
}
