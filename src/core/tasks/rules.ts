/**
 * The shipped rules of the task map, in order: the first that matches names the task. They work from what the person
 * typed and never from injected text. Tier 3 traps stand before the cheap rules, so that a hard request with an easy
 * word in it stays hard.
 */
import type { TaskRule } from './rule.ts'
import { DESIGN, FRONTIER, REPOSITORY, TRAPS } from './rules-frontier.ts'
import { AUTOCOMPLETE, BOILERPLATE, SMALL, SPOTS } from './rules-small.ts'
import { FIXES, REPORTS, REST, TESTS, WORKHORSE } from './rules-workhorse.ts'

/** In order; the first match wins. */
export const TASK_RULES: readonly TaskRule[] = [
  ...AUTOCOMPLETE,
  ...TRAPS,
  ...TESTS,
  ...FRONTIER,
  ...DESIGN,
  ...REPOSITORY,
  ...SMALL,
  ...WORKHORSE,
  ...BOILERPLATE,
  ...REPORTS,
  ...SPOTS,
  ...FIXES,
  ...REST,
]
