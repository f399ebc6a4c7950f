/**
 * A reached budget told as the end of the turn instead of an error, where the budget says so: a final message in the
 * client's dialect, which an agent's loop ends with and its person reads. No model is asked and nothing is charged.
 */
import { dialectOf } from '../core/dialects/registry.ts'
import { GatewayError } from '../core/gateway-error.ts'
import type { Caller } from './authenticate.ts'
import { budgetHeader } from './budget-header.ts'
import type { GatewayContext } from './gateway-context.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { ReadCall } from './read-call.ts'
import { readsMessages } from './watch-loop.ts'

/** Whether an error is one of a budget that is to be surfaced, to a client that can read a message. */
export function isSurfaced({ surface }: GatewayError, { read }: { readonly read: ReadCall }): boolean {
  return surface && readsMessages({ read })
}

interface Refused {
  readonly caller: Caller
  readonly read: ReadCall
  readonly gateway: GatewayContext
  /** The refusal is a decision of the log: those after admission are. */
  readonly logged: boolean
}

/** Null: the error is none of a budget that is to be surfaced, or the client could not read a message. */
export function surfacedRefusal(
  call: IncomingCall,
  { caller, read, gateway, logged }: Refused,
  error: unknown,
): Response | null {
  if (!(error instanceof GatewayError) || !isSurfaced(error, { read })) return null
  const { requestId } = call
  gateway.ports.log.write('budget_surfaced', { requestId, teamId: caller.teamId })
  const { headers, body } = dialectOf(call.dialect).writeFinalMessage({
    text: `${error.message}\n\nThis turn ends here. This message cost nothing: no model was asked.`,
    model: read.scan.model,
    requestId,
    scan: read.scan,
    now: gateway.ports.now(),
  })
  const own = { ...(logged ? { 'x-headgate-decision': requestId } : {}), ...budgetHeader(error) }
  return new Response(body, { status: 200, headers: { ...headers, ...own } })
}
