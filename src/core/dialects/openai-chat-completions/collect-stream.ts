/**
 * A Chat Completions stream collected into the completion.
 * API: https://developers.openai.com/api/reference/chat-completions/streaming-events.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject, listOf, numberOf, objectOf, objectsOf, stringOf } from '../../chat/json-value.ts'
import type { AnswerCollector, Collected } from '../collect-stream.ts'
import { readEarlyEnd } from '../collect-stream.ts'
import type { EarlyEnd } from '../end-stream.ts'
import { readOpenAiProviderError } from '../openai-provider-errors.ts'
import { writeUsage } from './chat-usage.ts'
import { startAnswer } from './end-stream.ts'

type Members = Record<string, unknown>

interface Choice {
  /** Members of the choice itself, such as the verdicts of a filter. */
  readonly own: Members
  readonly message: Members
  readonly logprobs: Members
  logprobsTold: boolean
  finishReason: string | null
}

/** A completion of which nothing was told yet. */
export function collectAnswer(): AnswerCollector {
  return new CompletionCollector()
}

class CompletionCollector implements AnswerCollector {
  readonly #frame: Members = {}
  readonly #choices = new Map<number, Choice>()
  #failed: Collected | null = null
  #open = startAnswer()

  read(event: JsonObject): void {
    if (this.#failed !== null) return
    this.#open = this.#open.read(event)
    if (event['error'] !== undefined && event['error'] !== null) {
      this.#failed = { type: 'failed', error: readOpenAiProviderError(null, event) }
      return
    }
    const { choices, obfuscation: _padding, ...frame } = event
    for (const [name, value] of Object.entries(frame)) if (value !== null || name !== 'usage') this.#frame[name] = value
    for (const choice of objectsOf(choices)) this.#readChoice(choice)
  }

  result(): Collected | null {
    if (this.#failed !== null) return this.#failed
    const whole = this.#choices.size > 0 && [...this.#choices.values()].every((choice) => choice.finishReason !== null)
    return whole ? { type: 'answer', body: this.#whole() } : null
  }

  endEarly(given: EarlyEnd): JsonObject | null {
    if (this.#failed !== null || !readEarlyEnd(this, this.#open, given)) return null
    return { usage: writeUsage(given.usage), ...this.#whole() }
  }

  #readChoice(told: JsonObject): void {
    const { index, delta, logprobs, finish_reason: reason, ...own } = told
    const place = numberOf(index) ?? 0
    const choice = this.#choices.get(place) ?? {
      own: {},
      message: {},
      logprobs: {},
      logprobsTold: false,
      finishReason: null,
    }
    this.#choices.set(place, choice)
    Object.assign(choice.own, own)
    grow(choice.message, objectOf(delta))
    if (isObject(logprobs)) {
      choice.logprobsTold = true
      grow(choice.logprobs, logprobs)
    }
    choice.finishReason = stringOf(reason) ?? choice.finishReason
  }

  #whole(): JsonObject {
    const choices = [...this.#choices].toSorted(([one], [other]) => one - other)
    return {
      ...this.#frame,
      object: 'chat.completion',
      choices: choices.map(([index, choice]) => ({
        ...choice.own,
        index,
        message: messageOf(choice.message),
        logprobs: choice.logprobsTold ? choice.logprobs : null,
        finish_reason: choice.finishReason,
      })),
    }
  }
}

/** Members that say what something is: some servers repeat them with every piece. */
const TOLD_ONCE: ReadonlySet<string> = new Set(['role', 'id', 'type', 'name', 'index'])

/** Texts and lists go on; what else is told again counts as it was told last. Null tells nothing. */
function grow(target: Members, delta: JsonObject): void {
  for (const [name, value] of Object.entries(delta)) {
    const before = target[name]
    if (value === null || value === undefined) target[name] = before ?? null
    else if (typeof value === 'string') {
      if (!TOLD_ONCE.has(name)) target[name] = `${stringOf(before) ?? ''}${value}`
      else if (value !== '' || before === undefined) target[name] = value
    } else if (Array.isArray(value)) target[name] = grownList(listOf(before), value)
    else if (isObject(value)) {
      const inner: Members = { ...objectOf(before) }
      grow(inner, value)
      target[name] = inner
    } else target[name] = value
  }
}

/** Elements that carry an index are pieces of the element of that index. */
function grownList(before: readonly unknown[], pieces: readonly unknown[]): unknown[] {
  const list = [...before]
  for (const piece of pieces) {
    const index = numberOf(objectOf(piece)['index'])
    const known = index === null ? -1 : list.findIndex((element) => objectOf(element)['index'] === index)
    const grown: Members = { ...objectOf(list[known]) }
    if (index === null) list.push(piece)
    else {
      grow(grown, objectOf(piece))
      if (known === -1) list.push(grown)
      else list[known] = grown
    }
  }
  return list
}

function messageOf({ tool_calls: told, ...message }: Members): JsonObject {
  const calls = objectsOf(told)
    .toSorted((one, other) => (numberOf(one['index']) ?? 0) - (numberOf(other['index']) ?? 0))
    .map(({ index: _index, ...call }) => call)
  const refusal = message['refusal'] ?? null
  const content = message['content'] ?? null
  // A stream begins with empty content whatever comes; a message without words has none.
  const wordless = content === '' && (calls.length > 0 || refusal !== null)
  return {
    ...message,
    role: message['role'] ?? 'assistant',
    content: wordless ? null : content,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    refusal,
    annotations: message['annotations'] ?? [],
  }
}
