/**
 * What a provider keeps of an answer of the Responses API, for the session that a call which goes on from it will be
 * found in: https://developers.openai.com/api/docs/guides/conversation-state
 */
import { smallValue } from '../core/dialects/json-members.ts'
import type { CallOutcome } from '../core/session/call-outcome.ts'
import { storedSessionOf } from './read-call.ts'
import type { CallResult, SentCall } from './settle-call.ts'

/** Answers are stored unless the client forbids it; one that was translated, or that did not end, nobody holds. */
export async function storedAnswer(sent: SentCall, result: CallResult): Promise<Pick<CallOutcome, 'stored' | 'heir'>> {
  const { read, prepared, decided, admitted, gateway, caller } = sent
  const { responseId, ending } = result
  const { scan, reading } = read
  if (scan.dialect !== 'openai-responses' || prepared.translated !== null) return {}
  if (responseId === null || ending !== 'complete') return {}
  if (smallValue(scan.body.bytes, scan.fields.get('store')) === false) return {}
  const { providerState } = scan.needs
  const conversation = providerState?.kind === 'conversation' ? [providerState.id] : []
  const stored = { ids: [responseId, ...conversation], provider: decided.target.model.provider }
  if (reading.sessionId !== null || conversation.length > 0) return { stored }
  const session = await gateway.ports.keys.sessionName(caller.keyHash, storedSessionOf('answer', responseId))
  return { stored, heir: { session, sessionId: admitted.session.sessionId } }
}
