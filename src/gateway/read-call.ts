/** Reads a call: one pass over its bytes, who is calling, and the signals routing goes by. No object is called. */
import type { AgentReading } from '../core/agents/agent-reading.ts'
import { readAgent } from '../core/agents/read-agent.ts'
import { parsedJson } from '../core/chat/json-value.ts'
import type { ChatRequest } from '../core/chat/chat-request.ts'
import { dialectOf } from '../core/dialects/registry.ts'
import { InvalidRequest, type RequestNeeds, type RequestScan } from '../core/dialects/request-scan.ts'
import { readChatRequest } from '../core/dialects/translation.ts'
import { GatewayError } from '../core/gateway-error.ts'
import type { RequestSignals } from '../core/signals/request-signals.ts'
import { readSignals } from '../core/signals/read-signals.ts'
import { bodyText } from './body-text.ts'
import type { IncomingCall } from './incoming-call.ts'

export interface ReadCall {
  readonly scan: RequestScan
  readonly reading: AgentReading
  readonly signals: RequestSignals
  /** Names the session within its key: the client's own id, or one inferred from how the conversation began. */
  readonly session: string
  /** The request as a whole, parsed when it is first asked for: only calls that are translated need it. */
  whole(): WholeRequest
}

export interface WholeRequest {
  /** The client's body, parsed. */
  readonly body: unknown
  readonly request: ChatRequest
}

/**
 * @throws InvalidRequest when the body is not a request of the call's dialect
 * @throws GatewayError body_too_large, threads_unsupported
 */
export async function readCall(call: IncomingCall): Promise<ReadCall> {
  const scan = dialectOf(call.dialect).scan(bodyText(await call.readBody()))
  if (scan.fields.has('thread')) {
    throw new GatewayError(
      'threads_unsupported',
      'Headgate keeps no conversations: send the whole history instead of `thread`.',
      {
        field: 'thread',
      },
    )
  }
  const reading = agentReading(call, scan)
  let whole: WholeRequest | null = null
  return {
    scan,
    reading,
    signals: readSignals(reading, scan),
    session:
      call.completion === undefined
        ? (storedSession(reading, scan.needs) ?? `${reading.agent}\n${reading.sessionId ?? inferredSession(scan)}`)
        : 'autocomplete',
    whole: () => (whole ??= parseWhole(call, scan)),
  }
}

/** Autocomplete belongs to no conversation, and nobody typed it: all of a key's share one session. */
function agentReading(call: IncomingCall, scan: RequestScan): AgentReading {
  const reading = readAgent(call.headers, scan)
  if (call.completion === undefined) return reading
  return { ...reading, utility: 'autocomplete', compaction: false, typedText: '', startsTurn: false }
}

/** @throws InvalidRequest where a field that routing never looks at has a type, or a depth, no model could serve */
function parseWhole(call: IncomingCall, { body }: RequestScan): WholeRequest {
  const parsed = parsedJson(body.decode(0, body.bytes.length))
  if (parsed === undefined) throw new InvalidRequest('the body is nested too deep to be translated')
  return { body: parsed, request: readChatRequest(parsed, call.dialect) }
}

/**
 * A client that names no session and goes on from what its provider stored sends nothing of how its conversation began:
 * it is known by the id it goes on from. The session of each answer hands the conversation over to that name. Null: it
 * names one, or holds its whole conversation.
 */
function storedSession({ sessionId }: AgentReading, { providerState }: RequestNeeds): string | null {
  if (sessionId !== null || providerState === null) return null
  const { kind, id } = providerState
  return kind === 'answer' || kind === 'conversation' ? storedSessionOf(kind, id) : null
}

export function storedSessionOf(kind: 'answer' | 'conversation', id: string): string {
  return `${kind}\n${id}`
}

/**
 * A client that names no session is known by how its conversation began: everything up to the first message that is not
 * an instruction. Conversations that begin alike share a session and fork into threads of it.
 */
function inferredSession(scan: RequestScan): string {
  const first = scan.messages.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  return `inferred\n${scan.staticHash}\n${scan.prefixHashes[Math.max(first, 0)] ?? 0}`
}
