/**
 * What a replayed call's work asks for: its task and the signals that raise a floor, as a log tells them or as they are
 * assumed. It names no target.
 */
import { DIALECTS, type DialectName } from '../dialects/dialect.ts'
import type { RequestSignals } from '../signals/request-signals.ts'
import type { TaskClassification, TaskType, Tier } from '../tasks/task-types.ts'

export interface CallWork {
  readonly task: TaskClassification
  /** As the client wrote it; `auto` where it is not known. */
  readonly requestedModel: string
  readonly keyId: string
  /** The client's own API; every one where it is not known. */
  readonly dialects: readonly DialectName[]
  readonly subagent: boolean
  readonly signals: Partial<RequestSignals>
  readonly toolErrorsInARow: number
  readonly repeatedCalls: number
}

/** A task type of each tier, to stand for a demand of that tier. */
const TASK_OF_TIER: Readonly<Record<Tier, TaskType>> = { 1: 'docstring', 2: 'bug_fix', 3: 'architecture' }

const KEY = 'replay'

/** Work of a given tier, nothing else known of it. */
export function workOfTier(tier: Tier): CallWork {
  return workOfTask({ taskType: TASK_OF_TIER[tier], source: 'rule', confidence: 1, rule: null })
}

/** Work of a given task, nothing else known of it. */
export function workOfTask(task: TaskClassification): CallWork {
  return {
    task,
    requestedModel: 'auto',
    keyId: KEY,
    dialects: DIALECTS,
    subagent: false,
    signals: {},
    toolErrorsInARow: 0,
    repeatedCalls: 0,
  }
}

/** A call of an agent of which nothing is known. */
export const PLAIN_SIGNALS: RequestSignals = {
  agent: 'replay',
  requestedModel: 'auto',
  typedText: '',
  startsTurn: false,
  acknowledgement: false,
  complaint: false,
  words: 0,
  filePaths: [],
  stackTrace: false,
  stackTraceFiles: 0,
  planMode: false,
  subagent: false,
  utility: null,
  interactive: null,
  toolResults: 0,
  toolErrors: 0,
  testsFailed: false,
  testsPassed: false,
  edited: false,
  callHash: null,
  callsUnseen: false,
  staticBytes: 0,
  conversationBytes: 0,
  addedBytes: 0,
  images: 0,
  tools: 1,
  thinkingAsked: false,
  outputLimit: null,
}
