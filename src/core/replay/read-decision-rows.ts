/**
 * Reads rows of the decision log (as the admin API, an export or the database gives them) into threads to replay. Floors
 * that the log shows as reasons come back as the signals that set them; a floor that a higher one hid is not in a log.
 */
import * as z from 'zod'
import { DIALECTS } from '../dialects/dialect.ts'
import type { CatalogModel } from '../routing/catalog.ts'
import { TASK_TYPES, type TaskType } from '../tasks/task-types.ts'
import { promptTokens, type Usage } from '../chat/usage.ts'
import { workOfTask, type CallWork } from './call-work.ts'
import { UnreadableLog, type RecordedCall, type RecordedThread } from './recorded-thread.ts'
import { sharedTokensOf } from './shared-beginnings.ts'
import type { TraceCall } from './trace.ts'

const tokens = z.number().int().min(0)
const perhaps = z.number().nullable().default(null)
const flag = z.union([z.boolean(), z.literal(0), z.literal(1)]).transform((value) => value === true || value === 1)
/** The database keeps lists as JSON text. */
const words = z.preprocess(
  (value) => (typeof value === 'string' ? parsedOrSame(value) : value),
  z.array(z.string()).default([]),
)

const rowSchema = z.object({
  id: z.string(),
  at: z.number(),
  key_id: z.string(),
  session_id: z.string(),
  thread_id: z.string(),
  dialect: z.enum(DIALECTS).nullable().catch(null),
  agent: z.string().catch(''),
  subagent: flag,
  turn: z.number().int(),
  iteration: z.number().int(),
  task_type: z.string(),
  task_source: z.enum(['agent', 'turn', 'rule', 'learned', 'default']).catch('default'),
  task_confidence: z.number().catch(0),
  task_rule: z.string().nullable().catch(null),
  target: z.string(),
  requested_model: z.string(),
  reasons: words,
  input_tokens: tokens,
  cache_read_tokens: tokens,
  cache_write_short_tokens: tokens,
  cache_write_long_tokens: tokens,
  output_tokens: tokens,
  reasoning_tokens: tokens,
  first_byte_ms: perhaps,
  cost_nano: perhaps,
  baseline_nano: perhaps,
  baseline_middle_nano: perhaps,
  baseline_requested_nano: perhaps,
  own_marks_nano: perhaps,
  overhead_nano: perhaps,
})

export type DecisionLogRow = z.infer<typeof rowSchema>

/** Checks one row. Throws `UnreadableLog` naming the first field that is wrong; `place` says where it stands. */
export function readDecisionRow(row: unknown, place: string): DecisionLogRow {
  const parsed = rowSchema.safeParse(row)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new UnreadableLog(
    `${place} is no decision: ${issue?.path.join('.') || 'row'}: ${issue?.message ?? 'not valid'}`,
  )
}

export interface LoggedThreads {
  readonly threads: readonly RecordedThread[]
  /** Rows that used nothing: refused, answered by the gateway, or ended before the provider counted. */
  readonly withoutUsage: number
}

/** Puts rows, in whatever order, into threads. `models`: to recount tokens of newer tokenizers. */
export function threadsOfDecisions(
  rows: readonly DecisionLogRow[],
  models: ReadonlyMap<string, CatalogModel>,
): LoggedThreads {
  const byThread = new Map<string, DecisionLogRow[]>()
  const seen = new Set<string>()
  let withoutUsage = 0
  for (const row of rows) {
    if (seen.has(row.id)) continue
    seen.add(row.id)
    if (promptTokens(usageOf(row)) === 0) {
      withoutUsage += 1
      continue
    }
    const key = `${row.key_id} ${row.session_id} ${row.thread_id}`
    const thread = byThread.get(key)
    if (thread === undefined) byThread.set(key, [row])
    else thread.push(row)
  }
  const threads = [...byThread.values()].map((thread) =>
    threadOf(
      thread.sort((one, other) => one.at - other.at),
      models,
    ),
  )
  return { threads, withoutUsage }
}

function threadOf(rows: readonly DecisionLogRow[], models: ReadonlyMap<string, CatalogModel>): RecordedThread {
  const first = rows[0]
  if (first === undefined) throw new UnreadableLog('a thread has no call')
  const recorded = rows.map(recordedOf)
  const calls = rows.map((row, index): TraceCall => {
    const usage = usageOf(row)
    const ratio = models.get(row.target)?.tokenizerRatio ?? 1
    return {
      atMs: row.at - first.at,
      promptTokens: Math.round(promptTokens(usage) / ratio),
      outputTokens: Math.round(usage.outputTokens / ratio),
      startsTurn: index === 0 || row.turn !== rows[index - 1]?.turn,
      afterCompaction: false,
      edited: false,
    }
  })
  return {
    trace: {
      id: first.session_id,
      calls,
      sharedTokens: sharedTokensOf(recorded, models),
      // An agent sends the same tools and instructions to all of its main loops, and others to its sub-agents.
      beginning: `${first.agent} ${first.subagent ? 'subagent' : 'main'}`,
    },
    sessionId: `${first.key_id} ${first.session_id}`,
    subagent: first.subagent,
    works: [rows.map(workOf)],
    recorded,
  }
}

function workOf(row: DecisionLogRow): CallWork {
  const has = (...names: readonly string[]): boolean => names.some((name) => row.reasons.includes(name))
  const testsFailed = has('evidence_failing_tests')
  const toolErrors = testsFailed || has('evidence_tool_errors')
  return {
    ...workOfTask({
      taskType: taskTypeOf(row.task_type),
      source: row.task_source,
      confidence: row.task_confidence,
      rule: row.task_rule,
    }),
    requestedModel: row.requested_model,
    keyId: row.key_id,
    dialects: row.dialect === null ? DIALECTS : [row.dialect],
    subagent: row.subagent,
    signals: {
      ...(has('file_paths') ? { filePaths: ['one', 'another'] } : {}),
      ...(has('stack_trace', 'stack_trace_files') ? { stackTrace: true } : {}),
      ...(has('stack_trace_files') ? { stackTraceFiles: 3 } : {}),
      ...(has('plan_mode') ? { planMode: true } : {}),
      ...(has('evidence_complaint') ? { complaint: true } : {}),
      ...(toolErrors ? { toolErrors: 1, testsFailed } : {}),
    },
    toolErrorsInARow: toolErrors ? 3 : 0,
    repeatedCalls: has('evidence_repeated_call') ? 3 : 0,
  }
}

function taskTypeOf(name: string): TaskType {
  return TASK_TYPES.find((taskType) => taskType === name) ?? 'general'
}

function recordedOf(row: DecisionLogRow): RecordedCall {
  return {
    at: row.at,
    firstByteMs: row.first_byte_ms,
    target: row.target,
    usage: usageOf(row),
    costNano: row.cost_nano,
    topNano: row.baseline_nano,
    middleNano: row.baseline_middle_nano,
    requestedNano: row.baseline_requested_nano,
    ownMarksNano: row.own_marks_nano,
    overheadNano: row.overhead_nano,
    outOfScope: row.reasons.includes('out_of_scope'),
  }
}

function usageOf(row: DecisionLogRow): Usage {
  return {
    inputTokens: row.input_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteShortTokens: row.cache_write_short_tokens,
    cacheWriteLongTokens: row.cache_write_long_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
  }
}

function parsedOrSame(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
