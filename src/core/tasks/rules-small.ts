/**
 * The rules of tier 1: small, predictable work. Each wants a short text, few steps, few files and no sign of failure; in
 * doubt none of them matches.
 */
import { EDITING, WIDE } from './rule.ts'
import type { TaskRule } from './rule.ts'

/** The agent or the person wants code continued. */
export const AUTOCOMPLETE: readonly TaskRule[] = [
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

/** One place to change, named. */
export const SMALL: readonly TaskRule[] = [
  {
    id: 'typo',
    taskType: 'inline_edit',
    confidence: 0.9,
    mentions: [['typo']],
    maxWords: 40,
    maxFiles: 1,
    maxSteps: 2,
    without: ['repo_wide'],
    when: (features, signals) => !features.question && !signals.stackTrace && !signals.complaint,
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
    question: false,
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
    when: (features, signals) => features.concepts.has('symbol') || /\w\(\)|`/.test(signals.typedText.slice(0, 300)),
  },
  {
    id: 'rename-files',
    taskType: 'multi_file_edit',
    confidence: 0.7,
    asks: ['rename'],
    when: (features, signals) =>
      // Only what is renamed counts: in "rename a to b in this file" the file is where, not what.
      signals.filePaths.length > 1 || features.object.has('big_rename') || features.concepts.has('several_files'),
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

/** Code that follows a known form. */
export const BOILERPLATE: readonly TaskRule[] = [
  {
    id: 'boilerplate',
    taskType: 'boilerplate',
    confidence: 0.8,
    leads: ['create', 'add', 'implement'],
    object: ['boilerplate'],
    maxWords: 35,
    maxFiles: 2,
    maxSteps: 2,
    calm: true,
    without: [...WIDE, 'tests', 'security', 'architecture'],
  },
]

/** One spot, one value, one text. */
export const SPOTS: readonly TaskRule[] = [
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
    leads: ['change', 'upgrade'],
    mentions: [['setting']],
    maxWords: 14,
    maxFiles: 1,
    maxSteps: 1,
    calm: true,
    without: [...WIDE, 'tests', 'system', 'several_files'],
    when: (_, signals) => /\d/.test(signals.typedText),
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
]
