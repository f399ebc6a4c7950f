/**
 * Admission: session and ledger, asked side by side, once. What the session learns of a call that is not admitted is
 * not kept, because only `record` keeps it.
 */
import type { AdmitAnswer } from '../core/ledger/admission.ts'
import { coldContextTokens } from '../core/routing/context.ts'
import { quoteRequest } from '../core/routing/quote.ts'
import { callOpening, type BegunSession } from '../core/session/call-opening.ts'
import type { Caller } from './authenticate.ts'
import { cacheLifetime } from './cache-marks.ts'
import type { GatewayContext } from './gateway-context.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { ReadCall } from './read-call.ts'
import { refusalError } from './refuse.ts'
import type { TeamPolicy } from './team-policies.ts'

export interface AdmittedCall {
  readonly session: BegunSession
  /** Name of the session's object. */
  readonly sessionName: string
  readonly admission: Extract<AdmitAnswer, { admitted: true }>
  readonly team: TeamPolicy
  /** Milliseconds the two answers took. */
  readonly waitedMs: number
}

/** @throws GatewayError for a key that is not valid any more, and for a budget that is reached or held */
export async function admitCall(call: IncomingCall, caller: Caller, context: AdmitContext): Promise<AdmittedCall> {
  const { gateway, read } = context
  const { keys, sessions, ledgers, now } = gateway.ports
  const sessionName = await keys.sessionName(caller.keyHash, read.session)
  const startedAt = now()
  const clientRetry = Number(call.headers['x-stainless-retry-count'] ?? 0) > 0
  const identity = { requestId: call.requestId, sessionId: sessionName, clientRetry }
  const [session, admission] = await Promise.all([
    sessions.begin(sessionName, callOpening(identity, read.reading, read)),
    ledgers.admit(caller.teamId, {
      requestId: call.requestId,
      keyHash: caller.keyHash,
      quote: quoteOf(call, caller, context),
      policyVersion: gateway.policies.version(caller.teamId),
    }),
  ])
  if (!admission.admitted) throw refusalError(admission.refusal)
  const team = gateway.policies.learn(caller.teamId, admission.policy)
  return { session, sessionName, admission, team, waitedMs: now() - startedAt }
}

interface AdmitContext {
  readonly gateway: GatewayContext
  readonly read: ReadCall
}

/** What the call may cost, by the policy at hand: should the ledger send a newer one, the reservation stays an estimate. */
function quoteOf(call: IncomingCall, caller: Caller, { gateway, read }: AdmitContext) {
  const { policy, catalog, prices } = gateway.policies.get(caller.teamId)
  const { signals, scan } = read
  return quoteRequest({
    catalog,
    prices,
    policy,
    requestedModel: signals.requestedModel,
    lifetime: cacheLifetime(scan),
    eligibility: {
      needs: scan.needs,
      dialects: [call.dialect],
      contextTokens: coldContextTokens(signals),
      outputLimit: signals.outputLimit,
      availability: { providers: new Set(gateway.ports.providers.configured.keys()), cooldowns: {} },
      stateProvider: null,
      hardBudget: false,
      now: call.arrivedAt,
    },
  })
}
