/**
 * The task map: which tier a kind of work needs. It never looks at a price; a team's policy may move a task type to
 * another tier.
 */
export type Tier = 1 | 2 | 3

/** Task type -> the tier it is meant for. */
export const TASK_TIERS = {
  autocomplete: 1,
  inline_edit: 1,
  boilerplate: 1,
  import_resolution: 1,
  docstring: 1,
  symbol_rename: 1,
  multi_file_edit: 2,
  refactor: 2,
  test_generation: 2,
  bug_fix: 2,
  code_review: 2,
  dependency_update: 2,
  complex_debugging: 3,
  architecture: 3,
  cross_repo_refactor: 3,
  security_audit: 3,
  ambiguous: 3,
  utility: 1,
  general: 2,
} as const satisfies Record<string, Tier>

export type TaskType = keyof typeof TASK_TIERS

export const TASK_TYPES = Object.keys(TASK_TIERS) as readonly TaskType[]

/** How a call's task type was found, and how sure that is. */
export interface TaskClassification {
  readonly taskType: TaskType
  /** `agent`: the adapter knows (utility, autocomplete). `turn`: the turn's task goes on. `default`: nothing matched. */
  readonly source: 'agent' | 'turn' | 'rule' | 'learned' | 'default'
  /** 0..1. */
  readonly confidence: number
  /** The rule that matched, by its id; null for other sources. */
  readonly rule: string | null
}
