/**
 * Why a call went where it went: a closed union, so that a log can be counted and a reader can look each word up.
 */
export const REASONS = {
  task: 'the tier of the task type',
  task_override: 'the policy gives this task type another tier',
  utility: "an agent's own small call: the lowest tier, raised by no floor",
  file_paths: 'several file paths in what was typed: tier 2 at least',
  stack_trace: 'a stack trace: tier 2 at least',
  stack_trace_files: 'a stack trace over three or more files: tier 3',
  growth_tier_2: 'the measured context growth passed the second threshold',
  growth_tier_3: 'the measured context growth passed the third threshold',
  plan_mode: 'plan mode: tier 3',
  evidence_tool_errors: 'tool errors in a row: one tier up',
  evidence_repeated_call: 'the same tool call again and again: one tier up',
  evidence_complaint: 'a complaint about the last answer: one tier up',
  evidence_held: 'evidence seen earlier in the turn still holds',
  subagent_policy: 'the policy gives sub-agents a tier of their own',
  fixed_tier: 'the client asked for a tier by name',
  pinned_model: 'the client asked for this model and the policy keeps it',
  out_of_scope: 'the policy does not route this call: the model asked for stays',
  ceiling_key: "the key's highest tier",
  ceiling_requested: 'the model asked for is the ceiling',
  ceiling_budget: 'the budget affords no higher tier',
  floor_above_ceiling: 'a floor asked for more than the ceiling allows',
  turn_kept: "the turn's choice was kept",
  turn_started: 'a turn began: chosen anew',
  cheapest: 'the cheapest sufficient target, cache counted',
  warm_cache: 'a cached prefix made this target the cheapest',
  floor_raised: 'a floor rose inside the turn',
  moving_pays: 'moving inside the turn costs less than staying',
  pinned_not_eligible: "the turn's target is no longer eligible",
  tier_empty: 'no eligible target in the tier: the next higher one',
  unpriced: 'the chosen model has no price',
} as const

export type ReasonCode = keyof typeof REASONS
