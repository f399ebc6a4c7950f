/** The signals of a prompt whose request is not known: what can be read off its text alone. */
import type { RequestSignals } from '../../src/core/signals/request-signals.ts'
import { isAcknowledgement, isComplaint } from '../../src/core/signals/replies.ts'
import { typedSignals } from '../core/tasks/typed-signals.ts'

/** `answered`: something was said before in the conversation, so the prompt can complain about it. */
export function promptSignals(prompt: string, answered: boolean): RequestSignals {
  const text = prompt.slice(0, 8_000)
  return typedSignals(text, { acknowledgement: isAcknowledgement(text), complaint: answered && isComplaint(text) })
}
