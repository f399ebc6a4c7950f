/** Which messages of a request hold reasoning that another provider than its target has sealed. */
import type { RequestScan } from '../core/dialects/request-scan.ts'
import { isForeign } from '../core/session/answer-makers.ts'
import type { BegunSession } from '../core/session/call-opening.ts'

/** By index; undefined where all of it is the target's own, or nobody knows better. */
export function foreignReasoning(
  { messages, needs }: RequestScan,
  { call }: BegunSession,
  provider: string,
): ReadonlySet<number> | undefined {
  const { makers = [] } = call
  if (!needs.signedThinking || makers.every((maker) => maker.provider === provider)) return undefined
  const foreign = [...messages.keys()].filter(
    (index) => messages[index]!.thinkingBlocks > 0 && isForeign(makers, index, provider),
  )
  return foreign.length === 0 ? undefined : new Set(foreign)
}
