/**
 * Prompts that were perhaps billed though no usage was told: as estimated before the call, in the target's tokens, at the
 * plain price. An estimate only settles what the provider never said.
 */
import { mayHaveBilled } from '../core/cascade/attempt.ts'
import { NO_USAGE, type Usage } from '../core/chat/usage.ts'
import { costOf } from '../core/pricing/cost.ts'
import { priceOf } from '../core/pricing/price-book.ts'
import type { CatalogModel } from '../core/routing/catalog.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { RecordedCall } from './settle-call.ts'

export function expectedPrompt({ decided }: Pick<RecordedCall, 'decided'>, model: CatalogModel): Usage {
  const tokens = decided.decision.measures.contextTokens * model.tokenizerRatio
  return { ...NO_USAGE, inputTokens: Math.ceil(tokens) }
}

/** What attempts that came to nothing may have cost, nano-dollars; what has no price counts nothing. */
export function lostPromptsNano(
  call: IncomingCall,
  sent: Pick<RecordedCall, 'admitted' | 'decided' | 'attempts'>,
): number {
  const { catalog, prices } = sent.admitted.team
  let lostNano = 0
  for (const attempt of sent.attempts) {
    const model = mayHaveBilled(attempt) ? catalog.models.get(attempt.target) : undefined
    if (model === undefined) continue
    lostNano += costOf(expectedPrompt(sent, model), priceOf(prices, attempt.target, call.arrivedAt)) ?? 0
  }
  return lostNano
}
