/**
 * Everything routing knows of a request before it meets its session: plain data, made from the scan and the adapter's
 * reading. It never looks at prices, tiers or budgets.
 */
import type { UtilityKind } from '../agents/agent-reading.ts'
import type { RequestWeight } from '../tokens/request-weight.ts'

export interface RequestSignals extends RequestWeight {
  readonly agent: string
  /** The model asked for, as the client wrote it. */
  readonly requestedModel: string
  /** What the person typed, at most 8,000 characters. Never stored. */
  readonly typedText: string
  readonly startsTurn: boolean
  /** "yes", "continue", "go on": the turn's task goes on. */
  readonly acknowledgement: boolean
  /** "still failing", "that did not work": the last answer was not good. */
  readonly complaint: boolean
  readonly words: number
  /** Distinct file paths in the typed text. */
  readonly filePaths: readonly string[]
  readonly stackTrace: boolean
  /** Distinct source files named in stack traces of the typed text. */
  readonly stackTraceFiles: number
  readonly planMode: boolean
  readonly subagent: boolean
  readonly utility: UtilityKind | null
  readonly interactive: boolean | null
  /** Results of tools in the new part, and how many of them failed; a test run that fails is one of those. */
  readonly toolResults: number
  readonly toolErrors: number
  /** A tool result of the new part shows failing tests. */
  readonly testsFailed: boolean
  /** A tool result of the new part shows a passing test run. */
  readonly testsPassed: boolean
  /** The last answer's tool calls edited files. */
  readonly edited: boolean
  /**
   * Hash of the last answer's tool calls, names and inputs, without those that only wait; null if none is left. Equal
   * hashes are the same call.
   */
  readonly callHash: number | null
  /** Results came for calls that only the provider holds: whether they edited files is not to be seen. */
  readonly callsUnseen: boolean
  readonly images: number
  readonly tools: number
  readonly thinkingAsked: boolean
  readonly outputLimit: number | null
}
