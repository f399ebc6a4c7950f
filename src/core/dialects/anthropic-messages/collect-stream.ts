/**
 * A Messages stream collected into the message.
 * API: https://platform.claude.com/docs/en/build-with-claude/streaming.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject, numberOf, objectOf, parsedJson, present, stringOf } from '../../chat/json-value.ts'
import type { AnswerCollector, Collected } from '../collect-stream.ts'
import { readEarlyEnd } from '../collect-stream.ts'
import type { EarlyEnd } from '../end-stream.ts'
import { startAnswer } from './end-stream.ts'
import { readProviderError } from './provider-errors.ts'
import { writeFinalUsage } from './write-usage.ts'

interface Block {
  readonly members: Record<string, unknown>
  /** The input's JSON so far. */
  json: string
  ended: boolean
}

/** A message of which nothing was told yet. */
export function collectAnswer(): AnswerCollector {
  return new MessageCollector()
}

class MessageCollector implements AnswerCollector {
  #message: Record<string, unknown> | null = null
  readonly #blocks: Block[] = []
  #failed: Collected | null = null
  #ended = false
  #open = startAnswer()

  read(event: JsonObject): void {
    if (this.#ended) return
    this.#open = this.#open.read(event)
    switch (event['type']) {
      case 'message_start':
        this.#message = { ...objectOf(event['message']) }
        return
      case 'content_block_start':
        this.#blocks[numberOf(event['index']) ?? this.#blocks.length] = {
          members: { ...objectOf(event['content_block']) },
          json: '',
          ended: false,
        }
        return
      case 'content_block_delta':
        return this.#grow(this.#blocks[numberOf(event['index']) ?? -1], objectOf(event['delta']))
      case 'content_block_stop': {
        const block = this.#blocks[numberOf(event['index']) ?? -1]
        if (block !== undefined) block.ended = true
        return
      }
      case 'message_delta':
        return this.#readEnd(event)
      case 'message_stop':
        this.#ended = true
        return
      case 'error':
        this.#ended = true
        this.#failed = { type: 'failed', error: readProviderError(null, event) }
    }
  }

  result(): Collected | null {
    if (this.#failed !== null) return this.#failed
    return this.#ended && this.#message !== null ? { type: 'answer', body: this.#whole(this.#blocks) } : null
  }

  endEarly(given: EarlyEnd): JsonObject | null {
    if (this.#message === null || this.#failed !== null) return null
    if (readEarlyEnd(this, this.#open, given)) return this.#whole(this.#blocks)
    return this.#withoutUnfinished(given)
  }

  #grow(block: Block | undefined, delta: JsonObject): void {
    if (block === undefined) return
    const append = (name: string): void => {
      block.members[name] = `${stringOf(block.members[name]) ?? ''}${stringOf(delta[name]) ?? ''}`
    }
    switch (delta['type']) {
      case 'text_delta':
        return append('text')
      case 'thinking_delta':
        return append('thinking')
      case 'signature_delta':
        return append('signature')
      case 'input_json_delta':
        block.json += stringOf(delta['partial_json']) ?? ''
        return
      case 'citations_delta': {
        const before: unknown = block.members['citations']
        block.members['citations'] = [...(Array.isArray(before) ? before : []), delta['citation']]
        return
      }
      default: {
        // Of a kind that is not known yet: texts go on, everything else is told whole.
        const { type: _type, ...members } = delta
        for (const [name, value] of Object.entries(members)) {
          if (typeof value === 'string') append(name)
          else block.members[name] = value
        }
      }
    }
  }

  /** Counts are of the whole message: the last ones stand, and what the end does not repeat stays. */
  #readEnd(event: JsonObject): void {
    if (this.#message === null) return
    const { type: _type, delta, usage, ...rest } = event
    const before = this.#message['usage']
    Object.assign(this.#message, rest, objectOf(delta))
    if (isObject(usage)) this.#message['usage'] = { ...objectOf(before), ...present(usage) }
  }

  #whole(blocks: readonly Block[]): JsonObject {
    return { ...this.#message, content: blocks.filter((block) => block !== undefined).map(contentOf) }
  }

  /**
   * What no API takes back unfinished (thinking without its signature, a call that the provider runs, without its result)
   * was not told to anybody yet, so it is left out.
   */
  #withoutUnfinished({ usage, note }: EarlyEnd): JsonObject {
    const blocks = this.#blocks.filter((block) => block?.ended === true)
    while (blocks.at(-1)?.members['type'] === 'server_tool_use') blocks.pop()
    const told: Block = { members: { type: 'text', text: note }, json: '', ended: true }
    const before = objectOf(this.#message?.['usage'])
    return {
      ...this.#whole([...blocks, told]),
      stop_reason: 'max_tokens',
      stop_sequence: null,
      usage: { ...before, ...writeFinalUsage(usage) },
    }
  }
}

/** A text says of its citations that there are none only where it is not streamed. */
function contentOf({ members, json }: Block): JsonObject {
  const block =
    members['type'] === 'text' && members['citations'] === undefined ? { ...members, citations: null } : members
  return json === '' ? block : { ...block, input: parsedJson(json) ?? {} }
}
