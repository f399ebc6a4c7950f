/**
 * How much a request wants the model to think, and how that maps between dialects that say it with a level of effort
 * and dialects that say it with a form of thinking and a budget.
 *
 * The mapping, both ways:
 *
 * | effort (OpenAI)             | thinking + effort (Anthropic)                  |
 * | --------------------------- | ---------------------------------------------- |
 * | absent                      | both absent: each provider's own default       |
 * | `none`                      | `disabled`                                     |
 * | `minimal`, `low`            | `adaptive` + `low`                             |
 * | `medium` to `max`           | `adaptive` + the same level                    |
 * | the level as it is          | an effort with any form of thinking but `disabled` |
 * | `low`/`medium`/`high`/`xhigh` | a budget of up to 4,096 / 8,192 / 16,384 / more tokens, without an effort |
 * | absent                      | `adaptive` or `between_tools` without an effort |
 *
 * A model that does not know the level or the form gets the nearest it knows when the written request is adapted to it.
 */
export interface ReasoningAsked {
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`; null: not said. */
  readonly effort: string | null
  readonly form: 'adaptive' | 'budget' | 'between-tools' | 'disabled' | null
  /** Tokens, for form `budget`. */
  readonly budgetTokens: number | null
  /** How to show what was thought: `summarized`, `omitted`, `auto`, `concise`, `detailed`, `updates`; null: not said. */
  readonly display: string | null
}

export const NO_REASONING_ASKED: ReasoningAsked = { effort: null, form: null, budgetTokens: null, display: null }

/** Budgets up to so many tokens stand for a level. */
const LEVEL_OF_BUDGET: readonly (readonly [tokens: number, effort: string])[] = [
  [4096, 'low'],
  [8192, 'medium'],
  [16_384, 'high'],
]

/** The level of effort that says the same, null for the provider's default. */
export function effortOf(asked: ReasoningAsked): string | null {
  if (asked.form === 'disabled') return 'none'
  if (asked.effort !== null) return asked.effort
  if (asked.form !== 'budget' || asked.budgetTokens === null) return null
  const budget = asked.budgetTokens
  return LEVEL_OF_BUDGET.find(([tokens]) => budget <= tokens)?.[1] ?? 'xhigh'
}

/** The form of thinking that says the same, null for the provider's default. */
export function formOf(asked: ReasoningAsked): ReasoningAsked['form'] {
  if (asked.form !== null) return asked.form
  if (asked.effort === null) return null
  return asked.effort === 'none' ? 'disabled' : 'adaptive'
}

/** The level in a dialect whose lowest is `low` and which says `none` by the form. */
export function spokenEffort(asked: ReasoningAsked): string | null {
  if (asked.effort === 'none') return null
  return asked.effort === 'minimal' ? 'low' : asked.effort
}
