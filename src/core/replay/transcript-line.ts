/**
 * Reads one line of a transcript of Claude Code (`~/.claude/projects/<project>/<session>.jsonl`). A line is one
 * JSON object with `type`, `sessionId`, `timestamp` and mostly a `message`; see https://code.claude.com/docs/en/data-usage
 * for where they are kept. What it relies on:
 *
 * - One answer of the model is written as several `assistant` lines, one per content block, that share `message.id`; the
 *   last of them holds the final `message.usage`. A session that was resumed repeats the lines of the one before it.
 * - Lines of sub-agents have `isSidechain: true`; newer versions name the agent in `agentId` and keep a file for each,
 *   older ones are told apart by `parentUuid`, which chains the lines of a conversation.
 * - `isMeta` and `isCompactSummary` mark texts that nobody typed; a compaction writes a `system` line of the subtype
 *   `compact_boundary`, or a summary marked so.
 * - `<synthetic>` stands for a model where the client itself wrote the answer.
 *
 * Texts are looked at for the task they name, and not kept.
 */
import * as z from 'zod'
import { typedInClaudeCode } from '../agents/claude-code.ts'
import type { Usage } from '../chat/usage.ts'
import { findFilePaths } from '../signals/file-paths.ts'
import { isAcknowledgement, isComplaint } from '../signals/replies.ts'
import type { RequestSignals } from '../signals/request-signals.ts'
import { findStackTrace } from '../signals/stack-traces.ts'

const count = z.number().int().min(0).catch(0)

const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z
    .object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })
    .optional()
    .catch(undefined),
})

const blockSchema = z.looseObject({
  type: z.string(),
  text: z.string().optional().catch(undefined),
  is_error: z.boolean().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
})

const lineSchema = z.looseObject({
  type: z.string(),
  subtype: z.string().optional().catch(undefined),
  sessionId: z.string().optional().catch(undefined),
  uuid: z.string().optional().catch(undefined),
  parentUuid: z.string().nullish().catch(null),
  agentId: z.string().optional().catch(undefined),
  timestamp: z.string().optional().catch(undefined),
  requestId: z.string().optional().catch(undefined),
  permissionMode: z.string().optional().catch(undefined),
  isSidechain: z.boolean().catch(false),
  isMeta: z.boolean().catch(false),
  isCompactSummary: z.boolean().catch(false),
  message: z
    .object({
      id: z.string().optional().catch(undefined),
      model: z.string().optional().catch(undefined),
      content: z.union([z.string(), z.array(blockSchema)]).catch(''),
      usage: usageSchema.optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
})

type Line = z.infer<typeof lineSchema>

/** A line of a transcript; null where the object is none, or one that replay has no use for. */
export function readTranscriptLine(value: unknown): TranscriptLine | null {
  const parsed = lineSchema.safeParse(value)
  if (!parsed.success) return null
  const line = parsed.data
  const at = line.timestamp === undefined ? Number.NaN : Date.parse(line.timestamp)
  const place: Place = {
    agent: line.isSidechain ? (line.agentId ?? null) : MAIN,
    subagent: line.isSidechain,
    sessionId: line.sessionId ?? null,
    uuid: line.uuid ?? null,
    parentUuid: line.parentUuid ?? null,
  }
  if (line.type === 'assistant') return answerOf(line, at, place)
  if (line.type === 'system' && line.subtype === 'compact_boundary') return { kind: 'compaction', ...place }
  if (line.type !== 'user') return null
  return line.isCompactSummary ? { kind: 'compaction', ...place } : promptOf(line, place)
}

/** The main conversation, among its agents. */
export const MAIN = 'main'

/** Whose conversation a line belongs to. */
export interface Place {
  /** `MAIN`, an agent's id, or null where the version names none. */
  readonly agent: string | null
  readonly subagent: boolean
  readonly sessionId: string | null
  readonly uuid: string | null
  readonly parentUuid: string | null
}

export type TranscriptLine = Place &
  (
    | { readonly kind: 'compaction' }
    | {
        readonly kind: 'prompt'
        /** null: nobody typed. */
        readonly signals: Partial<RequestSignals> | null
        readonly toolResults: number
        readonly toolErrors: number
      }
    | {
        readonly kind: 'answer'
        readonly id: string
        /** ms since the epoch. */
        readonly at: number
        readonly model: string
        readonly usage: Usage
        readonly edits: boolean
      }
  )

const EDIT_TOOLS: ReadonlySet<string> = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit'])
const SYNTHETIC = '<synthetic>'

function answerOf(line: Line, at: number, place: Place): TranscriptLine | null {
  const { message } = line
  if (message?.usage === undefined || message.model === undefined || message.model === SYNTHETIC) return null
  if (Number.isNaN(at)) return null
  const { usage } = message
  const long = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0
  return {
    ...place,
    kind: 'answer',
    id: message.id ?? line.requestId ?? line.uuid ?? `${place.agent} ${at}`,
    at,
    model: message.model,
    usage: {
      inputTokens: usage.input_tokens,
      cacheReadTokens: usage.cache_read_input_tokens,
      cacheWriteShortTokens: Math.max(0, usage.cache_creation_input_tokens - long),
      cacheWriteLongTokens: long,
      outputTokens: usage.output_tokens,
      reasoningTokens: 0,
    },
    edits:
      Array.isArray(message.content) &&
      message.content.some(({ type, name }) => type === 'tool_use' && EDIT_TOOLS.has(name ?? '')),
  }
}

function promptOf(line: Line, place: Place): TranscriptLine | null {
  const content = line.message?.content ?? ''
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content, is_error: undefined }] : content
  const results = blocks.filter(({ type }) => type === 'tool_result')
  const typed =
    line.isMeta || results.length > 0
      ? ''
      : blocks
          .map(({ type, text }) => (type === 'text' ? typedInClaudeCode(text ?? '') : ''))
          .filter((text) => text !== '')
          .join('\n\n')
  return {
    ...place,
    kind: 'prompt',
    // What a sub-agent is told, its own orchestrator wrote; it opens its one turn all the same.
    signals: typed === '' ? null : { ...textSignals(typed), planMode: line.permissionMode === 'plan' },
    toolResults: results.length,
    toolErrors: results.filter(({ is_error: failed }) => failed === true).length,
  }
}

function textSignals(typedText: string): Partial<RequestSignals> {
  const trace = findStackTrace(typedText)
  return {
    typedText: typedText.slice(0, 8_000),
    words: typedText.split(/\s+/u).length,
    filePaths: findFilePaths(typedText),
    stackTrace: trace.found,
    stackTraceFiles: trace.files.length,
    acknowledgement: isAcknowledgement(typedText),
    complaint: isComplaint(typedText),
  }
}
