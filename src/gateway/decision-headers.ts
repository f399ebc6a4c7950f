/**
 * The decision, told to the client in headers, so that a developer sees where a call went without asking anyone; and
 * what is left of its rate limits, in the headers its client looks for. They are the key's, so a provider's own give way.
 */
import { dialectOf } from '../core/dialects/registry.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { SentCall } from './settle-call.ts'

export function addDecisionHeaders(
  headers: Headers,
  { dialect, requestId }: IncomingCall,
  { decided, admitted, gateway }: Pick<SentCall, 'decided' | 'admitted' | 'gateway'>,
): void {
  const { decision, task, session } = decided
  headers.set('x-headgate-decision', requestId)
  headers.set('x-headgate-tier', String(decision.tier))
  headers.set('x-headgate-model', decided.target.model.id)
  headers.set('x-headgate-task', task.taskType)
  headers.set('x-headgate-reasons', decision.reasons.join(','))
  headers.set('x-headgate-session', session.sessionId)
  const { rates } = admitted.admission
  if (rates === null) return
  const limits = dialectOf(dialect).writeRateLimits(rates, gateway.ports.now())
  for (const [name, value] of Object.entries(limits)) headers.set(name, value)
}
