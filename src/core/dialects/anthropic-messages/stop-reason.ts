/** Why an answer ended, in the words of the Messages API. https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
import type { Finish, FinishReason } from '../../chat/finish.ts'
import type { JsonObject } from '../../chat/json-value.ts'
import { isObject, stringOf } from '../../chat/json-value.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'end',
  tool_use: 'tool-calls',
  max_tokens: 'max-output',
  model_context_window_exceeded: 'context-full',
  stop_sequence: 'stop-sequence',
  refusal: 'refusal',
  pause_turn: 'pause',
}

const WORDS: Readonly<Record<FinishReason, string>> = {
  end: 'end_turn',
  'tool-calls': 'tool_use',
  'max-output': 'max_tokens',
  'context-full': 'model_context_window_exceeded',
  'stop-sequence': 'stop_sequence',
  refusal: 'refusal',
  'content-filter': 'refusal',
  pause: 'pause_turn',
}

/** Reads the three members that tell the ending; an unknown reason is a plain end. */
export function readFinish(members: JsonObject): Finish {
  const details = members['stop_details']
  return {
    reason: REASONS[stringOf(members['stop_reason']) ?? ''] ?? 'end',
    stopSequence: stringOf(members['stop_sequence']),
    refusal: isObject(details)
      ? { category: stringOf(details['category']), explanation: stringOf(details['explanation']) }
      : null,
  }
}

/** The three members. */
export function writeFinish({ reason, stopSequence, refusal }: Finish): JsonObject {
  return {
    stop_reason: WORDS[reason],
    stop_sequence: stopSequence,
    stop_details: refusal === null ? null : { type: 'refusal', ...refusal },
  }
}
