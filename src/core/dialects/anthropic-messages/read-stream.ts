/**
 * A stream of the Messages API read, one handler for each type of event.
 * API: https://platform.claude.com/docs/en/build-with-claude/streaming.
 */
import type { Seal } from '../../chat/chat-message.ts'
import type { Finish } from '../../chat/finish.ts'
import { finishOf } from '../../chat/finish.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject, numberOf, objectOf, parsedJson, stringOf } from '../../chat/json-value.ts'
import type { Machine } from '../../chat/machine.ts'
import { machine } from '../../chat/machine.ts'
import type { OpeningPart, StreamEvent } from '../../chat/stream-event.ts'
import type { Usage } from '../../chat/usage.ts'
import type { UpstreamEvent } from '../codec.ts'
import { readProviderError } from './provider-errors.ts'
import { readAnswerBlock } from './read-content.ts'
import { foldUsage } from './read-usage.ts'
import { readFinish } from './stop-reason.ts'

interface State {
  readonly usage: Usage | null
  readonly finish: Finish
  readonly ended: boolean
  /** Open blocks by index. Of thinking: the block so far, as it will have to go back. */
  readonly open: ReadonlyMap<number, JsonObject>
}

type Outcome = readonly [State, readonly StreamEvent[]]
type Handler = (state: State, event: JsonObject) => Outcome

const START: State = { usage: null, finish: finishOf('end'), ended: false, open: new Map() }

export function readStream(): Machine<UpstreamEvent, StreamEvent> {
  return machine<State, UpstreamEvent, StreamEvent>(START, (state, event) => {
    if (event.type === 'comment') return [state, [{ type: 'keep-alive' }]]
    if (event.type === 'end' || state.ended) return [state, []]
    const data = objectOf(parsedJson(event.data))
    const type = stringOf(data['type']) ?? event.name ?? ''
    return Object.hasOwn(HANDLERS, type) ? (HANDLERS[type]?.(state, data) ?? [state, []]) : [state, []]
  })
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  ping: (state) => [state, [{ type: 'keep-alive' }]],
  message_start: (state, event) => {
    const message = objectOf(event['message'])
    const usage = foldUsage(state.usage, message['usage'])
    const start: StreamEvent = { type: 'start', id: stringOf(message['id']), model: stringOf(message['model']), usage }
    return [{ ...state, usage }, [start]]
  },
  content_block_start: (state, event) => {
    const block = objectOf(event['content_block'])
    const index = numberOf(event['index']) ?? state.open.size
    const begin: StreamEvent = { type: 'part-begin', index, part: openingOf(block) }
    const first = stringOf(block['text']) ?? stringOf(block['thinking']) ?? ''
    const deltas: StreamEvent[] = first === '' ? [] : [{ type: 'part-delta', index, text: first }]
    return [withOpen(state, index, block), [begin, ...deltas, ...initialInput(block, index)]]
  },
  content_block_delta: (state, event) => {
    const index = numberOf(event['index']) ?? -1
    const block = state.open.get(index)
    return block === undefined ? [state, []] : readDelta(state, { index, block, delta: objectOf(event['delta']) })
  },
  content_block_stop: (state, event) => {
    const index = numberOf(event['index']) ?? -1
    const block = state.open.get(index)
    if (block === undefined) return [state, []]
    const open = new Map([...state.open].filter(([other]) => other !== index))
    return [{ ...state, open }, [{ type: 'part-end', index, seal: sealOf(block) }]]
  },
  message_delta: (state, event) => {
    const finish = readFinish(objectOf(event['delta']))
    return [{ ...state, finish, usage: foldUsage(state.usage, event['usage']) }, []]
  },
  message_stop: (state) => [{ ...state, ended: true }, [{ type: 'finish', finish: state.finish, usage: state.usage }]],
  error: (state, event) => [{ ...state, ended: true }, [{ type: 'error', error: readProviderError(null, event) }]],
}

function withOpen(state: State, index: number, block: JsonObject): State {
  return { ...state, open: new Map([...state.open, [index, block]]) }
}

function openingOf(block: JsonObject): OpeningPart {
  const part = readAnswerBlock(block)
  switch (part.type) {
    case 'tool-call':
      return { type: 'tool-call', id: part.id, name: part.name, namespace: null, freeform: false }
    case 'own':
      return part
    default:
      return { type: part.type }
  }
}

/** Some servers send a call's whole input with its beginning. */
function initialInput(block: JsonObject, index: number): StreamEvent[] {
  const { input } = block
  if (block['type'] !== 'tool_use' || !isObject(input) || Object.keys(input).length === 0) return []
  return [{ type: 'part-delta', index, text: JSON.stringify(input) }]
}

interface Delta {
  readonly index: number
  readonly block: JsonObject
  readonly delta: JsonObject
}

function readDelta(state: State, { index, block, delta }: Delta): Outcome {
  const grown = (name: string, text: string): State =>
    withOpen(state, index, { ...block, [name]: `${stringOf(block[name]) ?? ''}${text}` })
  switch (delta['type']) {
    case 'text_delta':
      return [state, textDelta(index, stringOf(delta['text']))]
    case 'input_json_delta':
      return [state, textDelta(index, stringOf(delta['partial_json']))]
    case 'thinking_delta': {
      const text = stringOf(delta['thinking']) ?? ''
      return [grown('thinking', text), text === '' ? [{ type: 'keep-alive' }] : textDelta(index, text)]
    }
    case 'signature_delta':
      return [grown('signature', stringOf(delta['signature']) ?? ''), []]
    default:
      return [state, []]
  }
}

/** An empty piece says nothing. */
function textDelta(index: number, text: string | null): StreamEvent[] {
  return text === null || text === '' ? [] : [{ type: 'part-delta', index, text }]
}

function sealOf(block: JsonObject): Seal | null {
  const part = readAnswerBlock(block)
  return part.type === 'reasoning' ? part.seal : null
}
