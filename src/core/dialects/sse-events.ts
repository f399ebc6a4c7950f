/**
 * Server-sent events read from text and written as text, wherever the text is cut. The text comes from a streaming
 * UTF-8 decoder. See https://html.spec.whatwg.org/multipage/server-sent-events.html. It never looks into the data.
 */

/** A whole event, or a comment: a line that only keeps the connection alive. */
export type SseEvent =
  | { readonly type: 'event'; readonly name: string | null; readonly data: string }
  | { readonly type: 'comment' }

export interface SseState {
  /** The line that has not ended yet. */
  readonly line: string
  /** The last line ended in CR: a LF that follows belongs to it. */
  readonly afterReturn: boolean
  readonly started: boolean
  readonly name: string | null
  /** Data lines of the event so far; null: none. */
  readonly data: string | null
}

export const SSE_START: SseState = { line: '', afterReturn: false, started: false, name: null, data: null }

const LINE_END = /\r\n|\n|\r/g

/** Takes the next text and returns the events it completes. */
export function readSse(state: SseState, text: string): readonly [SseState, readonly SseEvent[]] {
  if (text === '') return [state, []]
  const reading = { name: state.name, data: state.data, events: [] as SseEvent[] }
  const joined = state.line + (state.afterReturn && text.startsWith('\n') ? text.slice(1) : text)
  const whole = state.started ? joined : joined.replace(/^\uFEFF/, '')
  let start = 0
  for (const end of whole.matchAll(LINE_END)) {
    readLine(reading, whole.slice(start, end.index))
    start = end.index + end[0].length
  }
  const { events, ...event } = reading
  return [{ ...event, line: whole.slice(start), afterReturn: text.endsWith('\r'), started: true }, events]
}

interface Reading {
  name: string | null
  data: string | null
  readonly events: SseEvent[]
}

function readLine(reading: Reading, line: string): void {
  if (line === '') {
    if (reading.data !== null) reading.events.push({ type: 'event', name: reading.name, data: reading.data })
    reading.name = null
    reading.data = null
    return
  }
  if (line.startsWith(':')) {
    reading.events.push({ type: 'comment' })
    return
  }
  const colon = line.indexOf(':')
  const field = colon === -1 ? line : line.slice(0, colon)
  const value = colon === -1 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
  if (field === 'data') reading.data = reading.data === null ? value : `${reading.data}\n${value}`
  else if (field === 'event') reading.name = value
}

/** The text of one event whose data is a JSON value or a word. */
export function sseText(name: string | null, data: unknown): string {
  const body = typeof data === 'string' ? data : JSON.stringify(data)
  return name === null ? `data: ${body}\n\n` : `event: ${name}\ndata: ${body}\n\n`
}

/** A comment: bytes that every client skips. */
export const SSE_COMMENT = ': keep-alive\n\n'
