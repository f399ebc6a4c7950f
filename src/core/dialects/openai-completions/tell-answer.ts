/**
 * A chat answer told as a legacy completion, whole or streamed: https://developers.openai.com/api/reference/completions.
 * What is a completion already, and what is an error, passes as it came.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { objectOf, objectsOf, parsedJson, stringOf } from '../../chat/json-value.ts'
import type { SseState } from '../sse-events.ts'
import { SSE_START, readSse } from '../sse-events.ts'
import type { CompletionText } from './completion-text.ts'
import { endText, moreText, startText } from './completion-text.ts'

/** @param body the answer's body, parsed */
export function tellCompletion(body: JsonObject, stops: readonly string[]): JsonObject {
  if (body['object'] !== 'chat.completion') return body
  const choice = objectsOf(body['choices'])[0] ?? {}
  const [state, text] = moreText(startText(stops), stringOf(objectOf(choice['message'])['content']) ?? '')
  const whole = text + endText(state)
  return { ...frameOf(body), choices: [choiceOf(whole, finishOf(choice, state))], ...usageOf(body) }
}

export interface CompletionStream {
  readonly sse: SseState
  readonly text: CompletionText
}

export function startCompletionStream(stops: readonly string[]): CompletionStream {
  return { sse: SSE_START, text: startText(stops) }
}

/** Takes the next text of the chat stream; gives whole events of a completion stream, often none. */
export function tellCompletionStream(state: CompletionStream, piece: string): readonly [CompletionStream, string] {
  const [sse, events] = readSse(state.sse, piece)
  let { text } = state
  let out = ''
  for (const one of events) {
    if (one.type === 'comment') continue
    const [next, told] = tellEvent(text, one.data)
    text = next
    out += told
  }
  return [{ sse, text }, out]
}

function tellEvent(text: CompletionText, data: string): readonly [CompletionText, string] {
  const chunk = objectOf(parsedJson(data))
  if (chunk['object'] !== 'chat.completion.chunk') return [text, `data: ${data}\n\n`]
  const choice = objectsOf(chunk['choices'])[0]
  if (choice === undefined) {
    return [text, chunk['usage'] ? event({ ...frameOf(chunk), choices: [], ...usageOf(chunk) }) : '']
  }
  const [next, more] = moreText(text, stringOf(objectOf(choice['delta'])['content']) ?? '')
  const ends = stringOf(choice['finish_reason']) !== null
  const shown = ends ? more + endText(next) : more
  if (shown === '' && !ends) return [next, '']
  const told = choiceOf(shown, ends ? finishOf(choice, next) : null)
  return [next, event({ ...frameOf(chunk), choices: [told], ...usageOf(chunk) })]
}

function event(body: JsonObject): string {
  return `data: ${JSON.stringify(body)}\n\n`
}

function frameOf(body: JsonObject): JsonObject {
  return { id: body['id'] ?? '', object: 'text_completion', created: body['created'] ?? 0, model: body['model'] ?? '' }
}

function usageOf(body: JsonObject): JsonObject {
  return body['usage'] === undefined ? {} : { usage: body['usage'] }
}

function choiceOf(text: string, finish: string | null): JsonObject {
  return { text, index: 0, logprobs: null, finish_reason: finish }
}

/** Completions know `stop`, `length` and `content_filter`. */
function finishOf(choice: JsonObject, { stopped }: CompletionText): string {
  const reason = stringOf(choice['finish_reason'])
  if (stopped) return 'stop'
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop'
}
