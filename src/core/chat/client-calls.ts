/**
 * The tool calls of a streamed answer under the names the client gave its tools. The input of a freeform tool that a
 * provider was offered as a function is unwrapped: it waits until the call is whole, since its text is inside a JSON
 * string, and signs of life go out meanwhile. A function called without arguments gets an empty object of them.
 */
import { machine } from './machine.ts'
import type { Machine } from './machine.ts'
import type { OfferedTools } from './portable-tools.ts'
import type { PartBegin, StreamEvent } from './stream-event.ts'
import { unwrappedFreeform } from './tool-input.ts'

interface OpenCall {
  readonly freeform: boolean
  /** Its input is the JSON of a function, for a freeform tool of the client. */
  readonly wrapped: boolean
  /** The input so far of a wrapped call; of others, whether there was any. */
  readonly input: string
}

/** Open calls by the index of their part. */
type State = ReadonlyMap<number, OpenCall>

export function restoreClientCalls(offered: OfferedTools): Machine<StreamEvent, StreamEvent> {
  return machine<State, StreamEvent, StreamEvent>(new Map(), (calls, event) => {
    switch (event.type) {
      case 'part-begin':
        return begin(calls, event, offered)
      case 'part-delta': {
        const call = calls.get(event.index)
        if (call === undefined || event.text === '') return [calls, [event]]
        const grown = { ...call, input: call.wrapped ? call.input + event.text : 'some' }
        return [new Map([...calls, [event.index, grown]]), [call.wrapped ? { type: 'keep-alive' } : event]]
      }
      case 'part-end': {
        const call = calls.get(event.index)
        if (call === undefined) return [calls, [event]]
        const text = missingInput(call)
        const left = new Map([...calls].filter(([index]) => index !== event.index))
        return [left, text === null ? [event] : [{ type: 'part-delta', index: event.index, text }, event]]
      }
      default:
        return [calls, [event]]
    }
  })
}

function begin(calls: State, event: PartBegin, offered: OfferedTools): readonly [State, readonly StreamEvent[]] {
  const { part, index } = event
  if (part.type !== 'tool-call') return [calls, [event]]
  const tool = part.namespace === null ? offered.get(part.name) : undefined
  const named = tool === undefined ? part : { ...part, ...tool }
  const call = { freeform: named.freeform, wrapped: named.freeform && !part.freeform, input: '' }
  return [new Map([...calls, [index, call]]), [{ ...event, part: named }]]
}

/** What has to be said of a call's input before it ends, null for nothing. */
function missingInput({ freeform, wrapped, input }: OpenCall): string | null {
  if (wrapped) return unwrappedFreeform(input)
  return freeform || input !== '' ? null : '{}'
}
