/**
 * Ends a turn at a cap without asking a model: by a final message that the agent's loop ends with and its person reads,
 * or by an error that no client retries. Either costs nothing and is logged.
 */
import { dialectOf } from '../core/dialects/registry.ts'
import { GatewayError } from '../core/gateway-error.ts'
import { capMessage } from '../core/session/cap-message.ts'
import { addDecisionHeaders } from './decision-headers.ts'
import type { IncomingCall } from './incoming-call.ts'
import { settleUnsent, type SentCall } from './settle-call.ts'
import type { LoopStop } from './watch-loop.ts'

interface StopAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export async function stopTurn(call: IncomingCall, sent: SentCall, stop: LoopStop): Promise<Response> {
  const paragraphs = messageOf(sent, stop)
  const surfaced = stop.action === 'surface'
  const answer = surfaced ? finalMessage(call, sent, paragraphs) : refusal(call, paragraphs)
  const { status, body } = answer
  await settleUnsent(call, sent, {
    ending: surfaced ? 'surfaced' : 'blocked',
    status,
    usage: null,
    estimated: false,
    stopReason: null,
    responseId: null,
    firstByteAt: null,
    warnings: [],
  })
  const headers = new Headers(answer.headers)
  addDecisionHeaders(headers, call, sent)
  return new Response(body, { status, headers })
}

function finalMessage(call: IncomingCall, { read, decided, gateway }: SentCall, text: readonly string[]): StopAnswer {
  const written = dialectOf(call.dialect).writeFinalMessage({
    text: text.join('\n\n'),
    model: decided.target.model.id,
    requestId: call.requestId,
    scan: read.scan,
    now: gateway.ports.now(),
  })
  return { status: 200, ...written }
}

function refusal({ dialect, requestId }: IncomingCall, text: readonly string[]): StopAnswer {
  return dialectOf(dialect).writeError(new GatewayError('iteration_cap', text.join(' ')), requestId)
}

function messageOf({ read, decided }: SentCall, cap: LoopStop): readonly string[] {
  const calls = read.scan.lastAnswer?.blocks.filter((block) => block.type === 'tool-call') ?? []
  return capMessage({
    cap,
    view: decided.session,
    tools: calls.map(({ name }) => name),
    subagent: read.reading.subagent,
  })
}
