/**
 * Tells the team's ledger how targets fare, so that the next admission of any isolate knows it. Nothing waits for it: a
 * report that is lost costs one more call that finds out.
 */
import { passes, type Verdict } from '../core/cascade/classify-failure.ts'
import type { HealthReport } from '../core/ledger/cooldowns.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { SentCall } from './settle-call.ts'

/** The call gives its target up, for whatever comes next. Errors that are the client's, or the operator's, do not pass by waiting. */
export function reportFailed(call: IncomingCall, sent: SentCall, verdict: Verdict): void {
  if (!('fault' in verdict) || !passes(verdict.fault)) return
  const { fault, retryAfterMs } = verdict
  report(call, sent, { kind: 'failed', ...named(call, sent), fault, retryAfterMs, at: sent.gateway.ports.now() })
}

/** Told only where it decides something: a target that works is no news. */
export function reportAnswered(call: IncomingCall, sent: SentCall): void {
  const { target, provider } = named(call, sent)
  const { probing } = sent.admitted.admission
  if (probing.includes(target) || probing.includes(provider))
    report(call, sent, { kind: 'answered', ...named(call, sent) })
}

/** The call was decided: what it could have tried out and does not use, another call may. */
export function reportNotTried(call: IncomingCall, sent: SentCall): void {
  const { requestId, target, provider } = named(call, sent)
  const ids = sent.admitted.admission.probing.filter((id) => id !== target && id !== provider)
  if (ids.length > 0) report(call, sent, { kind: 'not_tried', requestId, ids })
}

function named({ requestId }: IncomingCall, { decided }: SentCall) {
  return { requestId, target: decided.target.id, provider: decided.target.model.provider }
}

function report(call: IncomingCall, { caller, gateway }: SentCall, told: HealthReport): void {
  const { ledgers, log } = gateway.ports
  call.keepAlive(
    ledgers.reportHealth(caller.teamId, told).catch((error: unknown) => {
      log.write('health_not_told', { requestId: call.requestId, error: String(error) })
    }),
  )
}
