/** Who is calling, by the key alone: a forged or mistyped key is refused before any object is called. */
import { GatewayError } from '../core/gateway-error.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { Keys } from './ports.ts'

export interface Caller {
  readonly teamId: string
  readonly keyHash: string
}

/** @throws GatewayError invalid_key */
export async function authenticate(call: Pick<IncomingCall, 'apiKey'>, keys: Keys): Promise<Caller> {
  const caller = await keys.verify(call.apiKey)
  if (caller === null)
    throw new GatewayError(
      'invalid_key',
      'This is not a Headgate key. Keys begin with `hg_`; check that it was copied whole.',
    )
  return caller
}
