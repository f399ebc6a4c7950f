/**
 * Which form of thinking a model is sent when a request asked for a form it may not know. A function of the request
 * and the model's capabilities alone: the same in every call of a thread, since a change would cost the cached messages.
 */
import type { ModelCapabilities } from '../routing/capabilities.ts'
import type { RequestNeeds, ThinkingAsked } from './request-scan.ts'

/** What to send. `unchanged`: as it came. `omitted`: no thinking parameter. */
export type ThinkingPlan =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'adaptive' }
  | { readonly kind: 'omitted' }
  | { readonly kind: 'budget'; readonly budgetTokens: number }

/** The least budget the API takes. */
const LEAST_BUDGET = 1024

/** Budgets that stand for an effort level, for models that know only budgets. Tokens. */
const BUDGET_OF_EFFORT: Readonly<Record<string, number>> = {
  low: 4096,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 31_999,
}
const BUDGET_WITHOUT_EFFORT = 8192

type Asking = Pick<RequestNeeds, 'thinking' | 'effort'>

/**
 * The plan for a model other than the one asked for. `outputTokens`: the output limit that will be sent before any
 * limit of money; null: none. See https://platform.claude.com/docs/en/build-with-claude/thinking.
 */
export function planThinking(
  needs: Asking,
  capabilities: ModelCapabilities,
  outputTokens: number | null,
): ThinkingPlan {
  const asked = needs.thinking
  if (asked === null || asked.kind === 'effort-only') return { kind: 'unchanged' }
  if (asked.kind === 'budget' && capabilities.thinking.includes('budget')) return fittingBudget(asked, outputTokens)
  if (capabilities.thinking.includes(asked.kind)) return { kind: 'unchanged' }
  if (asked.kind === 'disabled') return { kind: 'omitted' }
  if (capabilities.thinking.includes('adaptive')) return { kind: 'adaptive' }
  if (!capabilities.thinking.includes('budget')) return { kind: 'omitted' }
  const wanted = BUDGET_OF_EFFORT[needs.effort ?? ''] ?? BUDGET_WITHOUT_EFFORT
  const budgetTokens = Math.min(wanted, Math.floor((outputTokens ?? Infinity) / 2))
  return budgetTokens < LEAST_BUDGET ? { kind: 'omitted' } : { kind: 'budget', budgetTokens }
}

/** A budget must stay below the output limit; where the limit was lowered to the model's maximum, half is left for the answer. */
function fittingBudget(asked: ThinkingAsked, outputTokens: number | null): ThinkingPlan {
  const budget = asked.budgetTokens ?? LEAST_BUDGET
  if (outputTokens === null || budget < outputTokens) return { kind: 'unchanged' }
  const budgetTokens = Math.floor(outputTokens / 2)
  return budgetTokens < LEAST_BUDGET ? { kind: 'omitted' } : { kind: 'budget', budgetTokens }
}
