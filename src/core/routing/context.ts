/**
 * How many tokens a request holds, and how much it has grown: the provider's own count of the last call plus a
 * calibrated estimate of what was added since. It guesses the whole only where no true count is known. Bytes are weighed
 * by the kind of their text (`tokens/byte-weights.ts`), tokens are the reference tokenizer's.
 */
import type { SessionView } from '../session/session-view.ts'
import { BYTES_PER_TOKEN } from '../tokens/byte-weights.ts'
import type { RequestWeight } from '../tokens/request-weight.ts'
import type { Growth } from './floors.ts'

type RequestSize = Pick<RequestWeight, 'staticBytes' | 'conversationBytes'>

export interface ContextEstimate {
  /** Tokens of the whole prompt, in the reference tokenizer. */
  readonly contextTokens: number
  readonly staticTokens: number
  readonly growth: Growth
}

/** The context before a session is known: for the quote of admission. */
export function coldContextTokens(size: RequestSize, bytesPerToken = BYTES_PER_TOKEN): number {
  return tokensOf(size.staticBytes + size.conversationBytes, bytesPerToken)
}

/** The context of a call in its session, and its growth since turn and session began. */
export function estimateContext(session: SessionView, size: RequestSize): ContextEstimate {
  const contextTokens = contextOf(session, size)
  const since = (start: number | null): number => (start === null ? 0 : Math.max(0, contextTokens - start))
  return {
    contextTokens,
    staticTokens: Math.min(contextTokens, tokensOf(size.staticBytes, ratioOf(session))),
    growth: {
      turnTokens: since(session.turnStartTokens),
      sessionTokens: since(session.threadStartTokens),
      contextTokens,
    },
  }
}

function contextOf(session: SessionView, size: RequestSize): number {
  const ratio = ratioOf(session)
  const bytes = size.staticBytes + size.conversationBytes
  const { lastContextTokens: counted, lastContextBytes: covered } = session
  if (counted === null) return coldContextTokens(size, ratio)
  if (bytes >= covered) return counted + tokensOf(bytes - covered, ratio)
  // A request that became shorter (cleared tool results, a compaction) keeps its share of what was counted.
  return Math.ceil((counted * bytes) / covered)
}

function ratioOf(session: SessionView): number {
  return session.bytesPerToken > 0 ? session.bytesPerToken : BYTES_PER_TOKEN
}

function tokensOf(bytes: number, bytesPerToken: number): number {
  return Math.ceil(bytes / bytesPerToken)
}
