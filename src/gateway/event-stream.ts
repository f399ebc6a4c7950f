/**
 * Whether an answer is a stream of server-sent events. Its type says so; where a stream was asked for and the type says
 * something else, its first bytes do: what is taken for one whole answer is neither followed nor stopped.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import type { Upstream } from './attempt-upstream.ts'
import type { PreparedRequest } from './prepare-request.ts'

const EVENT_STREAM = 'text/event-stream'
/** What a line of an event can begin with; an empty name makes it a comment. */
const FIELDS = ['data:', 'event:', 'id:', 'retry:', ':']
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]
/** Longer than a mark, a few empty lines and any field's name. */
const LOOK_BYTES = 16

/** By its type, whatever its case and parameters. */
export function hasEventStreamType(headers: Headers): boolean {
  const [type = ''] = (headers.get('content-type') ?? '').split(/[;,]/, 1)
  return type.trim().toLowerCase() === EVENT_STREAM
}

/** By its type, and by its beginning where that tells better. */
export function isEventStream({ headers, bytes }: Upstream, { streams }: Pick<PreparedRequest, 'streams'>): boolean {
  const beginning = beginningOf(bytes.first)
  // No line of an event begins so.
  if (hasEventStreamType(headers)) return !beginning.startsWith('{')
  if (!streams || beginning === '') return false
  return FIELDS.some((field) => beginning.startsWith(field) || field.startsWith(beginning))
}

/** The content type for an answer that is told as it came, where its own is wrong; undefined: it is right. */
export function mendedType(upstream: Upstream, prepared: Pick<PreparedRequest, 'streams'>): string | undefined {
  const stream = isEventStream(upstream, prepared)
  if (stream === hasEventStreamType(upstream.headers)) return undefined
  return stream ? EVENT_STREAM : 'application/json'
}

/** The first characters that are no empty line. */
function beginningOf(first: Uint8Array): string {
  const marked = BYTE_ORDER_MARK.every((byte, at) => first[at] === byte)
  const bytes = first.subarray(marked ? BYTE_ORDER_MARK.length : 0, LOOK_BYTES)
  return String.fromCharCode(...bytes).replace(/^[\r\n]+/, '')
}
