/** Why an answer ended, in the words of Chat Completions. https://developers.openai.com/api/reference/chat-completions */
import type { Finish, FinishReason } from '../../chat/finish.ts'
import { finishOf } from '../../chat/finish.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'end',
  length: 'max-output',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
}

const WORDS: Readonly<Record<FinishReason, string>> = {
  end: 'stop',
  'tool-calls': 'tool_calls',
  'max-output': 'length',
  'context-full': 'length',
  'stop-sequence': 'stop',
  refusal: 'content_filter',
  'content-filter': 'content_filter',
  pause: 'stop',
}

/** `calls`: the answer calls tools, which some servers end with a plain `stop`. */
export function readFinish(
  word: string | null,
  said: { readonly calls: boolean; readonly refusal: string | null },
): Finish {
  const reason = REASONS[word ?? ''] ?? 'end'
  if (reason === 'end' && said.calls) return finishOf('tool-calls')
  if (said.refusal === null || reason === 'max-output') return finishOf(reason)
  return { ...finishOf('refusal'), refusal: { category: null, explanation: said.refusal } }
}

/** A refusal in the model's own words ends plainly, as the API itself ends it. */
export function writeFinish(finish: Finish, { refusalTold }: { readonly refusalTold: boolean }): string {
  return finish.reason === 'refusal' && refusalTold ? 'stop' : WORDS[finish.reason]
}
