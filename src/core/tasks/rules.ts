/**
 * The shipped rules of the task map, in order: the first that matches names the task. They work from what the person
 * typed and never from injected text. Tier 3 traps stand before the cheap rules, so that a hard request with an easy
 * word in it stays hard; a tier 1 rule also wants a short text, few steps and no sign of failure.
 */
import type { Concept, Verb } from './lexicon.ts'
import type { TaskRule } from './rule.ts'

const MAKING: readonly Verb[] = ['add', 'create', 'implement']
const EDITING: readonly Verb[] = [
  'add',
  'create',
  'implement',
  'fix',
  'change',
  'remove',
  'move',
  'format',
  'improve',
  'migrate',
  'rename',
]
const FAILURE: readonly Concept[] = ['failing', 'tests_failing', 'suspect', 'hard_bug']
const WIDE: readonly Concept[] = ['repo_wide', 'everywhere']

const AUTOCOMPLETE: readonly TaskRule[] = [
  { id: 'fill-markers', taskType: 'autocomplete', confidence: 0.98, when: (features) => features.fillMarkers },
  {
    id: 'complete-this',
    taskType: 'autocomplete',
    confidence: 0.9,
    mentions: [['completion']],
    maxWords: 60,
    maxSteps: 2,
    calm: true,
    without: [...WIDE, 'tests', 'security', 'system'],
  },
]

const TRAPS: readonly TaskRule[] = [
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

const FRONTIER: readonly TaskRule[] = [
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
    asks: ['review', 'check', 'find', 'debug', 'explain', 'improve'],
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

const TESTS: readonly TaskRule[] = [
  {
    id: 'write-tests',
    taskType: 'test_generation',
    confidence: 0.9,
    mentions: [['tests']],
    leads: ['add', 'create', 'implement', 'improve', 'design'],
    without: ['tests_failing'],
    maxSteps: 6,
  },
]

const DESIGN: readonly TaskRule[] = [
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
  { id: 'design', taskType: 'architecture', confidence: 0.85, leads: ['design'], without: ['tests', 'small_spot'] },
  {
    id: 'architecture',
    taskType: 'architecture',
    confidence: 0.75,
    mentions: [['architecture']],
    without: ['doc_file', 'tests', 'failing', 'typo'],
    when: ({ verbs }) =>
      !verbs.some((verb) => verb === 'fix' || verb === 'rename' || verb === 'change' || verb === 'explain'),
  },
  {
    id: 'large-build',
    taskType: 'architecture',
    confidence: 0.7,
    leads: ['implement', 'create', 'migrate', 'optimize'],
    mentions: [['system', 'deep']],
    minWords: 8,
    when: (_, signals) => partsListed(signals.typedText) >= 3,
  },
]

const REPOSITORY: readonly TaskRule[] = [
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
    without: ['tests_failing', 'failing'],
  },
  {
    id: 'many-files',
    taskType: 'cross_repo_refactor',
    confidence: 0.6,
    minFiles: 8,
    asks: ['rename', 'refactor', 'migrate', 'move'],
  },
]

const SMALL: readonly TaskRule[] = [
  {
    id: 'typo',
    taskType: 'inline_edit',
    confidence: 0.9,
    mentions: [['typo']],
    maxWords: 40,
    maxFiles: 1,
    maxSteps: 2,
    without: ['repo_wide'],
    when: (features, signals) => !features.question && !signals.stackTrace,
  },
  {
    id: 'import',
    taskType: 'import_resolution',
    confidence: 0.9,
    mentions: [['import_error']],
    maxWords: 60,
    maxFiles: 2,
    maxSteps: 3,
    when: (features, signals) =>
      !signals.stackTrace &&
      !signals.complaint &&
      !features.concepts.has('everywhere') &&
      !features.concepts.has('dependency'),
  },
  {
    id: 'import-edit',
    taskType: 'import_resolution',
    confidence: 0.8,
    mentions: [['import']],
    asks: ['add', 'fix', 'remove', 'format', 'change', 'refactor'],
    maxWords: 18,
    maxFiles: 1,
    maxSteps: 2,
    calm: true,
    without: [...WIDE, 'tests', 'dependency', 'small_spot'],
  },
  {
    id: 'docstring',
    taskType: 'docstring',
    confidence: 0.9,
    mentions: [['docstring']],
    asks: [...EDITING, 'document', 'complete'],
    maxWords: 50,
    maxFiles: 2,
    maxSteps: 3,
    without: [...WIDE, 'tests', 'review_comment'],
  },
  {
    id: 'comment',
    taskType: 'docstring',
    confidence: 0.8,
    mentions: [['code_comment']],
    asks: ['add', 'create', 'change', 'remove', 'fix', 'improve', 'document'],
    maxWords: 30,
    maxFiles: 1,
    maxSteps: 2,
    calm: true,
    without: [...WIDE, 'review_comment', 'change_set', 'tests', 'system'],
  },
  {
    id: 'document-symbol',
    taskType: 'docstring',
    confidence: 0.75,
    leads: ['document'],
    maxWords: 20,
    maxFiles: 1,
    maxSteps: 2,
    calm: true,
    without: [...WIDE, 'architecture', 'system', 'doc_file'],
  },
  {
    id: 'rename-files',
    taskType: 'multi_file_edit',
    confidence: 0.7,
    asks: ['rename'],
    when: (features, signals) =>
      signals.filePaths.length > 1 || features.concepts.has('big_rename') || features.concepts.has('several_files'),
    maxSteps: 4,
  },
  {
    id: 'rename-symbol',
    taskType: 'symbol_rename',
    confidence: 0.85,
    asks: ['rename'],
    maxWords: 40,
    maxFiles: 1,
    maxSteps: 2,
    calm: true,
    without: ['tests'],
  },
]

const WORKHORSE: readonly TaskRule[] = [
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
  {
    id: 'restructure',
    taskType: 'refactor',
    confidence: 0.75,
    mentions: [['duplication', 'symbol']],
    asks: ['move'],
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

const BOILERPLATE: readonly TaskRule[] = [
  {
    id: 'boilerplate',
    taskType: 'boilerplate',
    confidence: 0.8,
    leads: ['create', 'add', 'implement'],
    mentions: [['boilerplate']],
    maxWords: 35,
    maxFiles: 2,
    maxSteps: 2,
    calm: true,
    without: [...WIDE, 'tests', 'security', 'architecture'],
  },
]

const FIXES: readonly TaskRule[] = [
  { id: 'tests-fail', taskType: 'bug_fix', confidence: 0.85, mentions: [['tests_failing']] },
  { id: 'stack-trace', taskType: 'bug_fix', confidence: 0.8, when: (_, signals) => signals.stackTrace },
  { id: 'complaint', taskType: 'bug_fix', confidence: 0.6, when: (_, signals) => signals.complaint },
  {
    id: 'spot',
    taskType: 'inline_edit',
    confidence: 0.75,
    leads: ['add', 'fix', 'change', 'remove', 'move', 'format'],
    mentions: [['small_spot']],
    maxWords: 22,
    maxFiles: 1,
    maxSteps: 2,
    without: [...WIDE, 'tests', 'failing', 'hard_bug', 'system', 'doc_file', 'several_files'],
  },
  {
    id: 'setting',
    taskType: 'inline_edit',
    confidence: 0.7,
    leads: ['change', 'upgrade', 'add', 'remove'],
    mentions: [['setting']],
    maxWords: 14,
    maxFiles: 1,
    maxSteps: 1,
    calm: true,
    without: [...WIDE, 'tests', 'system', 'several_files'],
  },
  {
    id: 'quoted-swap',
    taskType: 'inline_edit',
    confidence: 0.7,
    leads: ['change', 'fix', 'remove'],
    maxWords: 25,
    maxFiles: 1,
    maxSteps: 2,
    calm: true,
    without: [...WIDE, 'tests', 'several_files'],
    when: (features) => features.quoted >= 2,
  },
  {
    id: 'failing',
    taskType: 'bug_fix',
    confidence: 0.7,
    mentions: [['failing']],
    when: ({ verbs }) => !verbs.includes('implement'),
  },
  { id: 'fix', taskType: 'bug_fix', confidence: 0.75, asks: ['fix'] },
  { id: 'debug', taskType: 'bug_fix', confidence: 0.65, asks: ['debug'] },
]

const REST: readonly TaskRule[] = [
  { id: 'several-files', taskType: 'multi_file_edit', confidence: 0.75, asks: EDITING, minFiles: 2 },
  {
    id: 'several-files-named',
    taskType: 'multi_file_edit',
    confidence: 0.65,
    asks: EDITING,
    mentions: [['several_files', 'plan_to_do']],
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
  ...FIXES,
  ...REST,
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
