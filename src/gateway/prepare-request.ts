/**
 * The request as its target gets it: the client's own bytes with the few edits that the target needs, and its headers
 * without what concerns only this hop.
 */
import { applyEdits } from '../core/dialects/passthrough.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import { GatewayError } from '../core/gateway-error.ts'
import type { Target } from '../core/routing/catalog.ts'
import { headersForProvider, withHeaderChanges } from './forward-headers.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { ReadCall } from './read-call.ts'

export interface PreparedRequest {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  /** What was changed, and what the client asked for and will not get: for the decision record. */
  readonly adaptations: readonly string[]
  readonly lost: readonly string[]
  /** The stream will tell its usage in an event the client did not ask for. */
  readonly usageChunkAdded: boolean
}

/** @throws GatewayError no_eligible_target when no edit makes the request fit its target */
export function prepareRequest(call: IncomingCall, { scan }: ReadCall, target: Target): PreparedRequest {
  const { model } = target
  const { edits, headers, ...adaptation } = dialectOf(call.dialect).adapt({
    scan,
    // The client's own name for the model is as good as ours: a dated one stays dated.
    modelId: model.aliases.includes(scan.model) ? scan.model : model.id,
    capabilities: model.capabilities,
    headers: call.headers,
  })
  if (adaptation.notServable !== null) {
    throw new GatewayError(
      'no_eligible_target',
      `${model.displayName} cannot serve this request: ${adaptation.notServable.replaceAll('_', ' ')}.`,
    )
  }
  return {
    body: applyEdits(scan.body.bytes, edits),
    headers: withHeaderChanges(headersForProvider(call.headers), headers),
    ...adaptation,
  }
}
