/** A client's call as it reaches the gateway: not yet read, not yet admitted. */
import type { RequestHeaders } from '../core/agents/agent-reading.ts'
import type { DialectName } from '../core/dialects/dialect.ts'
import type { CompletionRequest } from '../core/dialects/openai-completions/completion-request.ts'

export interface IncomingCall {
  readonly requestId: string
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number
  readonly dialect: DialectName
  /** What the client really sent, where it asked for a legacy completion; `readBody` then gives it as a chat request. */
  readonly completion?: { readonly bytes: Uint8Array; readonly request: CompletionRequest }
  /** The virtual key, as sent. */
  readonly apiKey: string
  readonly headers: RequestHeaders
  /** With its `?`; '' if none. */
  readonly query: string
  /** @throws GatewayError body_too_large */
  readBody(): Promise<Uint8Array>
  /** Aborts when the client is known to have left: one that closes its connection in order is noticed at a write to it. */
  readonly clientGone: AbortSignal
  /** Lets work go on after the answer, or after the client has left. */
  keepAlive(work: Promise<unknown>): void
}
