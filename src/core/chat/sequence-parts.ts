/**
 * Puts the parts of a streamed answer one behind the other: what comes for a later part while an earlier one is open
 * waits. Everything that was begun is ended before the stream finishes. It never changes what a part says.
 */
import { machine } from './machine.ts'
import type { Machine } from './machine.ts'
import type { PartBegin, PartDelta, PartEnd, StreamEvent } from './stream-event.ts'

type PartEvent = PartBegin | PartDelta | PartEnd

interface State {
  /** The part that is being told, null between parts. */
  readonly open: number | null
  readonly waiting: readonly PartEvent[]
}

export function sequenceParts(): Machine<StreamEvent, StreamEvent> {
  return machine<State, StreamEvent, StreamEvent>({ open: null, waiting: [] }, (state, event) => {
    if (event.type === 'finish') return [{ open: null, waiting: [] }, [...endAll(state), event]]
    if (!('index' in event)) return [state, [event]]
    if (state.open !== null && event.index !== state.open) {
      return [{ ...state, waiting: [...state.waiting, event] }, []]
    }
    if (event.type === 'part-begin') return [{ ...state, open: event.index }, [event]]
    if (event.type === 'part-delta') return [state, [event]]
    return release({ ...state, open: null }, [event])
  })
}

/** Tells what waited, up to the next part that has not ended yet. */
function release(state: State, told: StreamEvent[]): readonly [State, StreamEvent[]] {
  let { waiting } = state
  for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
    const { index } = first
    const own = waiting.filter((event) => event.index === index)
    waiting = waiting.filter((event) => event.index !== index)
    told.push(...own)
    if (own.at(-1)?.type !== 'part-end') return [{ open: index, waiting }, told]
  }
  return [{ open: null, waiting }, told]
}

/** Ends what is open, then tells and ends what waited. */
function endAll(state: State): StreamEvent[] {
  const told: StreamEvent[] = []
  let current = state
  while (current.open !== null) {
    told.push({ type: 'part-end', index: current.open, seal: null })
    current = release({ ...current, open: null }, told)[0]
  }
  return told
}
