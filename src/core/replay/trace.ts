/**
 * A recorded session as replay needs it: sizes and times of its main-loop calls, no text. It reads one line of the
 * session log; it prices nothing.
 */

export interface TraceCall {
  /** Since the session began. */
  readonly atMs: number
  /** All prompt tokens, whatever they were billed as; taken as tokens of the reference tokenizer. */
  readonly promptTokens: number
  readonly outputTokens: number
  /** A person typed something before this call. */
  readonly startsTurn: boolean
  /** The conversation before this call was replaced by a summary: no prefix of it is cached. */
  readonly afterCompaction: boolean
  /** The answer called a tool that edits files. */
  readonly edited: boolean
}

export interface TraceSession {
  readonly id: string
  /**
   * Tokens at the beginning of its prompts (tools and system) that other conversations have in common with it; absent:
   * none. In tokens of the reference tokenizer.
   */
  readonly sharedTokens?: number
  /** Names what begins alike; absent: nothing does. */
  readonly beginning?: string
  /** By call, where that beginning is cached; absent: nowhere. */
  readonly sharedAt?: readonly SharedAt[]
  readonly calls: readonly TraceCall[]
}

/** Where a call finds the beginning of its prompt cached. Targets as `provider/model`. */
export interface SharedAt {
  readonly warm: ReadonlySet<string>
  /** Those where its own session put it: routing knows of no others. */
  readonly known: ReadonlySet<string>
}

export const SHARED_NOWHERE: SharedAt = { warm: new Set(), known: new Set() }

/** The first line of the log: the names of a call's fields, and the tools by index. */
export interface TraceHeader {
  readonly callFields: readonly string[]
  readonly tools: readonly string[]
}

export class InvalidTrace extends Error {
  override readonly name = 'InvalidTrace'
}

/** Older logs under-report output; its characters then tell more. */
const CHARACTERS_PER_TOKEN = 3.5

const EDITING_TOOLS = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit'])

const NEEDED_FIELDS = [
  'dt_s',
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output_logged',
  'output_chars',
  'starts_human_turn',
  'after_compaction',
  'tools',
] as const

type NeededField = (typeof NEEDED_FIELDS)[number]

/** Reads the first line. Throws `InvalidTrace` if a field that replay needs is not named. */
export function readTraceHeader(line: unknown): TraceHeader {
  const callFields = stringsOf(line, 'call_fields')
  const missing = NEEDED_FIELDS.filter((field) => !callFields.includes(field))
  if (missing.length > 0) throw new InvalidTrace(`the header names no field ${missing.join(', ')}`)
  return { callFields, tools: stringsOf(line, 'tools') }
}

/** Reads one session line. */
export function readTraceSession(line: unknown, header: TraceHeader): TraceSession {
  if (!isRecord(line) || typeof line['id'] !== 'string' || !Array.isArray(line['calls'])) {
    throw new InvalidTrace('a session needs an id and its calls')
  }
  let atMs = 0
  const calls = line['calls'].map((row: unknown): TraceCall => {
    const field = fieldReader(row, header)
    atMs += Math.round(field('dt_s') * 1000)
    return {
      atMs,
      promptTokens: field('input') + field('cache_read') + field('cache_write_5m') + field('cache_write_1h'),
      outputTokens: Math.round(Math.max(field('output_logged'), field('output_chars') / CHARACTERS_PER_TOKEN)),
      startsTurn: field('starts_human_turn') === 1,
      afterCompaction: field('after_compaction') === 1,
      edited: toolsOf(row, header).some((tool) => EDITING_TOOLS.has(header.tools[tool] ?? '')),
    }
  })
  return { id: line['id'], calls }
}

/** The number of the turn that each call belongs to, from 0. */
export function turnNumbers(session: TraceSession): readonly number[] {
  let turn = -1
  return session.calls.map((call, index) => {
    if (call.startsTurn || index === 0) turn += 1
    return turn
  })
}

function fieldReader(row: unknown, header: TraceHeader): (name: NeededField) => number {
  if (!Array.isArray(row)) throw new InvalidTrace('a call must be a list of values')
  return (name) => {
    const value: unknown = row[header.callFields.indexOf(name)]
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new InvalidTrace(`a call's ${name} must be a number`)
    return value
  }
}

function toolsOf(row: unknown, header: TraceHeader): readonly number[] {
  const tools: unknown = Array.isArray(row) ? row[header.callFields.indexOf('tools')] : undefined
  return Array.isArray(tools) ? tools.filter((tool) => typeof tool === 'number') : []
}

function stringsOf(line: unknown, key: string): readonly string[] {
  const value = isRecord(line) ? line[key] : undefined
  if (!Array.isArray(value) || !value.every((part) => typeof part === 'string')) {
    throw new InvalidTrace(`the header's ${key} must be a list of names`)
  }
  return value
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
