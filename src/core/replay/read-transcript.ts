/**
 * Puts the lines of Claude Code's transcripts into threads to replay: the main conversation and each sub-agent apart,
 * with the task that what was typed names. It keeps no text.
 */
import { promptTokens, type Usage } from '../chat/usage.ts'
import type { CatalogModel } from '../routing/catalog.ts'
import type { RequestSignals } from '../signals/request-signals.ts'
import { classify } from '../tasks/classify.ts'
import type { TaskClassification } from '../tasks/task-types.ts'
import { PLAIN_SIGNALS, workOfTask, type CallWork } from './call-work.ts'
import type { RecordedCall, RecordedThread } from './recorded-thread.ts'
import { sharedTokensOf } from './shared-beginnings.ts'
import type { TraceCall } from './trace.ts'
import { MAIN, type Place, type TranscriptLine } from './transcript-line.ts'

/** A conversation of a transcript while it is read. Feed lines in their order, then ask for its threads. */
export interface TranscriptReading {
  readonly sessionId: string
  readonly threads: Map<string, ThreadReading>
  /** Of lines by their uuid, for agents without a name. */
  readonly threadOfLine: Map<string, string>
}

interface ThreadReading {
  readonly subagent: boolean
  readonly calls: ReadCall[]
  /** It begins with calls that another transcript holds: what its first own call reads is its own cache. */
  resumed: boolean
  pending: Pending
  task: TaskClassification | null
  errorsInARow: number
}

interface Pending {
  readonly signals: Partial<RequestSignals> | null
  readonly compacted: boolean
  readonly toolErrors: number
}

interface ReadCall {
  readonly id: string
  readonly at: number
  readonly model: string
  usage: Usage
  edited: boolean
  readonly startsTurn: boolean
  readonly afterCompaction: boolean
  readonly work: CallWork
}

const NOTHING_PENDING: Pending = { signals: null, compacted: false, toolErrors: 0 }

export function openTranscript(sessionId: string): TranscriptReading {
  return { sessionId, threads: new Map(), threadOfLine: new Map() }
}

/**
 * Takes one line in. `seen`: ids of answers that other transcripts already hold; those are passed over, and this one's
 * join them.
 */
export function feedTranscript(reading: TranscriptReading, line: TranscriptLine, seen: Set<string>): void {
  const thread = threadOf(reading, line)
  const { pending } = thread
  if (line.kind === 'compaction') thread.pending = { ...pending, compacted: true }
  else if (line.kind === 'prompt') {
    thread.errorsInARow = errorsInARow(thread, line)
    thread.pending = {
      ...pending,
      signals: line.signals ?? pending.signals,
      toolErrors: pending.toolErrors + line.toolErrors,
    }
  } else takeAnswer(thread, line, seen)
}

function threadOf(reading: TranscriptReading, place: Place): ThreadReading {
  const { uuid, parentUuid, subagent } = place
  const ofParent = parentUuid === null ? undefined : reading.threadOfLine.get(parentUuid)
  const threadId = place.agent ?? ofParent ?? `agent-${uuid ?? reading.threads.size}`
  if (place.agent === null && uuid !== null) reading.threadOfLine.set(uuid, threadId)
  const known = reading.threads.get(threadId)
  if (known !== undefined) return known
  const opened: ThreadReading = {
    subagent,
    calls: [],
    resumed: false,
    pending: NOTHING_PENDING,
    task: null,
    errorsInARow: 0,
  }
  reading.threads.set(threadId, opened)
  return opened
}

function errorsInARow(thread: ThreadReading, line: Extract<TranscriptLine, { kind: 'prompt' }>): number {
  const before = line.signals === null ? thread.errorsInARow : 0
  if (line.toolResults === 0) return before
  return line.toolErrors >= line.toolResults ? before + line.toolErrors : 0
}

function takeAnswer(thread: ThreadReading, line: Extract<TranscriptLine, { kind: 'answer' }>, seen: Set<string>): void {
  const last = thread.calls.at(-1)
  if (last?.id === line.id) {
    last.usage = larger(last.usage, line.usage)
    last.edited ||= line.edits
    return
  }
  const { pending } = thread
  thread.pending = NOTHING_PENDING
  if (seen.has(line.id)) {
    thread.resumed ||= thread.calls.length === 0
    return
  }
  seen.add(line.id)
  if (promptTokens(line.usage) === 0) return
  const startsTurn = pending.signals !== null || thread.calls.length === 0
  const signals: RequestSignals = {
    ...PLAIN_SIGNALS,
    startsTurn,
    subagent: thread.subagent,
    ...pending.signals,
    toolErrors: pending.toolErrors,
  }
  const task = classify(signals, thread.task, [])
  thread.task = task
  thread.calls.push({
    id: line.id,
    at: line.at,
    model: line.model,
    usage: line.usage,
    edited: line.edits,
    startsTurn,
    afterCompaction: pending.compacted,
    work: {
      ...workOfTask(task),
      requestedModel: line.model,
      subagent: thread.subagent,
      signals: kept(signals),
      toolErrorsInARow: thread.errorsInARow,
    },
  })
}

/** The signals that routing looks at, without the text. */
function kept(signals: RequestSignals): Partial<RequestSignals> {
  const { filePaths, stackTrace, stackTraceFiles, planMode, complaint, acknowledgement, toolErrors } = signals
  return { filePaths, stackTrace, stackTraceFiles, planMode, complaint, acknowledgement, toolErrors }
}

/** Lines of one answer repeat its usage; the last ones have counted more. */
function larger(one: Usage, other: Usage): Usage {
  return other.outputTokens >= one.outputTokens ? other : one
}

/** What a call recorded under a model cost, nano-dollars; null: unpriced. */
export type CostOfRecorded = (target: string, usage: Usage, at: number) => number | null

/** The threads of a transcript that hold at least one call. */
export function threadsOfTranscript(
  reading: TranscriptReading,
  models: ReadonlyMap<string, CatalogModel>,
  costOf: CostOfRecorded,
): readonly RecordedThread[] {
  return [...reading.threads].flatMap(([threadId, { subagent, calls, resumed }]) => {
    const first = calls[0]
    if (first === undefined) return []
    const recorded = calls.map((call) => recordedOf(call, models, costOf))
    return [
      {
        trace: {
          id: threadId === MAIN ? reading.sessionId : `${reading.sessionId}/${threadId}`,
          calls: calls.map((call) => traceCallOf(call, first.at, models)),
          sharedTokens: resumed ? 0 : sharedTokensOf(recorded, models),
          beginning: subagent ? 'subagent' : 'main',
        },
        sessionId: reading.sessionId,
        subagent,
        works: [calls.map(({ work }) => work)],
        recorded,
      },
    ]
  })
}

function traceCallOf(call: ReadCall, firstAt: number, models: ReadonlyMap<string, CatalogModel>): TraceCall {
  const ratio = models.get(call.model)?.tokenizerRatio ?? 1
  return {
    atMs: Math.max(0, call.at - firstAt),
    promptTokens: Math.round(promptTokens(call.usage) / ratio),
    outputTokens: Math.round(call.usage.outputTokens / ratio),
    startsTurn: call.startsTurn,
    afterCompaction: call.afterCompaction,
    edited: call.edited,
  }
}

function recordedOf(call: ReadCall, models: ReadonlyMap<string, CatalogModel>, costOf: CostOfRecorded): RecordedCall {
  const model = models.get(call.model)
  const target = model === undefined ? call.model : `${model.provider}/${model.id}`
  return {
    at: call.at,
    firstByteMs: null,
    target,
    usage: call.usage,
    costNano: costOf(target, call.usage, call.at),
    topNano: null,
    middleNano: null,
    requestedNano: null,
    ownMarksNano: null,
    overheadNano: null,
    outOfScope: false,
  }
}
