/**
 * The data of one server-sent event. See https://html.spec.whatwg.org/multipage/server-sent-events.html. Names, ids and
 * comments are left to the client: the data of every dialect says itself what it is.
 */
import { joined } from '../joined-bytes.ts'
import { ascii, standsAt } from './json-reading.ts'
import type { EventReader, ReadingDraft } from './stream-reading.ts'

const DATA = ascii('data:')
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const LINE_FEED = Uint8Array.of(LF)

/** Hands the event's data to the reader; several data lines are joined by line feeds. False where there is none. */
export function readEventData(draft: ReadingDraft, read: EventReader, event: Uint8Array): boolean {
  let data: Uint8Array | null = null
  let lineEnd = LF
  for (let start = 0; start < event.length;) {
    let newline = event.indexOf(lineEnd, start)
    if (newline === -1 && start === 0) {
      // Its lines end in CR alone, or it has only this one.
      lineEnd = CR
      newline = event.indexOf(lineEnd)
    }
    const end = newline === -1 ? event.length : newline
    if (standsAt(event, DATA, start)) {
      const line = value(event, start + DATA.length, end)
      data = data === null ? line : joined([data, LINE_FEED, line])
    }
    start = end + 1
  }
  if (data === null || data.length === 0) return false
  draft.events += 1
  return read(draft, data)
}

function value(event: Uint8Array, start: number, end: number): Uint8Array {
  const first = event[start] === SPACE ? start + 1 : start
  return event.subarray(first, end > first && event[end - 1] === CR ? end - 1 : end)
}
