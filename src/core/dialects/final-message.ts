/**
 * Writes a final assistant message of the gateway's own: a whole answer, or a complete stream of events, that ends an
 * agent's loop like any other answer and that its person reads. No model was asked, so its usage is zero. It decides
 * neither when one is due nor what it says.
 */
import type { ChatResponse } from '../chat/chat-response.ts'
import { finishOf } from '../chat/finish.ts'
import { objectOf, parsedJson, type JsonObject } from '../chat/json-value.ts'
import { runAll } from '../chat/machine.ts'
import type { StreamEvent } from '../chat/stream-event.ts'
import { NO_USAGE } from '../chat/usage.ts'
import type { AnswerContext, Codec } from './codec.ts'
import type { RequestScan } from './request-scan.ts'

export interface FinalMessage {
  readonly text: string
  /** The model the client is told: the one that would have answered. */
  readonly model: string
  readonly requestId: string
  /** The request it answers: whether it streams, and the settings some dialects repeat. */
  readonly scan: RequestScan
  /** Ms since epoch. */
  readonly now: number
}

export interface WrittenMessage {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * How a dialect writes such a message.
 * @param idHeader the header its clients look for the request's id in
 */
export function finalMessageWriter(codec: Codec, idHeader: string): (final: FinalMessage) => WrittenMessage {
  return (final) => {
    const context = contextOf(final)
    const id = { [idHeader]: final.requestId }
    return final.scan.stream
      ? {
          headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...id },
          body: writeStream(codec, context, final.text),
        }
      : { headers: { 'content-type': 'application/json', ...id }, body: writeWhole(codec, context, final.text) }
  }
}

function writeWhole(codec: Codec, context: AnswerContext, text: string): string {
  const response: ChatResponse = {
    id: null,
    model: null,
    parts: [{ type: 'text', text }],
    finish: finishOf('end'),
    usage: NO_USAGE,
  }
  return JSON.stringify(codec.writeAnswer(response, context).body)
}

function writeStream(codec: Codec, context: AnswerContext, text: string): string {
  const events: readonly StreamEvent[] = [
    { type: 'start', id: null, model: null, usage: NO_USAGE },
    { type: 'part-begin', index: 0, part: { type: 'text' } },
    { type: 'part-delta', index: 0, text },
    { type: 'part-end', index: 0, seal: null },
    { type: 'finish', finish: finishOf('end'), usage: NO_USAGE },
  ]
  const [, written] = runAll(codec.writeStream(context), events)
  return written.map((event) => (event.type === 'text' ? event.text : '')).join('')
}

function contextOf({ scan, model, requestId, now }: FinalMessage): AnswerContext {
  const clientBody = settingsOf(scan)
  return {
    clientBody,
    tools: new Map(),
    usageChunk: objectOf(clientBody['stream_options'])['include_usage'] === true,
    model,
    fallbackId: requestId.replace(/^req_/, ''),
    now,
    foreignReasoning: 'dropped',
  }
}

/** Larger values are conversations and files: no dialect repeats those. */
const LARGEST_SETTING = 256 * 1024

/** The request's settings, parsed, without an object tree of its history. */
function settingsOf({ fields, body }: RequestScan): JsonObject {
  const small = [...fields].filter(([, { start, end }]) => end - start <= LARGEST_SETTING)
  return Object.fromEntries(small.map(([name, { start, end }]) => [name, parsedJson(body.decode(start, end))]))
}
