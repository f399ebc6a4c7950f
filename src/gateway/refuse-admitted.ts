/**
 * A call that was admitted and is not sent after all: what was held for it is given back, and where a budget stood in its
 * way the refusal is logged like any decision, in the message that gives the money back. A refusal at admission is not:
 * nothing is held for it, and a storm of them may touch no storage. The ledger counts those. A call that no model was
 * found for has no decision to log: the Worker's own log names it.
 */
import { GatewayError } from '../core/gateway-error.ts'
import { unansweredResult, unbilled } from './call-result.ts'
import type { DecidedCall } from './decide-call.ts'
import type { IncomingCall } from './incoming-call.ts'
import { unsentRecord, withdraw, type SentCall } from './settle-call.ts'
import { isSurfaced } from './surface-refusal.ts'

interface RefusedCall extends Pick<SentCall, 'caller' | 'read' | 'admitted' | 'gateway'> {
  /** Where it would have gone; null: it was not decided. */
  readonly decided: DecidedCall | null
  /** Targets that a hard budget left out for want of a price. */
  readonly leftOut?: readonly string[]
}

/** @param error what the client is told; it stays the caller's to throw */
export async function refuseAdmitted(call: IncomingCall, refused: RefusedCall, error: unknown): Promise<void> {
  const { decided, leftOut = [] } = refused
  if (error instanceof GatewayError && WITHOUT_MODEL.has(error.code)) logUnserved(call, refused, error)
  const ofBudget = error instanceof GatewayError && OF_BUDGETS.has(error.code)
  const stoppedBy = ofBudget && error.code === 'budget_exceeded' ? (error.budget?.budgetId ?? null) : null
  const record = ofBudget && decided !== null ? refusalRecord(call, { ...refused, decided }, error) : null
  await withdraw(call, refused, {
    ...(record === null ? {} : { record }),
    ...(stoppedBy === null ? {} : { stoppedBy }),
    ...(leftOut.length === 0 ? {} : { leftOut }),
  })
}

const OF_BUDGETS: ReadonlySet<GatewayError['code']> = new Set(['budget_exceeded', 'budget_reserved'])

const WITHOUT_MODEL: ReadonlySet<GatewayError['code']> = new Set(['model_not_found', 'no_eligible_target'])

/** Enough for whoever mends it: the names of models are short, and a client may send any text for one. */
const MOST_CHARACTERS = 500

function logUnserved(
  { requestId }: IncomingCall,
  { admitted, gateway }: RefusedCall,
  { code, message }: GatewayError,
): void {
  const { teamId, keyId } = admitted.admission.key
  gateway.ports.log.write('call_not_served', { requestId, teamId, keyId, code, why: message.slice(0, MOST_CHARACTERS) })
}

function refusalRecord(
  call: IncomingCall,
  { decided, ...refused }: RefusedCall & { readonly decided: DecidedCall },
  error: GatewayError,
): ReturnType<typeof unsentRecord> {
  const reasons = [...decided.decision.reasons, 'no_budget' as const]
  const marked = { ...decided, decision: { ...decided.decision, reasons } }
  const result = isSurfaced(error, refused) ? unbilled('surfaced', 200) : unansweredResult(call, error)
  return unsentRecord(call, { ...refused, decided: marked }, result)
}
