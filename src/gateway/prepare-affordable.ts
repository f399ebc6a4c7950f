/**
 * The request for the target that was decided on; where what is left of a hard cap pays for no answer there, for the
 * next one of its tier that it pays for.
 */
import { fallbackTargets } from '../core/cascade/next-attempt.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { findTarget, type Target } from '../core/routing/catalog.ts'
import type { Caller } from './authenticate.ts'
import type { DecidedCall } from './decide-call.ts'
import type { IncomingCall } from './incoming-call.ts'
import { prepareRequest, type PrepareContext, type PreparedRequest } from './prepare-request.ts'
import { askForLeast, TooLittleLeft } from './too-little-left.ts'

interface PreparedCall {
  readonly decided: DecidedCall
  readonly prepared: PreparedRequest
}

type PaidContext = PrepareContext & { readonly caller: Caller }

/**
 * The request as it can be paid for. Where the rest of a cap pays for no answer, the ledger says which cap it is, or has
 * room by now: then the call that is returned holds more.
 *
 * @throws GatewayError
 */
export async function preparePaid(
  call: IncomingCall,
  context: PaidContext,
  decided: DecidedCall,
): Promise<PreparedCall & Pick<PrepareContext, 'admitted'>> {
  try {
    return { admitted: context.admitted, ...prepareAffordable(call, context, decided) }
  } catch (error) {
    if (!(error instanceof TooLittleLeft)) throw error
    const admitted = await askForLeast(context, error)
    return { admitted, ...prepareAffordable(call, { ...context, admitted }, decided) }
  }
}

/** @throws GatewayError of the first target where no other one can be prepared for */
function prepareAffordable(call: IncomingCall, context: PrepareContext, decided: DecidedCall): PreparedCall {
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
