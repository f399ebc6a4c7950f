/**
 * A legacy completion, the call of an editor's autocomplete. It goes the way of any call, as the chat request that asks
 * for the same text; a target that offers completions is sent the client's own bytes instead (`prepareRequest`).
 */
import { isObject, parsedJson } from '../core/chat/json-value.ts'
import {
  chatBodyOf,
  readCompletion,
  type CompletionRequest,
} from '../core/dialects/openai-completions/completion-request.ts'
import {
  startCompletionStream,
  tellCompletion,
  tellCompletionStream,
} from '../core/dialects/openai-completions/tell-answer.ts'
import { authenticate } from './authenticate.ts'
import { hasEventStreamType } from './event-stream.ts'
import type { GatewayContext } from './gateway-context.ts'
import { handleChat } from './handle-chat.ts'
import type { IncomingCall } from './incoming-call.ts'

/** @throws GatewayError or InvalidRequest before anything is sent */
export async function handleCompletion(call: IncomingCall, gateway: GatewayContext): Promise<Response> {
  // Nobody's body is read before it is known who calls.
  await authenticate(call, gateway.ports.keys)
  const bytes = await call.readBody()
  const request = readCompletion(parsedJson(new TextDecoder().decode(bytes)))
  const chatBody = new TextEncoder().encode(JSON.stringify(chatBodyOf(request)))
  const asChat: IncomingCall = { ...call, completion: { bytes, request }, readBody: () => Promise.resolve(chatBody) }
  return told(await handleChat(asChat, gateway), request)
}

async function told(answer: Response, { stops }: CompletionRequest): Promise<Response> {
  if (!answer.ok || answer.body === null) return answer
  const { status, headers } = answer
  if (hasEventStreamType(headers)) {
    return new Response(answer.body.pipeThrough(streamTeller(stops)), { status, headers })
  }
  const text = await answer.text()
  const body = parsedJson(text)
  return new Response(isObject(body) ? JSON.stringify(tellCompletion(body, stops)) : text, { status, headers })
}

function streamTeller(stops: readonly string[]): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let state = startCompletionStream(stops)
  const tell = (piece: string, controller: TransformStreamDefaultController<Uint8Array>): void => {
    const [next, out] = tellCompletionStream(state, piece)
    state = next
    if (out !== '') controller.enqueue(encoder.encode(out))
  }
  return new TransformStream({
    transform: (chunk, controller) => tell(decoder.decode(chunk, { stream: true }), controller),
    // An event whose empty line never came is taken as whole.
    flush: (controller) => tell(`${decoder.decode()}\n\n`, controller),
  })
}
