/** The decision, told to the client in headers, so that a developer sees where a call went without asking anyone. */
import type { DecidedCall } from './decide-call.ts'

export function addDecisionHeaders(headers: Headers, decided: DecidedCall, requestId: string): void {
  const { decision, task, session } = decided
  headers.set('x-headgate-decision', requestId)
  headers.set('x-headgate-tier', String(decision.tier))
  headers.set('x-headgate-model', decided.target.model.id)
  headers.set('x-headgate-task', task.taskType)
  headers.set('x-headgate-reasons', decision.reasons.join(','))
  headers.set('x-headgate-session', session.sessionId)
}
