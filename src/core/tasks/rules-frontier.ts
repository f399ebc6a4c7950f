/**
 * The rules of tier 3: what is risky, wide or open is told by words that outweigh the easy ones beside them. They stand
 * early, and never look at anything but the typed text and its paths and stack traces.
 */
import { EDITING, FAILURE } from './rule.ts'
import type { TaskRule } from './rule.ts'

/** What looks easy or hard by a single word and is not. */
export const TRAPS: readonly TaskRule[] = [
  {
    id: 'stack-trace-over-files',
    taskType: 'complex_debugging',
    confidence: 0.8,
    when: (_, signals) => signals.stackTrace && signals.stackTraceFiles >= 3,
  },
  {
    id: 'definition',
    taskType: 'general',
    confidence: 0.7,
    question: true,
    maxWords: 14,
    when: (_, signals) => DEFINING.test(signals.typedText.slice(0, 60)),
  },
]

/** Security and bugs whose cause is hard to find. */
export const FRONTIER: readonly TaskRule[] = [
  {
    id: 'security-audit',
    taskType: 'security_audit',
    confidence: 0.9,
    mentions: [['security_audit']],
  },
  {
    id: 'security-review',
    taskType: 'security_audit',
    confidence: 0.85,
    mentions: [['security']],
    asks: ['review', 'check', 'find', 'debug'],
    notLed: ['implement', 'create', 'design', 'add'],
    without: ['tests', 'dependency', 'import_error'],
  },
  {
    id: 'security-question',
    taskType: 'security_audit',
    confidence: 0.7,
    mentions: [['security']],
    question: true,
    without: ['dependency'],
  },
  {
    id: 'hard-bug',
    taskType: 'complex_debugging',
    confidence: 0.85,
    mentions: [['hard_bug']],
    notLed: ['review', 'check', 'design', 'implement', 'document', 'explain'],
  },
  {
    id: 'deep-failure',
    taskType: 'complex_debugging',
    confidence: 0.7,
    mentions: [['deep'], ['failing', 'suspect', 'tests_failing']],
    when: ({ verbs }) => verbs.includes('debug') || verbs.includes('fix') || verbs.length === 0,
  },
]

/** Decisions about structure, and large builds. */
export const DESIGN: readonly TaskRule[] = [
  {
    id: 'structure-question',
    taskType: 'architecture',
    confidence: 0.8,
    mentions: [['structure_question']],
    without: ['tests', ...FAILURE],
  },
  {
    id: 'choice-question',
    taskType: 'architecture',
    confidence: 0.75,
    mentions: [['choice_question']],
    minWords: 5,
    without: FAILURE,
  },
  { id: 'design', taskType: 'architecture', confidence: 0.85, leads: ['design'], without: ['tests'] },
  {
    id: 'architecture',
    taskType: 'architecture',
    confidence: 0.7,
    mentions: [['architecture']],
    without: ['doc_file', 'tests', 'failing', 'typo'],
    notLed: ['add', 'change', 'remove', 'fix', 'move', 'rename', 'explain', 'git', 'run', 'find'],
  },
  {
    id: 'plan-over-many-files',
    taskType: 'cross_repo_refactor',
    confidence: 0.75,
    mentions: [['plan_to_do']],
    leads: ['implement', 'create', 'run', 'complete', 'add', 'fix'],
    minFiles: 7,
  },
  {
    id: 'plan',
    taskType: 'multi_file_edit',
    confidence: 0.75,
    mentions: [['plan_to_do']],
    leads: ['implement', 'run', 'complete', 'add', 'fix'],
  },
  {
    id: 'large-build',
    taskType: 'architecture',
    confidence: 0.7,
    leads: ['create', 'migrate', 'optimize'],
    mentions: [['system', 'deep']],
    minWords: 8,
    when: (_, signals) => partsListed(signals.typedText) >= 3,
  },
  {
    id: 'build-of-many-parts',
    taskType: 'architecture',
    confidence: 0.65,
    leads: ['implement'],
    minWords: 8,
    maxWords: 60,
    maxFiles: 0,
    when: (_, signals) => partsListed(signals.typedText) >= 3,
  },
]

/** Changes that span a repository, or many files. */
export const REPOSITORY: readonly TaskRule[] = [
  {
    id: 'repository-wide-change',
    taskType: 'cross_repo_refactor',
    confidence: 0.85,
    mentions: [['repo_wide']],
    asks: [
      'rename',
      'refactor',
      'migrate',
      'change',
      'move',
      'remove',
      'upgrade',
      'add',
      'fix',
      'format',
      'improve',
      'optimize',
    ],
    without: ['typo', 'code_comment'],
  },
  {
    id: 'wide-refactor',
    taskType: 'cross_repo_refactor',
    confidence: 0.75,
    mentions: [['everywhere']],
    asks: ['refactor', 'migrate'],
  },
  {
    id: 'wide-edit',
    taskType: 'multi_file_edit',
    confidence: 0.75,
    mentions: [['everywhere']],
    asks: EDITING,
    notLed: ['create'],
    without: ['tests_failing', 'failing'],
  },
]

/** Asks what a word means, not what is wrong with the code. */
const DEFINING =
  /^\W*(?:what(?:'?s| is| are) (?:an? |the difference)|what does [\w ]{1,30} (?:mean|stand for)|define )/i
/** What separates the parts of a list in the languages of the lexicon. */
const PART = /[,，、]|\b(?:and|und|et|y|e|и)\b/g

/** How many parts a text lists: "with auth, billing and audit" lists three. Looks at the first 1,000 characters. */
function partsListed(text: string): number {
  return text.slice(0, 1_000).match(PART)?.length ?? 0
}
