/**
 * The early end of a Chat Completions stream: half arguments become arguments that nothing can run, `length` is why, and
 * usage follows where the client asked for it. The free text of a custom tool stays as it was cut: it has no form that
 * could be broken. API: https://developers.openai.com/api/reference/chat-completions/streaming-events.
 */
import type { JsonObject } from '../../chat/json-value.ts'
import { numberOf, objectOf, objectsOf, stringOf } from '../../chat/json-value.ts'
import type { EarlyEnd, OpenAnswer } from '../end-stream.ts'
import { openAnswer } from '../end-stream.ts'
import { sseText } from '../sse-events.ts'
import { unrunnableRest } from '../unrunnable-input.ts'
import { writeUsage } from './chat-usage.ts'

interface State {
  /** Members that every chunk repeats; null before the first. */
  readonly frame: JsonObject | null
  /** Chunks carry `usage`, if only null: the last one is to tell it. */
  readonly usageAsked: boolean
  readonly usageTold: boolean
  readonly choices: ReadonlyMap<number, OpenChoice>
}

interface OpenChoice {
  /** Arguments so far by number of the call. */
  readonly calls: ReadonlyMap<number, string>
  readonly spoken: boolean
  readonly finished: boolean
}

const SILENT: OpenChoice = { calls: new Map(), spoken: false, finished: false }

const START: State = { frame: null, usageAsked: false, usageTold: false, choices: new Map() }

/** A completion of which nothing was told yet. */
export function startAnswer(): OpenAnswer {
  return openAnswer(START, { read, end })
}

function read(state: State, event: JsonObject): State {
  const { choices, usage, obfuscation: _padding, ...frame } = event
  const told = {
    ...state,
    frame: state.frame ?? frame,
    usageAsked: state.usageAsked || usage !== undefined,
    usageTold: state.usageTold || (usage !== undefined && usage !== null),
  }
  return objectsOf(choices).reduce(readChoice, told)
}

function readChoice(state: State, choice: JsonObject): State {
  const index = numberOf(choice['index']) ?? 0
  const before = state.choices.get(index) ?? SILENT
  const delta = objectOf(choice['delta'])
  const texts = [delta['content'], delta['refusal']].map(stringOf)
  const after: OpenChoice = {
    calls: objectsOf(delta['tool_calls']).reduce(readCall, before.calls),
    spoken: before.spoken || texts.some((text) => text !== null && text !== ''),
    finished: before.finished || stringOf(choice['finish_reason']) !== null,
  }
  return { ...state, choices: new Map([...state.choices, [index, after]]) }
}

function readCall(calls: ReadonlyMap<number, string>, call: JsonObject): ReadonlyMap<number, string> {
  const piece = stringOf(objectOf(call['function'])['arguments'])
  const index = numberOf(call['index']) ?? 0
  return piece === null ? calls : new Map([...calls, [index, (calls.get(index) ?? '') + piece]])
}

const DONE = sseText(null, '[DONE]')

function end(state: State, { usage, note }: EarlyEnd): string | null {
  const { frame } = state
  if (frame === null) return null
  const nullUsage = state.usageAsked ? { usage: null } : {}
  let text = ''
  for (const [index, choice] of state.choices.size === 0 ? [[0, SILENT] as const] : state.choices) {
    if (choice.finished) continue
    for (const { delta, reason } of endOfChoice(choice, note)) {
      const choices = [{ index, delta, logprobs: null, finish_reason: reason }]
      text += sseText(null, { ...frame, choices, ...nullUsage })
    }
  }
  if (state.usageAsked && !state.usageTold) text += sseText(null, { ...frame, choices: [], usage: writeUsage(usage) })
  return text + DONE
}

interface LastDelta {
  readonly delta: JsonObject
  readonly reason: string | null
}

function endOfChoice({ calls, spoken }: OpenChoice, note: string): LastDelta[] {
  const last: LastDelta[] = []
  for (const [index, told] of calls) {
    const rest = unrunnableRest(told)
    if (rest === '') continue
    last.push({ delta: { tool_calls: [{ index, function: { arguments: rest } }] }, reason: null })
  }
  if (!spoken && calls.size === 0) last.push({ delta: { content: note }, reason: null })
  return [...last, { delta: {}, reason: 'length' }]
}
