/**
 * What the caps over a call have left pays for no answer of its target. The gateway knows that, and not which budget it
 * is: the ledger is asked for the least answer, and its refusal says which, and whether waiting helps.
 */
import { GatewayError } from '../core/gateway-error.ts'
import { leastAnswerNano } from '../core/ledger/affordable-output.ts'
import type { Target } from '../core/routing/catalog.ts'
import type { AdmittedCall } from './admit-call.ts'
import type { Caller } from './authenticate.ts'
import { pricedPrompt, type ClampContext } from './clamp-output.ts'
import type { GatewayContext } from './gateway-context.ts'
import type { IncomingCall } from './incoming-call.ts'
import { overloadedError, refusalError, tooLittleError } from './refuse.ts'

export class TooLittleLeft extends GatewayError {
  /** Whose answer it would be. */
  readonly displayName: string
  /** What the call would have to hold for the shortest answer, with the thinking it asks for. */
  readonly neededNano: number

  constructor(call: IncomingCall, context: ClampContext, target: Target) {
    const { displayName } = target.model
    super('budget_exceeded', `Headgate: what is left of the budget does not pay for an answer of ${displayName}.`, {
      surface: context.admitted.admission.onExceed === 'surface',
    })
    this.displayName = displayName
    this.neededNano = neededNano(call, context, target)
  }
}

/** More than there was, whatever was rounded on the way. */
function neededNano(call: IncomingCall, context: ClampContext, target: Target): number {
  const { headroomNano, reservation } = context.admitted.admission
  const prompt = pricedPrompt(call, context, target)
  const thinking = context.read.scan.needs.thinking?.budgetTokens ?? 0
  const least = prompt === null ? 0 : leastAnswerNano(prompt, thinking + 1)
  return Math.max(least, (headroomNano ?? 0) - reservation.guardNano + 1)
}

interface ShortCall {
  readonly caller: Caller
  readonly admitted: AdmittedCall
  readonly gateway: GatewayContext
}

/**
 * The call with the money for its least answer, where room was made meanwhile.
 *
 * @throws GatewayError budget_exceeded, budget_reserved: the budget that is in the way; gateway_overloaded when its ledger
 *   cannot be asked
 */
export async function askForLeast(
  { caller, admitted, gateway }: ShortCall,
  tooLittle: TooLittleLeft,
): Promise<AdmittedCall> {
  const { admission } = admitted
  const { reservation } = admission
  const moreNano = Math.max(0, tooLittle.neededNano - reservation.amountNano)
  const answer = await gateway.ports.ledgers
    .extend(caller.teamId, reservation, moreNano)
    .catch((cause: unknown) => Promise.reject(overloadedError(cause)))
  if (answer.extended) {
    const { headroomNano } = answer
    return { ...admitted, admission: { ...admission, reservation: answer.reservation, headroomNano } }
  }
  const { refusal } = answer
  if (refusal.code === 'budget_exceeded') throw tooLittleError(refusal, tooLittle.displayName)
  if (refusal.code === 'budget_reserved') throw refusalError(refusal)
  throw tooLittle
}
