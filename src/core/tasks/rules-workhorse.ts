/**
 * The rules of tier 2, and at their end what no kind of work was found for. They never match on a single verb alone where
 * a rule of another tier could still tell more.
 */
import { EDITING } from './rule.ts'
import type { TaskRule } from './rule.ts'

/** New tests; failing ones are bugs. */
export const TESTS: readonly TaskRule[] = [
  {
    id: 'write-tests',
    taskType: 'test_generation',
    confidence: 0.9,
    object: ['tests'],
    leads: ['add', 'create', 'implement', 'improve', 'design'],
    without: ['tests_failing'],
    maxSteps: 6,
  },
]

/** Dependencies, reviews, refactorings. */
export const WORKHORSE: readonly TaskRule[] = [
  {
    id: 'dependency',
    taskType: 'dependency_update',
    confidence: 0.85,
    asks: ['upgrade', 'change', 'add', 'remove', 'fix', 'run', 'migrate', 'check'],
    mentions: [['dependency']],
    maxSteps: 4,
    without: ['code_comment'],
    when: ({ concepts, verbs, words }) =>
      words <= 40 && !(concepts.has('docstring') || (verbs.includes('fix') && concepts.has('tests_failing'))),
  },
  {
    id: 'upgrade',
    taskType: 'dependency_update',
    confidence: 0.85,
    asks: ['upgrade'],
    without: ['setting'],
  },
  {
    id: 'update-to-version',
    taskType: 'dependency_update',
    confidence: 0.75,
    leads: ['change', 'migrate'],
    maxWords: 20,
    without: ['setting', 'small_spot', 'tests', 'failing'],
    when: (features) => features.version && features.quoted === 0,
  },
  {
    id: 'code-review',
    taskType: 'code_review',
    confidence: 0.85,
    leads: ['review'],
    without: ['review_comment'],
  },
  {
    id: 'quality-question',
    taskType: 'code_review',
    confidence: 0.65,
    mentions: [['quality_question']],
    when: ({ verbs, question, concepts }) =>
      (question || verbs[0] === 'check') && !concepts.has('tests_failing') && !concepts.has('failing'),
  },
  {
    id: 'check-change-set',
    taskType: 'code_review',
    confidence: 0.65,
    leads: ['check'],
    mentions: [['change_set']],
    without: ['review_comment', 'failing', 'tests_failing'],
  },
  { id: 'review-comments', taskType: 'bug_fix', confidence: 0.5, mentions: [['review_comment']] },
  { id: 'refactor', taskType: 'refactor', confidence: 0.85, asks: ['refactor'], without: ['tests_failing'] },
  { id: 'extract', taskType: 'refactor', confidence: 0.8, leads: ['extract'], without: ['tests_failing', 'import'] },
  {
    id: 'restructure',
    taskType: 'refactor',
    confidence: 0.7,
    mentions: [['duplication', 'symbol']],
    asks: ['move', 'extract'],
    without: ['tests_failing'],
  },
  {
    id: 'code-shape',
    taskType: 'refactor',
    confidence: 0.6,
    mentions: [['duplication']],
    without: ['failing', 'tests_failing', 'hard_bug'],
    question: false,
  },
]

/** Reports of something that does not work. */
export const REPORTS: readonly TaskRule[] = [
  { id: 'tests-fail', taskType: 'bug_fix', confidence: 0.85, mentions: [['tests_failing']] },
  { id: 'stack-trace', taskType: 'bug_fix', confidence: 0.8, when: (_, signals) => signals.stackTrace },
  { id: 'complaint', taskType: 'bug_fix', confidence: 0.6, when: (_, signals) => signals.complaint },
]

/** Orders to mend it. */
export const FIXES: readonly TaskRule[] = [
  {
    id: 'failing',
    taskType: 'bug_fix',
    confidence: 0.7,
    mentions: [['failing']],
    notLed: ['implement', 'create', 'design', 'add'],
  },
  { id: 'troubleshoot', taskType: 'bug_fix', confidence: 0.7, mentions: [['troubleshoot']] },
  { id: 'fix', taskType: 'bug_fix', confidence: 0.75, asks: ['fix'] },
  { id: 'debug', taskType: 'bug_fix', confidence: 0.65, asks: ['debug'] },
]

/** Edits over several files, open asks, questions. */
export const REST: readonly TaskRule[] = [
  { id: 'many-files', taskType: 'cross_repo_refactor', confidence: 0.65, asks: EDITING, minFiles: 7 },
  { id: 'several-files', taskType: 'multi_file_edit', confidence: 0.75, asks: EDITING, minFiles: 2 },
  {
    id: 'several-files-named',
    taskType: 'multi_file_edit',
    confidence: 0.65,
    asks: EDITING,
    mentions: [['several_files']],
  },
  {
    id: 'vague',
    taskType: 'ambiguous',
    confidence: 0.6,
    mentions: [['vague']],
    maxFiles: 0,
    minWords: 2,
    without: ['small_spot', 'review_comment'],
    when: (features) => !features.question,
  },
  {
    id: 'long-and-open',
    taskType: 'ambiguous',
    confidence: 0.5,
    minWords: 120,
    maxFiles: 1,
    when: (features, signals) => !features.fencedCode && features.steps <= 3 && signals.stackTraceFiles === 0,
  },
  {
    id: 'suspect',
    taskType: 'bug_fix',
    confidence: 0.5,
    mentions: [['suspect']],
    question: false,
    when: ({ verbs }) => verbs.length === 0,
  },
  { id: 'question', taskType: 'general', confidence: 0.6, question: true },
]
