/**
 * The request for the target that was decided on; where what is left of a hard cap pays for no answer there, for the
 * next one of its tier that it pays for.
 */
import { fallbackTargets } from '../core/cascade/next-attempt.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { findTarget, type Target } from '../core/routing/catalog.ts'
import type { DecidedCall } from './decide-call.ts'
import type { IncomingCall } from './incoming-call.ts'
import { prepareRequest, type PrepareContext, type PreparedRequest } from './prepare-request.ts'

interface PreparedCall {
  readonly decided: DecidedCall
  readonly prepared: PreparedRequest
}

/** @throws GatewayError of the first target where no other one can be prepared for */
export function prepareAffordable(call: IncomingCall, context: PrepareContext, decided: DecidedCall): PreparedCall {
  try {
    return { decided, prepared: prepareRequest(call, context, decided.target) }
  } catch (error) {
    const next = error instanceof GatewayError && error.code === 'budget_exceeded' ? others(context, decided) : []
    for (const target of next) {
      const prepared = preparedOrNull(call, context, target)
      if (prepared !== null) return { decided: { ...decided, target }, prepared }
    }
    throw error
  }
}

/** A target that is only being tried out is left to the call it tries. */
function others({ admitted }: PrepareContext, { decision, target }: DecidedCall): Target[] {
  const { probing } = admitted.admission
  return fallbackTargets(decision.considered, target)
    .map((id) => findTarget(admitted.team.catalog, id))
    .filter((other) => other !== null)
    .filter(({ id, model }) => !probing.includes(id) && !probing.includes(model.provider))
}

/** Null: the request does not fit the target, or the target the budget. */
export function preparedOrNull(call: IncomingCall, context: PrepareContext, target: Target): PreparedRequest | null {
  try {
    return prepareRequest(call, context, target)
  } catch (error) {
    if (error instanceof GatewayError) return null
    throw error
  }
}
