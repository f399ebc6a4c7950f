/**
 * Makes the signals of a request from its scan and its agent's reading.
 * It decides what the request shows (sizes, paths, traces, failures, edits); it never looks at prices, tiers or
 * budgets, and only at the new part and the last answer, a few kilobytes of each.
 */
import { adapterNamed } from '../agents/read-agent.ts'
import type { AgentAdapter, AgentReading } from '../agents/agent-reading.ts'
import type { ContentBlock, RequestScan } from '../dialects/request-scan.ts'
import { hashText } from '../dialects/scan/hash-lanes.ts'
import { findFilePaths } from './file-paths.ts'
import { isAcknowledgement, isComplaint } from './replies.ts'
import { weighRequest } from '../tokens/request-weight.ts'
import type { RequestSignals } from './request-signals.ts'
import { findStackTrace } from './stack-traces.ts'
import { readTestOutcome } from './test-runs.ts'

const TYPED_CHARACTERS = 8_000

/** Traces are pasted below the words: more of the text is searched for them. */
const TRACE_CHARACTERS = 32_000

type ToolCall = Extract<ContentBlock, { type: 'tool-call' }>
type ToolResult = Extract<ContentBlock, { type: 'tool-result' }>

/** Everything routing knows of the request before it meets its session. */
export function readSignals(reading: AgentReading, scan: RequestScan): RequestSignals {
  const adapter = adapterNamed(reading.agent)
  const typedText = reading.typedText.slice(0, TYPED_CHARACTERS)
  const trace = findStackTrace(reading.typedText.slice(0, TRACE_CHARACTERS))
  const results = scan.news.flatMap((message) => message.blocks.filter(isResult))
  const failedCalls = new Set(results.filter((result) => hasFailed(result, adapter)).map((result) => result.callId))
  const outcomes = results.map((result) => readTestOutcome(result.text))
  const calls = scan.lastAnswer?.blocks.filter(isCall) ?? []
  const { thinking, providerState } = scan.needs
  const answersModel = scan.lastAssistant >= 0 || providerState !== null
  return {
    agent: reading.agent,
    requestedModel: scan.model,
    typedText,
    startsTurn: reading.startsTurn,
    acknowledgement: answersModel && isAcknowledgement(typedText),
    complaint: answersModel && isComplaint(typedText),
    words: countWords(typedText),
    filePaths: findFilePaths(typedText),
    stackTrace: trace.found,
    stackTraceFiles: trace.files.length,
    planMode: reading.planMode,
    subagent: reading.subagent,
    utility: reading.utility,
    interactive: reading.interactive,
    toolResults: results.length,
    // Tests that fail are an error however the command ended: agents pipe runs into `tail`, and some tell no exit code.
    toolErrors: results.filter((result, index) => hasFailed(result, adapter) || outcomes[index] === 'failed').length,
    testsFailed: outcomes.includes('failed'),
    testsPassed: outcomes.includes('passed'),
    edited: calls.some((call) => adapter.edits(call.name, call.input) && !failedCalls.has(call.callId)),
    callHash: hashCalls(calls.filter((call) => !adapter.waits(call.name, call.input))),
    callsUnseen: providerState !== null && results.length > 0 && calls.length === 0,
    ...weighRequest(scan),
    images: scan.messages.reduce((sum, message) => sum + message.images, 0),
    tools: scan.toolNames.length,
    thinkingAsked: thinking !== null && thinking.kind !== 'disabled',
    outputLimit: scan.outputLimit?.tokens ?? null,
  }
}

function isCall(block: ContentBlock): block is ToolCall {
  return block.type === 'tool-call'
}

function isResult(block: ContentBlock): block is ToolResult {
  return block.type === 'tool-result'
}

function hasFailed(result: ToolResult, adapter: AgentAdapter): boolean {
  return result.isError || adapter.failed(result.text)
}

/** Names and inputs, not ids: the same calls again give the same hash. Null: no calls. */
function hashCalls(calls: readonly ToolCall[]): number | null {
  if (calls.length === 0) return null
  return hashText(calls.map((call) => `${call.name}\n${call.input}`).join('\n\n'))
}

/** Words between spaces; in scripts without spaces, two characters count as one. */
function countWords(text: string): number {
  const unspaced = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0
  const spaced = text.match(/\S+/g)?.length ?? 0
  return unspaced === 0 ? spaced : Math.max(spaced, Math.ceil(unspaced / 2))
}
