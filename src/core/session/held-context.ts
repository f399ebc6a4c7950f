/** What a provider holds of a conversation, where the conversation's own session did not tell. */
import type { BegunSession } from './call-opening.ts'

/**
 * The call as its session placed it, its context starting from what somebody else counted. A session that counted for
 * itself knows better.
 *
 * @param held tokens of the reference tokenizer, and the weighed bytes of the request that lie in them: its static part
 */
export function withHeldContext(
  session: BegunSession,
  held: { readonly tokens: number; readonly staticBytes: number },
): BegunSession {
  if (session.lastContextTokens !== null) return session
  const { tokens, staticBytes } = held
  return {
    ...session,
    lastContextTokens: tokens,
    lastContextBytes: staticBytes,
    call: { ...session.call, base: { tokens, bytes: staticBytes } },
  }
}
