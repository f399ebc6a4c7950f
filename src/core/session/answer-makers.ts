/**
 * Which provider made which part of a conversation: reasoning is sealed by the one that wrote it, and no other opens it.
 * Only changes of provider are kept.
 */
import { LIMITS } from './session-state.ts'

/** The answers that stand after so many messages are this provider's, up to the next entry. */
export interface AnswerMaker {
  readonly from: number
  readonly provider: string
}

/** After one more answer, which stands behind `count` messages. */
export function makersAfter(
  makers: readonly AnswerMaker[],
  count: number,
  provider: string | undefined,
): readonly AnswerMaker[] {
  if (provider === undefined) return makers
  const earlier = makers.filter(({ from }) => from < count)
  if (earlier.at(-1)?.provider === provider) return earlier
  return [...earlier, { from: count, provider }].slice(-LIMITS.makers)
}

/** Those of a conversation that goes another way after so many messages. */
export function makersUpTo(makers: readonly AnswerMaker[], count: number): readonly AnswerMaker[] {
  return makers.filter(({ from }) => from <= count)
}

/** Whether another provider than this one wrote the message; false where nobody knows. */
export function isForeign(makers: readonly AnswerMaker[], message: number, provider: string): boolean {
  const maker = makers.findLast(({ from }) => from <= message)
  return maker !== undefined && maker.provider !== provider
}
