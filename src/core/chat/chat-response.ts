/** An answer that came whole, in words of no dialect. */
import type { AnswerPart } from './chat-message.ts'
import type { Finish } from './finish.ts'
import type { Usage } from './usage.ts'

export interface ChatResponse {
  readonly id: string | null
  /** The model that answered, as its provider names it. */
  readonly model: string | null
  readonly parts: readonly AnswerPart[]
  readonly finish: Finish
  /** null: the provider did not say. */
  readonly usage: Usage | null
}
