/**
 * Admission: session and ledger, asked side by side, once. Only under a hard budget, and only where the policy that the
 * call was quoted by turns out to be old (the first call of a team that this isolate sees, the first after a change), is
 * the ledger asked a second time: a budget decides nothing by the prices and tiers of a policy that the call is not
 * decided with. What the session learns of a call that is not admitted is not kept, because only `record` keeps it.
 */
import { DIALECTS, type DialectName } from '../core/dialects/dialect.ts'
import type { AdmitAnswer, Quote, QuotedByOldPolicy, Reservation } from '../core/ledger/admission.ts'
import { coldContextTokens } from '../core/routing/context.ts'
import { InvalidPolicy } from '../core/routing/policy.ts'
import { quoteRequest } from '../core/routing/quote.ts'
import { callOpening, type BegunSession } from '../core/session/call-opening.ts'
import { withHeldContext } from '../core/session/held-context.ts'
import { classify } from '../core/tasks/classify.ts'
import type { Caller } from './authenticate.ts'
import { cacheLifetime } from './cache-marks.ts'
import type { GatewayContext } from './gateway-context.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { ReadCall } from './read-call.ts'
import { overloadedError, refusalError } from './refuse.ts'
import type { TeamPolicy } from './team-policies.ts'

type Admitted = Extract<AdmitAnswer, { admitted: true }>

export interface AdmittedCall {
  readonly session: BegunSession
  /** Name of the session's object. */
  readonly sessionName: string
  readonly admission: Admitted
  /** What the ledger was told the call may cost. */
  readonly quote: Quote
  readonly team: TeamPolicy
  /** Milliseconds the two answers took. */
  readonly waitedMs: number
}

/**
 * @throws GatewayError for a key that is not valid any more, for a budget that is reached or held, and when an object
 *   cannot keep up
 */
export async function admitCall(call: IncomingCall, caller: Caller, context: AdmitContext): Promise<AdmittedCall> {
  const { gateway, read } = context
  const { keys, sessions, now } = gateway.ports
  const sessionName = await keys.sessionName(caller.keyHash, read.session)
  const startedAt = now()
  const clientRetry = Number(call.headers['x-stainless-retry-count'] ?? 0) > 0
  const identity = { requestId: call.requestId, sessionId: sessionName, clientRetry }
  const [session, admission] = await Promise.allSettled([
    sessions.begin(sessionName, callOpening(identity, read.reading, read)),
    askLedger(call, caller, { ...context, sessionName }),
  ])
  const asked = admission.status === 'fulfilled' ? admission.value : null
  const admitted = asked?.answer.admitted === true ? asked.answer : null
  if (asked === null || admitted === null || session.status === 'rejected') {
    // What one side has begun, it forgets; the client does not wait for that.
    call.keepAlive(undo(call, caller, { gateway, sessionName, reservation: admitted?.reservation ?? null }))
    if (asked?.answer.admitted === false) throw refusalError(asked.answer.refusal)
    const failure = admission.status === 'rejected' ? admission : session
    const reason: unknown = failure.status === 'rejected' ? failure.reason : undefined
    // One stored by another release, say: trying again does not help.
    throw reason instanceof InvalidPolicy ? reason : overloadedError(reason)
  }
  const waitedMs = now() - startedAt
  try {
    const learned = gateway.policies.learn(caller, admitted)
    // Another call may have learned a newer policy meanwhile: this one is decided with the one it was quoted by.
    const same = admitted.policy === null && admitted.override === null
    const team = same ? { ...asked.quotedBy, starting: learned.starting } : learned
    const begun = sessionOf(session.value, admitted, read)
    return { session: begun, sessionName, admission: admitted, quote: asked.quote, team, waitedMs }
  } catch (error) {
    // A policy stored by another release, say: the call is not made, so nothing may stay held for it.
    call.keepAlive(undo(call, caller, { gateway, sessionName, reservation: admitted.reservation }))
    throw error
  }
}

/** Policies change seldom: one that changes at every asking is no policy. */
const MOST_QUOTES = 3

interface Asked {
  readonly answer: Exclude<AdmitAnswer, QuotedByOldPolicy>
  readonly quote: Quote
  readonly quotedBy: TeamPolicy
}

/**
 * The ledger's answer to a quote by the policy it has; what it brings of a newer one is kept, also where it refuses. Until
 * it answers one nothing is held, so nothing has to be undone should the call end here.
 */
async function askLedger(
  call: IncomingCall,
  caller: Caller,
  context: AdmitContext & { readonly sessionName: string },
): Promise<Asked> {
  const { gateway, read, sessionName } = context
  for (let asking = 0; asking < MOST_QUOTES; asking += 1) {
    const quotedBy = gateway.policies.get(caller)
    const quote = quoteOf(call, quotedBy, context)
    const versions = gateway.policies.versions(caller)
    const answer = await gateway.ports.ledgers.admit(caller.teamId, {
      requestId: call.requestId,
      keyHash: caller.keyHash,
      session: sessionName,
      goesOn: read.reading.sessionId === null && read.scan.needs.providerState?.kind === 'answer',
      quote,
      policyVersion: versions.policy,
      startingVersion: versions.starting,
      overrideVersion: versions.override,
    })
    if (answer.admitted || !('policy' in answer)) return { answer, quote, quotedBy }
    gateway.policies.learn(caller, answer)
  }
  throw new Error("the team's policy changed at every asking")
}

/** Of what a provider holds the session knows the length; should it not, the ledger may. */
function sessionOf(begun: BegunSession, { heldTokens: tokens }: Admitted, { signals }: ReadCall): BegunSession {
  return tokens === null ? begun : withHeldContext(begun, { tokens, staticBytes: signals.staticBytes })
}

async function undo(
  call: IncomingCall,
  caller: Caller,
  {
    gateway,
    sessionName,
    reservation,
  }: { gateway: GatewayContext; sessionName: string; reservation: Reservation | null },
): Promise<void> {
  const { sessions, ledgers } = gateway.ports
  await Promise.allSettled([
    sessions.drop(sessionName, call.requestId),
    reservation === null ? null : ledgers.release(caller.teamId, reservation),
  ])
}

interface AdmitContext {
  readonly gateway: GatewayContext
  readonly read: ReadCall
}

/**
 * What the call may cost, by the policy at hand: should the ledger have a newer one, and no hard budget, it stays an
 * estimate. Where no target speaks the client's dialect, it is one that the request is translated for.
 */
function quoteOf(call: IncomingCall, team: TeamPolicy, context: AdmitContext): Quote {
  const { translation } = team.policy
  if (translation === 'always') return quoteAmong(DIALECTS, call, { ...context, team })
  const own = quoteAmong([call.dialect], call, { ...context, team })
  const none = Object.values(own.expectedNano).every((nano) => nano === null)
  return none && translation !== 'never' ? quoteAmong(DIALECTS, call, { ...context, team }) : own
}

function quoteAmong(
  dialects: readonly DialectName[],
  call: IncomingCall,
  { gateway, read, team }: AdmitContext & { readonly team: TeamPolicy },
): Quote {
  const { policy, catalog, prices } = team
  const { signals, scan } = read
  return quoteRequest({
    // A guess: the turn the call belongs to is not known yet.
    task: classify(signals, null, policy.taskRules).taskType,
    catalog,
    prices,
    policy,
    requestedModel: signals.requestedModel,
    lifetime: policy.promptCaching.plan && policy.promptCaching.lifetime === 'long' ? 'long' : cacheLifetime(scan),
    eligibility: {
      needs: scan.needs,
      dialects,
      contextTokens: coldContextTokens(signals),
      outputLimit: signals.outputLimit,
      availability: { providers: gateway.ports.providers.configured, cooldowns: {} },
      stateProvider: null,
      hardBudget: false,
      now: call.arrivedAt,
    },
  })
}
