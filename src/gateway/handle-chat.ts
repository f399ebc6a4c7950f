/**
 * One call, from the client's bytes to the settled bill. Read it top to bottom: who calls, what is asked, admission in
 * one parallel hop, the decision, the caps of the turn, the provider, and the answer streaming back through the meter.
 * Nothing on the way waits for the decision log.
 */
import { admitCall, type AdmittedCall } from './admit-call.ts'
import { answerClient } from './answer-client.ts'
import { authenticate, type Caller } from './authenticate.ts'
import { decideCall, type DecidedCall } from './decide-call.ts'
import type { GatewayContext } from './gateway-context.ts'
import type { IncomingCall } from './incoming-call.ts'
import { preparePaid } from './prepare-affordable.ts'
import { readCall, type ReadCall } from './read-call.ts'
import { refuseAdmitted } from './refuse-admitted.ts'
import type { SentCall } from './settle-call.ts'
import { SpendWatch } from './spend-watch.ts'
import { stopTurn } from './stop-turn.ts'
import { surfacedRefusal } from './surface-refusal.ts'
import { watchLoop } from './watch-loop.ts'

/**
 * @throws GatewayError or InvalidRequest before anything is sent; the caller writes it in the client's dialect
 */
export async function handleChat(call: IncomingCall, gateway: GatewayContext): Promise<Response> {
  const caller = await authenticate(call, gateway.ports.keys)
  const read = await readCall(call)
  return keepUntilSettled(call, async (settled) => {
    let logged = false
    try {
      const admitted = await admitCall(call, caller, { gateway, read })
      logged = true
      const decided = await decideAdmitted(call, { caller, read, admitted, gateway })
      const { sent, stop } = watchLoop(call, decided)
      if (stop !== null) return await stopTurn(call, sent, stop).finally(settled)
      await holdForDecision(call, sent)
      return await answerClient(call, sent, settled)
    } catch (error) {
      const told = surfacedRefusal(call, { caller, read, gateway, logged }, error)
      if (told === null) throw error
      settled()
      return told
    }
  })
}

interface AdmittedContext {
  readonly caller: Caller
  readonly read: ReadCall
  readonly admitted: AdmittedCall
  readonly gateway: GatewayContext
}

/** The decision and the request for its target; if there is none, the money held is given back at once. */
async function decideAdmitted(call: IncomingCall, context: AdmittedContext): Promise<SentCall> {
  let decided: DecidedCall | null = null
  let leftOut: readonly string[] = []
  try {
    const outcome = decideCall(call, context)
    if ('error' in outcome) {
      decided = outcome.wished
      leftOut = outcome.leftOut
      throw outcome.error
    }
    decided = outcome
    const paid = await preparePaid(call, context, decided)
    return { ...context, ...paid, attempts: [], spend: new SpendWatch(call, { ...context, ...paid }) }
  } catch (error) {
    await refuseAdmitted(call, { ...context, decided, leftOut }, error)
    throw error
  }
}

/** The hold, fitted to the decision; a call that its budgets do not pay for is not sent. */
async function holdForDecision(call: IncomingCall, sent: SentCall): Promise<void> {
  try {
    await sent.spend.fitToDecision(sent)
  } catch (error) {
    sent.spend.end()
    await refuseAdmitted(call, sent, error)
    throw error
  }
}

/**
 * Keeps the call alive until it is settled, also when the client leaves before the provider has answered: without it
 * the platform drops the work, and the money held for the call stays held.
 */
async function keepUntilSettled(
  call: IncomingCall,
  work: (settled: () => void) => Promise<Response>,
): Promise<Response> {
  const { promise, resolve } = Promise.withResolvers<void>()
  call.keepAlive(promise)
  try {
    return await work(resolve)
  } catch (error) {
    resolve()
    throw error
  }
}
