/**
 * A stream of Chat Completions read. Its chunks say what grows, not what begins and ends: a part ends when another kind
 * begins, a call when the next begins and its own arguments are whole.
 * API: https://developers.openai.com/api/reference/chat-completions/streaming-events.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject, numberOf, objectOf, objectsOf, parsedJson, stringOf } from '../../chat/json-value.ts'
import type { Machine } from '../../chat/machine.ts'
import { machine } from '../../chat/machine.ts'
import type { StreamEvent } from '../../chat/stream-event.ts'
import type { Usage } from '../../chat/usage.ts'
import type { UpstreamEvent } from '../codec.ts'
import { readOpenAiProviderError } from '../openai-provider-errors.ts'
import { readUsage } from './chat-usage.ts'
import { readFinish } from './finish-reason.ts'
import { madeCallId, readCall, reasoningText } from './read-content.ts'

type Spoken = 'text' | 'refusal' | 'reasoning'

interface OpenCall {
  readonly part: number
  readonly id: string
  readonly freeform: boolean
  readonly input: string
  readonly ended: boolean
}

interface State {
  readonly id: string | null
  readonly started: boolean
  readonly ended: boolean
  /** Parts begun so far. */
  readonly parts: number
  readonly spoken: { readonly kind: Spoken; readonly part: number; readonly text: string } | null
  /** By the number the server gives them; of calls that share one, the latest. */
  readonly calls: ReadonlyMap<number, OpenCall>
  readonly refusal: string | null
  readonly finishReason: string | null
  readonly usage: Usage | null
}

const START: State = {
  id: null,
  started: false,
  ended: false,
  parts: 0,
  spoken: null,
  calls: new Map(),
  refusal: null,
  finishReason: null,
  usage: null,
}

type Outcome = readonly [State, readonly StreamEvent[]]

export function readStream(): Machine<UpstreamEvent, StreamEvent> {
  return machine<State, UpstreamEvent, StreamEvent>(START, (state, event) => {
    if (state.ended) return [state, []]
    if (event.type === 'comment') return [state, [{ type: 'keep-alive' }]]
    // Some servers end without their last word; an answer that said why it ended is whole.
    if (event.type === 'end') return state.finishReason === null ? [state, []] : finish(state)
    if (event.data === '[DONE]') return finish(state)
    return readChunk(state, objectOf(parsedJson(event.data)))
  })
}

function readChunk(state: State, chunk: JsonObject): Outcome {
  if (chunk['error'] !== undefined && chunk['error'] !== null) {
    return [{ ...state, ended: true }, [{ type: 'error', error: readOpenAiProviderError(null, chunk) }]]
  }
  const out: StreamEvent[] = []
  const id = state.id ?? stringOf(chunk['id'])
  let next: State = { ...state, id, usage: readUsage(chunk['usage']) ?? state.usage, started: true }
  if (!state.started) {
    out.push({ type: 'start', id, model: stringOf(chunk['model']), usage: null })
  }
  // Only the first choice travels: a request for more is not translated.
  const choice = objectsOf(chunk['choices']).find((one) => (numberOf(one['index']) ?? 0) === 0)
  if (choice === undefined) return [next, out]
  next = readDelta(next, objectOf(choice['delta']), out)
  return [{ ...next, finishReason: stringOf(choice['finish_reason']) ?? next.finishReason }, out]
}

/** Adds the events of a delta to `out`. */
function readDelta(state: State, delta: JsonObject, out: StreamEvent[]): State {
  let next = say(state, { kind: 'reasoning', text: reasoningText(delta) }, out)
  next = say(next, { kind: 'text', text: stringOf(delta['content']) }, out)
  next = say(next, { kind: 'refusal', text: stringOf(delta['refusal']) }, out)
  for (const call of objectsOf(delta['tool_calls'])) next = readCallDelta(next, call, out)
  const legacy = delta['function_call']
  return isObject(legacy) ? readCallDelta(next, { index: 0, function: legacy }, out) : next
}

interface Said {
  readonly kind: Spoken
  readonly text: string | null
}

function say(state: State, { kind, text }: Said, out: StreamEvent[]): State {
  if (text === null || text === '') return state
  let next = state
  if (state.spoken?.kind !== kind) {
    next = endSpoken(state, out)
    out.push({ type: 'part-begin', index: next.parts, part: { type: kind } })
    next = { ...next, spoken: { kind, part: next.parts, text: '' }, parts: next.parts + 1 }
  }
  const { spoken } = next
  if (spoken === null) return next
  out.push({ type: 'part-delta', index: spoken.part, text })
  const refusal = kind === 'refusal' ? (next.refusal ?? '') + text : next.refusal
  return { ...next, refusal, spoken: { ...spoken, text: spoken.text + text } }
}

function endSpoken(state: State, out: StreamEvent[]): State {
  const { spoken } = state
  if (spoken === null) return state
  const value = { reasoning_content: spoken.text }
  const seal = spoken.kind === 'reasoning' ? { dialect: 'openai-chat-completions' as const, value } : null
  out.push({ type: 'part-end', index: spoken.part, seal })
  return { ...state, spoken: null }
}

function readCallDelta(state: State, raw: JsonObject, out: StreamEvent[]): State {
  const number = numberOf(raw['index']) ?? state.calls.size
  const known = state.calls.get(number)
  const call = readCall({ ...raw, type: stringOf(raw['type']) ?? (isObject(raw['custom']) ? 'custom' : 'function') })
  const isNew = known === undefined || (call.id !== '' && call.name !== '' && call.id !== known.id)
  const next = isNew ? beginCall(state, { number, call }, out) : state
  const open = next.calls.get(number)
  if (open === undefined || call.input === '') return next
  out.push({ type: 'part-delta', index: open.part, text: call.input })
  return withCall(next, number, { ...open, input: open.input + call.input })
}

interface Beginning {
  readonly number: number
  readonly call: ReturnType<typeof readCall>
}

function beginCall(state: State, { number, call }: Beginning, out: StreamEvent[]): State {
  const quiet = endSpoken(state, out)
  const taken = quiet.calls.get(number)
  const calls = new Map<number, OpenCall>()
  for (const [other, open] of quiet.calls) {
    const ends = !open.ended && (open === taken || open.freeform || parsedJson(open.input) !== undefined)
    if (ends) out.push({ type: 'part-end', index: open.part, seal: null })
    calls.set(other, ends ? { ...open, ended: true } : open)
  }
  const id = call.id === '' ? madeCallId(quiet.id, quiet.parts) : call.id
  const { name, freeform } = call
  out.push({ type: 'part-begin', index: quiet.parts, part: { type: 'tool-call', id, name, namespace: null, freeform } })
  calls.set(number, { part: quiet.parts, id, freeform, input: '', ended: false })
  return { ...quiet, calls, parts: quiet.parts + 1 }
}

function withCall(state: State, number: number, call: OpenCall): State {
  return { ...state, calls: new Map([...state.calls, [number, call]]) }
}

function finish(state: State): Outcome {
  const out: StreamEvent[] = []
  const quiet = endSpoken(state, out)
  for (const call of quiet.calls.values()) {
    if (!call.ended) out.push({ type: 'part-end', index: call.part, seal: null })
  }
  const said = { calls: state.calls.size > 0, refusal: state.refusal }
  out.push({ type: 'finish', finish: readFinish(state.finishReason, said), usage: state.usage })
  return [{ ...quiet, ended: true }, out]
}
