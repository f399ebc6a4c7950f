/**
 * A stream for a Chat Completions client, one handler for each event: the role first, calls by number, the reason it
 * ended, usage where the client asked for it, `[DONE]`. Expects parts one behind the other (`sequenceParts`).
 * API: https://developers.openai.com/api/reference/chat-completions/streaming-events.
 */
import { legalCallId } from '../../chat/call-ids.ts'
import { TEXT_BREAK } from '../../chat/joined-text.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import type { Machine } from '../../chat/machine.ts'
import { machine } from '../../chat/machine.ts'
import type { OpeningPart, StreamEvent } from '../../chat/stream-event.ts'
import { NO_USAGE } from '../../chat/usage.ts'
import type { AnswerContext, ClientEvent } from '../codec.ts'
import { openAiProviderError } from '../openai-provider-errors.ts'
import { SSE_COMMENT, sseText } from '../sse-events.ts'
import { writeUsage } from './chat-usage.ts'
import { completionFrame, isShown } from './completion-frame.ts'
import { writeFinish } from './finish-reason.ts'

interface State {
  readonly context: AnswerContext
  /** Members of every chunk; null before the first. */
  readonly frame: JsonObject | null
  readonly ended: boolean
  readonly open: { readonly part: OpeningPart; readonly text: string } | null
  /** Calls begun so far. */
  readonly calls: number
  readonly texted: boolean
  /** Something stood behind the last text: the next one is a new paragraph. */
  readonly broken: boolean
  readonly refused: boolean
}

type Outcome = readonly [State, readonly ClientEvent[]]
type Handlers = {
  [Type in StreamEvent['type']]: (state: State, event: Extract<StreamEvent, { type: Type }>) => Outcome
}

export function writeStream(context: AnswerContext): Machine<StreamEvent, ClientEvent> {
  const start: State = {
    context,
    frame: null,
    ended: false,
    open: null,
    calls: 0,
    texted: false,
    broken: false,
    refused: false,
  }
  return machine<State, StreamEvent, ClientEvent>(start, (state, event) => {
    if (state.ended) return [state, []]
    if (state.frame !== null || event.type === 'start' || event.type === 'error') return handle(state, event)
    const [begun, opening] = HANDLERS.start(state, { type: 'start', id: null, model: null, usage: null })
    const [next, out] = handle(begun, event)
    return [next, [...opening, ...out]]
  })
}

function handle(state: State, event: StreamEvent): Outcome {
  const handler = HANDLERS[event.type] as (state: State, event: StreamEvent) => Outcome
  return handler(state, event)
}

const COMMENT: ClientEvent = { type: 'text', text: SSE_COMMENT }
const DONE: ClientEvent = { type: 'text', text: sseText(null, '[DONE]') }

const HANDLERS: Handlers = {
  start: (state, { id, model }) => {
    if (state.frame !== null) return [state, []]
    const frame = completionFrame(state.context, { id, model, object: 'chat.completion.chunk' })
    const begun = { ...state, frame }
    return [begun, [chunk(begun, { role: 'assistant', content: '', refusal: null })]]
  },
  'keep-alive': (state) => [state, [COMMENT]],
  'part-begin': (state, { part }) => {
    const begun = { ...state, open: { part, text: '' }, broken: state.broken || part.type !== 'text' }
    if (part.type === 'own' && part.own.dialect !== 'openai-chat-completions') {
      return [{ ...begun, open: null }, [{ type: 'warning', name: `${part.own.what}:dropped` }]]
    }
    if (part.type !== 'tool-call') return [begun, []]
    const [kind, field] = part.freeform ? ['custom', 'input'] : ['function', 'arguments']
    const call = { index: state.calls, id: legalCallId(part.id), type: kind, [kind]: { name: part.name, [field]: '' } }
    return [{ ...begun, calls: state.calls + 1 }, [chunk(begun, { tool_calls: [call] })]]
  },
  'part-delta': (state, { text }) =>
    state.open === null || text === '' ? [state, []] : grow(state, state.open.part, text),
  'part-end': (state, { seal }) => {
    if (state.open?.part.type !== 'reasoning') return [{ ...state, open: null }, []]
    const { text } = state.open
    const ended = { ...state, open: null }
    if (state.context.foreignReasoning === 'shown') return [ended, []]
    if (!isShown({ seal }, state.context)) return [ended, [{ type: 'warning', name: 'reasoning:dropped' }]]
    return [ended, text === '' ? [] : [chunk(state, { reasoning_content: text })]]
  },
  finish: (state, { finish, usage }) => {
    const explained = state.refused ? null : (finish.refusal?.explanation ?? null)
    const reason = writeFinish(finish, { refusalTold: state.refused || explained !== null })
    const out: ClientEvent[] = explained === null ? [] : [chunk(state, { refusal: explained })]
    out.push(chunk(state, {}, reason))
    if (state.context.usageChunk) {
      const last = { ...state.frame, choices: [], usage: writeUsage(usage ?? NO_USAGE) }
      out.push({ type: 'text', text: sseText(null, last) })
    }
    return [{ ...state, ended: true }, [...out, DONE]]
  },
  // No `[DONE]`: nobody shall take the answer for whole.
  error: (state, { error }) => [
    { ...state, ended: true },
    [{ type: 'text', text: sseText(null, { error: openAiProviderError(error).error }) }],
  ],
}

function chunk(state: State, delta: JsonObject, finishReason: string | null = null): ClientEvent {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }]
  const usage = state.context.usageChunk ? { usage: null } : {}
  return { type: 'text', text: sseText(null, { ...state.frame, choices, ...usage }) }
}

function grow(state: State, part: OpeningPart, text: string): Outcome {
  switch (part.type) {
    case 'text': {
      const content = state.texted && state.broken ? `${TEXT_BREAK}${text}` : text
      return [{ ...state, texted: true, broken: false }, [chunk(state, { content })]]
    }
    case 'refusal':
      return [{ ...state, refused: true }, [chunk(state, { refusal: text })]]
    case 'reasoning':
      if (state.context.foreignReasoning === 'shown') return [state, [chunk(state, { reasoning_content: text })]]
      return [{ ...state, open: { part, text: `${state.open?.text ?? ''}${text}` } }, [COMMENT]]
    case 'tool-call': {
      const piece = part.freeform ? { custom: { input: text } } : { function: { arguments: text } }
      return [state, [chunk(state, { tool_calls: [{ index: state.calls - 1, ...piece }] })]]
    }
    case 'own':
      return [state, []]
  }
}
