/**
 * The early end of a Messages stream: the open block is stopped, and `max_tokens` is why. Thinking that is not signed yet
 * cannot be ended: the API takes no such block back.
 * API: https://platform.claude.com/docs/en/build-with-claude/streaming.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { numberOf, objectOf, stringOf } from '../../chat/json-value.ts'
import type { EarlyEnd, OpenAnswer } from '../end-stream.ts'
import { openAnswer } from '../end-stream.ts'
import { sseText } from '../sse-events.ts'
import { unrunnableRest } from '../unrunnable-input.ts'
import { writeFinalUsage } from './write-usage.ts'

interface OpenBlock {
  readonly type: string
  /** Text, or the input's JSON so far. */
  readonly text: string
  readonly signed: boolean
}

interface State {
  readonly started: boolean
  /** Number of the next block. */
  readonly blocks: number
  readonly open: OpenBlock | null
  /** Type of the last block that was begun; null: none was. */
  readonly last: string | null
  readonly stopTold: boolean
  readonly ended: boolean
}

const START: State = { started: false, blocks: 0, open: null, last: null, stopTold: false, ended: false }

/** A Messages answer of which nothing was told yet. */
export function startAnswer(): OpenAnswer {
  return openAnswer(START, { read, end })
}

function read(state: State, event: JsonObject): State {
  switch (event['type']) {
    case 'message_start':
      return { ...state, started: true }
    case 'content_block_start': {
      const block = objectOf(event['content_block'])
      const type = stringOf(block['type']) ?? ''
      const open = { type, text: stringOf(block['text']) ?? '', signed: type === 'redacted_thinking' }
      return { ...state, blocks: (numberOf(event['index']) ?? state.blocks) + 1, last: type, open }
    }
    case 'content_block_delta':
      return state.open === null ? state : { ...state, open: grown(state.open, objectOf(event['delta'])) }
    case 'content_block_stop':
      return { ...state, open: null }
    case 'message_delta':
      return { ...state, stopTold: true }
    case 'message_stop':
    case 'error':
      return { ...state, ended: true }
    default:
      return state
  }
}

function grown(open: OpenBlock, delta: JsonObject): OpenBlock {
  if (delta['type'] === 'signature_delta') return { ...open, signed: true }
  return { ...open, text: open.text + (stringOf(delta['text']) ?? stringOf(delta['partial_json']) ?? '') }
}

const THINKING: ReadonlySet<string | null> = new Set(['thinking', 'redacted_thinking'])

function end(state: State, { usage, note }: EarlyEnd): string | null {
  if (state.ended) return ''
  if (!state.started) return null
  const stop = wire('message_stop', {})
  if (state.stopTold) return stop
  const closing = closeOpen(state, note)
  if (closing === null) return null
  // Neither an empty message nor one that ends in thinking may stand in a history.
  const bare = state.last === null || THINKING.has(state.last)
  const said = bare ? noteBlock(state.blocks, note) : ''
  const delta = { stop_reason: 'max_tokens', stop_sequence: null }
  return closing + said + wire('message_delta', { delta, usage: writeFinalUsage(usage) }) + stop
}

function closeOpen({ open, blocks, last }: State, note: string): string | null {
  const index = blocks - 1
  const stop = wire('content_block_stop', { index })
  const delta = (content: JsonObject): string => wire('content_block_delta', { index, delta: content })
  // A call that the provider runs has no result without the provider.
  if (open === null) return last === 'server_tool_use' ? null : ''
  switch (open.type) {
    case 'text':
      return (open.text === '' ? delta({ type: 'text_delta', text: note }) : '') + stop
    case 'tool_use': {
      const rest = unrunnableRest(open.text)
      return (rest === '' ? '' : delta({ type: 'input_json_delta', partial_json: rest })) + stop
    }
    case 'thinking':
    case 'redacted_thinking':
      return open.signed ? stop : null
    default:
      return null
  }
}

function noteBlock(index: number, note: string): string {
  return (
    wire('content_block_start', { index, content_block: { type: 'text', text: '' } }) +
    wire('content_block_delta', { index, delta: { type: 'text_delta', text: note } }) +
    wire('content_block_stop', { index })
  )
}

function wire(type: string, members: JsonObject): string {
  return sseText(type, { type, ...members })
}
