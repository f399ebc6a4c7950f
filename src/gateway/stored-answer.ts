/**
 * What a provider keeps of an answer of the Responses API, for the session that a call which goes on from it will be
 * found in: https://developers.openai.com/api/docs/guides/conversation-state
 */
import { promptTokens } from '../core/chat/usage.ts'
import { smallValue } from '../core/dialects/json-members.ts'
import type { SettleRequest } from '../core/ledger/admission.ts'
import type { CallOutcome } from '../core/session/call-outcome.ts'
import { storedSessionOf } from './read-call.ts'
import type { CallResult, SentCall } from './settle-call.ts'

type Kept = Pick<CallOutcome, 'stored' | 'heir'>

/** Answers are stored unless the client forbids it; one that was translated, or that did not end, nobody holds. */
export async function storedAnswer(sent: SentCall, result: CallResult): Promise<Kept> {
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

/**
 * The same for the ledger: by what name the next call will come, and how much of a prompt it holds by then. Where the
 * ledger knew the call by nothing but the answer it goes on from, its session may know where the conversation began.
 */
export function sessionLinks(
  { admitted, decided, read }: Pick<SentCall, 'admitted' | 'decided' | 'read'>,
  { heir }: Kept,
  { usage, estimated }: Pick<CallResult, 'usage' | 'estimated'>,
): Pick<SettleRequest, 'origin' | 'heir'> {
  const { sessionName, session, admission } = admitted
  const { chain = sessionName } = session
  const unknown = admission.reservation.session === sessionName && chain !== sessionName
  const { providerState } = read.scan.needs
  const begins = providerState === null || providerState.kind === 'items'
  const { tokenizerRatio } = decided.target.model
  const tokens = usage === null || estimated ? null : promptTokens(usage) + usage.outputTokens
  const contextTokens = tokens === null ? null : Math.round(tokens / tokenizerRatio)
  return {
    ...(unknown ? { origin: chain } : {}),
    ...(heir === undefined ? {} : { heir: { session: heir.session, contextTokens, begins } }),
  }
}
