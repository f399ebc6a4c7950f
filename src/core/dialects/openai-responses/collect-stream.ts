/**
 * A Responses stream collected into the response: its last event holds it.
 * API: https://developers.openai.com/api/reference/responses/streaming-events.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { listOf, numberOf, objectOf } from '../../chat/json-value.ts'
import type { AnswerCollector, Collected } from '../collect-stream.ts'
import { readEarlyEnd } from '../collect-stream.ts'
import type { EarlyEnd } from '../end-stream.ts'
import { readOpenAiProviderError } from '../openai-provider-errors.ts'
import { startAnswer } from './end-stream.ts'
import { failureIn } from './provider-errors.ts'

/** A response of which nothing was told yet. */
export function collectAnswer(): AnswerCollector {
  return new ResponseCollector()
}

class ResponseCollector implements AnswerCollector {
  /** Whole items by place, for servers whose last event leaves the output out. */
  readonly #items = new Map<number, JsonObject>()
  #result: Collected | null = null
  #open = startAnswer()

  read(event: JsonObject): void {
    if (this.#result !== null) return
    this.#open = this.#open.read(event)
    switch (event['type']) {
      case 'response.output_item.done':
        this.#items.set(numberOf(event['output_index']) ?? this.#items.size, objectOf(event['item']))
        return
      case 'response.completed':
      case 'response.incomplete':
      case 'response.cancelled':
      case 'response.failed':
        this.#result = this.#end(event)
        return
      case 'error':
        this.#result = { type: 'failed', error: readOpenAiProviderError(null, event) }
    }
  }

  result(): Collected | null {
    return this.#result
  }

  endEarly(given: EarlyEnd): JsonObject | null {
    if (this.#result === null) readEarlyEnd(this, this.#open, given)
    const result = this.result()
    return result?.type === 'answer' ? result.body : null
  }

  #end(event: JsonObject): Collected {
    const response = objectOf(event['response'])
    const failure = failureIn(response)
    if (failure !== null) return { type: 'failed', error: failure }
    if (event['type'] === 'response.failed') {
      return { type: 'failed', error: readOpenAiProviderError(null, { message: 'The response failed.' }) }
    }
    if (listOf(response['output']).length > 0 || this.#items.size === 0) return { type: 'answer', body: response }
    const output = [...this.#items].toSorted(([one], [other]) => one - other).map(([, item]) => item)
    return { type: 'answer', body: { ...response, output } }
  }
}
