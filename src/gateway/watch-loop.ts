/**
 * Looks whether a call's turn has run into a cap of its team's policy, before anything is sent. The reason goes into the
 * decision; an alert lets the call go on, everything else stops it here.
 */
import type { CapAction } from '../core/routing/policy.ts'
import { guardLoop, type LoopVerdict, type ReachedCap } from '../core/session/loop-guard.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { SentCall } from './settle-call.ts'

export interface LoopStop extends ReachedCap {
  readonly action: Exclude<CapAction, 'alert'>
}

export interface WatchedCall {
  /** The call with the cap among its reasons. */
  readonly sent: SentCall
  /** null: the call goes on. */
  readonly stop: LoopStop | null
}

/** What the team's policy says of the turn that a call belongs to. */
export function loopVerdict({ admitted }: Pick<SentCall, 'admitted'>): LoopVerdict {
  const { session, team } = admitted
  return guardLoop(session, team.policy.iterations, session.call.kind)
}

export function watchLoop(call: IncomingCall, sent: SentCall): WatchedCall {
  const verdict = loopVerdict(sent)
  if (verdict.action === 'pass') return { sent, stop: null }
  const { action, reason, limit, count, crossing } = verdict
  if (crossing) {
    sent.gateway.ports.log.write('iteration_cap_reached', {
      requestId: call.requestId,
      teamId: sent.caller.teamId,
      action,
      reason,
      limit,
      count,
    })
  }
  if (action === 'alert') return { sent: withReason(sent, verdict, [`${reason}_passed`]), stop: null }
  const possible = action === 'surface' && !readsMessages(sent) ? 'block' : action
  return { sent: withReason(sent, verdict, []), stop: { action: possible, reason, limit, count } }
}

function withReason(sent: SentCall, { reason }: ReachedCap, warnings: readonly string[]): SentCall {
  const { decided } = sent
  const decision = { ...decided.decision, reasons: [...decided.decision.reasons, reason] }
  return { ...sent, decided: { ...decided, decision, warnings: [...decided.warnings, ...warnings] } }
}

/**
 * Whether a plain message is an answer to this client: one that insists on a JSON shape or on a tool call would fail at
 * parsing it, and one whose provider keeps the conversation could not go on from an answer the provider never gave.
 */
export function readsMessages({ read }: Pick<SentCall, 'read'>): boolean {
  const { jsonSchema, toolChoice, providerState } = read.scan.needs
  return !jsonSchema && toolChoice !== 'forced' && providerState === null
}
