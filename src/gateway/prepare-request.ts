/**
 * The request as its target gets it: the client's own bytes with the few edits that the target needs, and its headers
 * without what concerns only this hop.
 */
import { applyEdits } from '../core/dialects/passthrough.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import { GatewayError } from '../core/gateway-error.ts'
import type { CachePlan } from '../core/prompt-cache/plan.ts'
import type { Target } from '../core/routing/catalog.ts'
import type { AdmittedCall } from './admit-call.ts'
import { headersForProvider, withHeaderChanges } from './forward-headers.ts'
import type { IncomingCall } from './incoming-call.ts'
import { planCache } from './plan-cache.ts'
import type { ReadCall } from './read-call.ts'

export interface PreparedRequest {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  /** What was changed, and what the client asked for and will not get: for the decision record. */
  readonly adaptations: readonly string[]
  readonly lost: readonly string[]
  /** The stream will tell its usage in an event the client did not ask for. */
  readonly usageChunkAdded: boolean
  /** How the target's prompt cache is used, the client's own marks and the planned ones together. */
  readonly cache: Pick<CachePlan, 'coverage' | 'unwritten'>
}

interface PrepareContext {
  readonly read: ReadCall
  readonly admitted: AdmittedCall
}

/** @throws GatewayError no_eligible_target when no edit makes the request fit its target */
export function prepareRequest(call: IncomingCall, context: PrepareContext, target: Target): PreparedRequest {
  const { model } = target
  const { scan } = context.read
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
  const cache = planCache(call, { ...context, target }, edits)
  return {
    body: applyEdits(scan.body.bytes, [...cache.edits, ...edits]),
    headers: withHeaderChanges(headersForProvider(call.headers), headers),
    ...adaptation,
    adaptations: [...adaptation.adaptations, ...cache.adaptations],
    cache,
  }
}
