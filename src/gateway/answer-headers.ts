/** The headers of an answer: the provider's own that mean something to the client, and the decision's. */
import { addDecisionHeaders } from './decision-headers.ts'
import { headersForClient, sharedHeaders } from './forward-headers.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { SentCall } from './settle-call.ts'

/** @param type the answer's content type, where it is not the provider's */
export function answerHeaders(
  call: IncomingCall,
  sent: SentCall,
  { provider, type = provider.get('content-type') }: { readonly provider: Headers; readonly type?: string | null },
): Headers {
  const headers = sent.prepared.translated === null ? headersForClient(provider) : sharedHeaders(provider)
  if (type !== null) headers.set('content-type', type)
  addDecisionHeaders(headers, call, sent)
  return headers
}
