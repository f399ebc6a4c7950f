/**
 * The three sets `bench:classify` reports on, each brought to the same form: a text, the tier its measured work or its
 * author gives it, and a task type where there is one. The mappings are deliberately simple and stand here in full.
 */
import path from 'node:path'
import { TASK_TIERS, type TaskType, type Tier } from '../../src/core/tasks/task-types.ts'
import { halfOf, type Half } from './split-half.ts'
import { readCsv, readJsonLines } from './shared-data.ts'

export interface LabelledText {
  readonly text: string
  readonly half: Half
  readonly tier: Tier
  /** Null where the source tells no task type. */
  readonly taskType: TaskType | null
  /** Rows of one cluster are alike (a session, a repository): they are drawn together in the bootstrap. */
  readonly cluster: string
  /** Calls the work took, where that was measured; else 1. */
  readonly calls: number
  /** Texts of one conversation follow each other: the task of the one before is known. */
  readonly conversation: string | null
}

export interface LabelledSet {
  readonly name: string
  readonly file: string
  readonly tierMeans: string
  readonly rows: readonly LabelledText[]
}

/** Reads the three sets from the data folder. */
export function labelledSets(folder: string): LabelledSet[] {
  return [
    {
      name: 'developer prompts',
      file: 'developer_prompts.jsonl',
      tierMeans:
        '3: 5 files edited or 29 calls (the 90th percentile of a turn); 1: 5 calls (the median), 1 file, no tool error; else 2',
      rows: readJsonLines<DeveloperPrompt>(path.join(folder, 'developer_prompts.jsonl')).flatMap(developerPrompt),
    },
    {
      name: 'commit subjects',
      file: 'commits_typed.csv',
      tierMeans:
        '3: 10 files of code or 500 changed lines; 1: 1 file and 20 changed lines; else 2 (lock files and prose not counted as code)',
      rows: readCsv(path.join(folder, 'commits_typed.csv')).flatMap(commitSubject),
    },
    {
      name: 'benchmark prompts',
      file: 'prompts_tiered.jsonl',
      tierMeans: "the author's: SIMPLE 1, MEDIUM 2, COMPLEX 3",
      rows: readJsonLines<TieredPrompt>(path.join(folder, 'prompts_tiered.jsonl')).flatMap(tieredPrompt),
    },
  ]
}

interface DeveloperPrompt {
  readonly s: string
  readonly prompt: string
  readonly n_calls: number
  readonly files_edited: number
  readonly tool_errors: number
  readonly interrupted: boolean
}

/** Turns that were broken off, or that no call followed, say nothing about the work needed: left out. */
function developerPrompt(row: DeveloperPrompt): LabelledText[] {
  if (row.interrupted || row.n_calls === 0) return []
  return [
    {
      text: row.prompt,
      half: halfOf(row.prompt),
      tier: neededTier(row),
      taskType: null,
      cluster: row.s,
      calls: row.n_calls,
      conversation: row.s,
    },
  ]
}

function neededTier({ n_calls: calls, files_edited: files, tool_errors: errors }: DeveloperPrompt): Tier {
  if (files >= 5 || calls >= 29) return 3
  return calls <= 5 && files <= 1 && errors === 0 ? 1 : 2
}

/** `type(scope)!: ` before a conventional subject, and the number of the pull request after it. */
const CONVENTIONAL = /^\w+(?:\(([^)]*)\))?!?:\s*/
const TRAILER = /(?:\s*\(#\d+\)|\s+Entire-Checkpoint:.*)+\s*$/

/** The label is cut off the subject first, or the text would hold the answer. */
function commitSubject(row: Record<string, string>): LabelledText[] {
  const subject = row['subject'] ?? ''
  const label = CONVENTIONAL.exec(subject)
  const text = subject.replace(CONVENTIONAL, '').replace(TRAILER, '').trim()
  if (!label || text === '') return []
  const number = (name: string) => Number(row[name] ?? 0)
  const lines = number('ins') + number('del')
  const code = number('files') - number('doc_files') - number('dep_files')
  const scope = (label[1] ?? '').toLowerCase()
  return [
    {
      text,
      half: halfOf(text),
      tier: code >= 10 || (code > 0 && lines >= 500) ? 3 : number('files') <= 1 && lines <= 20 ? 1 : 2,
      taskType: committedTask(row['type'] ?? '', scope, code),
      cluster: row['repo'] ?? '',
      calls: 1,
      conversation: null,
    },
  ]
}

/**
 * The author's word for the change. A scope of `deps` is a dependency update whatever the type; a refactoring of 20
 * files of code or more spans its repository; a feature in 2 to 5 files is an edit over several files. `chore`, `ci`,
 * `docs`, `perf`, `style`, `revert` and other features have no counterpart in the task map and no label here.
 */
function committedTask(type: string, scope: string, codeFiles: number): TaskType | null {
  if (/(?:^|[^a-z])(?:deps|deps-dev|dependencies)(?:$|[^a-z])/.test(scope)) return 'dependency_update'
  if (type === 'fix') return 'bug_fix'
  if (type === 'test') return 'test_generation'
  if (type === 'refactor') return codeFiles >= 20 ? 'cross_repo_refactor' : 'refactor'
  return type === 'feat' && codeFiles >= 2 && codeFiles <= 5 ? 'multi_file_edit' : null
}

interface TieredPrompt {
  readonly prompt: string
  readonly expected_tier: 'SIMPLE' | 'MEDIUM' | 'COMPLEX'
  readonly category: string
}

const TIERS: Readonly<Record<TieredPrompt['expected_tier'], Tier>> = { SIMPLE: 1, MEDIUM: 2, COMPLEX: 3 }

/** Categories with a counterpart in the task map. A small function to write is `general`: nothing more special fits. */
const CATEGORIES: Readonly<Record<string, TaskType>> = {
  'code-review': 'code_review',
  debugging: 'bug_fix',
  testing: 'test_generation',
  'system-design': 'architecture',
  architecture: 'architecture',
  'security-analysis': 'security_audit',
  'simple-code': 'general',
}

function tieredPrompt({ prompt, expected_tier, category }: TieredPrompt): LabelledText[] {
  const tier = TIERS[expected_tier]
  return [
    {
      text: prompt,
      half: halfOf(prompt),
      tier,
      taskType: CATEGORIES[category] ?? null,
      cluster: prompt,
      calls: 1,
      conversation: null,
    },
  ]
}

/** The tier a task type is meant for. */
export function tierOf(taskType: TaskType): Tier {
  return TASK_TIERS[taskType]
}
