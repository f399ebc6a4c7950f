/**
 * The text of a chat answer as a completion: a code fence around it is taken off, and it ends before the first stop
 * sequence. `(state, text) => [state, text]`; any pieces give the same text.
 */
export interface CompletionText {
  /** The beginning, until it is known whether it is a fence; null: known. */
  readonly head: string | null
  /** What may be the beginning of a stop sequence. */
  readonly held: string
  readonly stops: readonly string[]
  /** A stop sequence came: nothing follows. */
  readonly stopped: boolean
}

const FENCE = '```'

export function startText(stops: readonly string[]): CompletionText {
  return { head: '', held: '', stops, stopped: false }
}

export function moreText(state: CompletionText, text: string): readonly [CompletionText, string] {
  if (state.stopped) return [state, '']
  if (state.head === null) return cut(state, text)
  const head = state.head + text
  if (FENCE.startsWith(head)) return [{ ...state, head }, '']
  if (!head.startsWith(FENCE)) return cut({ ...state, head: null }, head)
  const lineEnd = head.indexOf('\n')
  if (lineEnd === -1) return [{ ...state, head }, '']
  return cut({ ...state, head: null, stops: [...state.stops, `\n${FENCE}`] }, head.slice(lineEnd + 1))
}

/** What was still held back when the answer ended. */
export function endText({ head, held, stopped }: CompletionText): string {
  if (stopped) return ''
  return head === null ? held : head.startsWith(FENCE) ? '' : head
}

function cut(state: CompletionText, text: string): readonly [CompletionText, string] {
  const whole = state.held + text
  const first = firstComplete(whole, state.stops)
  if (first !== null) return [{ ...state, held: '', stopped: true }, whole.slice(0, first.from)]
  const from = whole.length - Math.max(0, ...state.stops.map((stop) => overlap(whole, stop)))
  return [{ ...state, held: whole.slice(from) }, whole.slice(0, from)]
}

/**
 * Of several stop sequences the one that is complete first counts, the longest of those that end together: the only
 * order that a stream can know, whatever pieces it comes in.
 */
function firstComplete(text: string, stops: readonly string[]): { readonly from: number } | null {
  let first: { from: number; to: number } | null = null
  for (const stop of stops) {
    const from = text.indexOf(stop)
    if (from === -1) continue
    const to = from + stop.length
    if (first === null || to < first.to || (to === first.to && from < first.from)) first = { from, to }
  }
  return first
}

/** How many characters at the end of the text begin the stop sequence. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(stop.slice(0, length))) return length
  }
  return 0
}
