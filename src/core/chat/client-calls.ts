/**
 * The tool calls of a streamed answer under the names the client gave its tools. The input of a freeform tool that a
 * provider was offered as a function is unwrapped: it waits until the call is whole, since its text is inside a JSON
 * string, and signs of life go out meanwhile.
 */
import { machine } from './machine.ts'
import type { Machine } from './machine.ts'
import type { OfferedTools } from './portable-tools.ts'
import type { StreamEvent } from './stream-event.ts'
import { unwrappedFreeform } from './tool-input.ts'

/** The input so far of each open call that has to be unwrapped, by the index of its part. */
type State = ReadonlyMap<number, string>

const KEEP_ALIVE: StreamEvent = { type: 'keep-alive' }

export function restoreClientCalls(offered: OfferedTools): Machine<StreamEvent, StreamEvent> {
  return machine<State, StreamEvent, StreamEvent>(new Map(), (wrapped, event) => {
    switch (event.type) {
      case 'part-begin': {
        const { part, index } = event
        const tool = part.type === 'tool-call' && part.namespace === null ? offered.get(part.name) : undefined
        if (part.type !== 'tool-call' || tool === undefined) return [wrapped, [event]]
        const begun: StreamEvent = { ...event, part: { ...part, ...tool } }
        return [tool.freeform && !part.freeform ? new Map([...wrapped, [index, '']]) : wrapped, [begun]]
      }
      case 'part-delta': {
        const before = wrapped.get(event.index)
        if (before === undefined) return [wrapped, [event]]
        return [new Map([...wrapped, [event.index, before + event.text]]), [KEEP_ALIVE]]
      }
      case 'part-end': {
        const input = wrapped.get(event.index)
        if (input === undefined) return [wrapped, [event]]
        const left = new Map([...wrapped].filter(([index]) => index !== event.index))
        return [left, [{ type: 'part-delta', index: event.index, text: unwrappedFreeform(input) }, event]]
      }
      default:
        return [wrapped, [event]]
    }
  })
}
