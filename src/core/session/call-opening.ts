/**
 * The words in which the gateway tells a session that a call begins, and what the session hands back to be echoed when
 * the call ends. Counts and hashes only: nothing that was typed or answered is in here.
 */
import type { AgentReading, UtilityKind } from '../agents/agent-reading.ts'
import type { ProviderState, RequestScan } from '../dialects/request-scan.ts'
import { hashText } from '../dialects/scan/hash-lanes.ts'
import type { RequestSignals } from '../signals/request-signals.ts'
import type { TaskType } from '../tasks/task-types.ts'
import type { RequestWeight } from '../tokens/request-weight.ts'
import type { AnswerMaker } from './answer-makers.ts'
import type { PinnedChoice, SessionView } from './session-view.ts'

export interface CallOpening extends RequestWeight {
  readonly requestId: string
  /** As the client wrote it, or as it was inferred; only shown, never used to find the session. */
  readonly sessionId: string
  readonly threadHint: string | null
  readonly agent: string
  readonly subagent: boolean
  readonly utility: UtilityKind | null
  readonly compaction: boolean
  /** Rolling hashes of the conversation, one per message. */
  readonly prefixHashes: Float64Array | readonly number[]
  readonly staticHash: number
  readonly startsTurn: boolean
  readonly acknowledgement: boolean
  readonly complaint: boolean
  /** Results of tools in the new part, and how many of them failed. */
  readonly toolResults: number
  readonly toolErrors: number
  readonly testsFailed: boolean
  readonly testsPassed: boolean
  readonly edited: boolean
  readonly callHash: number | null
  /** The client itself says that it repeats a request (a retry count in its headers). */
  readonly clientRetry?: boolean
  /** What the request refers to and does not hold; absent: it holds its whole conversation. */
  readonly state?: ProviderState
  /** It brings results of calls that it does not hold, so what they did is not to be seen. */
  readonly callsUnseen?: boolean
}

/** Where a thread stands: absolute numbers, so that a record that never arrives cannot shift the next ones. */
export interface ThreadCounters {
  /** From 1. */
  readonly turn: number
  /** From 1, inside the turn. */
  readonly iteration: number
  readonly iterationsWithoutProgress: number
  readonly toolErrorsInARow: number
  readonly callHash: number | null
  readonly repeatedCalls: number
}

/** Tokens (of the reference tokenizer) known to lie in so many weighed bytes of conversation, static part included. */
export interface KnownContext {
  readonly tokens: number
  readonly bytes: number
}

/**
 * A call as its session placed it. It is echoed with the outcome, so that nothing is lost when the session's object was
 * put to sleep while the model answered.
 */
export interface BegunCall {
  readonly requestId: string
  readonly threadId: string
  readonly parentThreadId: string | null
  /** The main conversation this call works for: its own thread, or the one that started the sub-agent. */
  readonly rootThreadId: string
  readonly kind: 'main' | 'subagent' | 'utility' | 'compaction'
  readonly hint: string | null
  readonly startedAt: number
  /** Messages of the request, and the rolling hash over all of them. */
  readonly count: number
  readonly hash: number
  readonly staticHash: number
  readonly counters: ThreadCounters
  readonly opensTurn: boolean
  /** A repetition of a call that was never answered: counted once. */
  readonly retry: boolean
  /** The turn this call brings to its end, to learn from. */
  readonly endedTurn: { readonly taskType: TaskType; readonly iterations: number } | null
  readonly pinned: PinnedChoice | null
  readonly contextBytes: number
  /** What the estimate of this call's context starts from; null for a fresh conversation. */
  readonly base: KnownContext | null
  readonly estimatedTokens: number
  readonly threadStartTokens: number | null
  readonly turnStartTokens: number | null
  /** Who made the answers in its request; absent where the request does not hold its conversation. */
  readonly makers?: readonly AnswerMaker[]
}

/** The answer to `begin`: the view to decide with, and the call to echo in `record`. */
export interface BegunSession extends SessionView {
  /** Prompt tokens of the thread's last answered call, in tokens of the reference tokenizer; null before one. */
  readonly lastPromptTokens: number | null
  /** Name of the session that the conversation's money is counted in, where it was handed over; absent: it was not. */
  readonly chain?: string
  readonly call: BegunCall
}

/** Who is calling and whether the client says it repeats itself. */
export interface CallIdentity {
  readonly requestId: string
  readonly sessionId: string
  readonly clientRetry: boolean
}

/** The opening of a call, from what scan, adapter and signals found. */
export function callOpening(
  identity: CallIdentity,
  reading: AgentReading,
  found: { readonly signals: RequestSignals; readonly scan: RequestScan },
): CallOpening {
  const { signals, scan } = found
  const { providerState } = scan.needs
  return {
    ...identity,
    threadHint: reading.threadHint,
    agent: reading.agent,
    subagent: reading.subagent,
    utility: reading.utility,
    compaction: reading.compaction,
    prefixHashes: Float64Array.from(hashesAfter(providerState, scan.prefixHashes)),
    staticHash: scan.staticHash,
    startsTurn: signals.startsTurn,
    acknowledgement: signals.acknowledgement,
    complaint: signals.complaint,
    toolResults: signals.toolResults,
    toolErrors: signals.toolErrors,
    testsFailed: signals.testsFailed,
    testsPassed: signals.testsPassed,
    edited: signals.edited,
    callHash: signals.callHash,
    staticBytes: signals.staticBytes,
    conversationBytes: signals.conversationBytes,
    addedBytes: signals.addedBytes,
    ...(providerState === null ? {} : { state: providerState }),
    ...(signals.callsUnseen ? { callsUnseen: true } : {}),
  }
}

/** The same words after two different answers are two conversations. */
function hashesAfter(state: ProviderState | null, hashes: readonly number[]): readonly number[] {
  if (state === null || state.kind === 'items') return hashes
  return hashes.map((hash) => hashText(`${state.id}\n${hash}`))
}
