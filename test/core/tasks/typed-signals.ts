/** Signals of a request in which a person typed a text: what the tests of the task map start from. */
import { findFilePaths } from '../../../src/core/signals/file-paths.ts'
import type { RequestSignals } from '../../../src/core/signals/request-signals.ts'
import { findStackTrace } from '../../../src/core/signals/stack-traces.ts'

export function typedSignals(typedText: string, more: Partial<RequestSignals> = {}): RequestSignals {
  const trace = findStackTrace(typedText.slice(0, 8_000))
  return {
    agent: 'generic',
    requestedModel: 'auto',
    typedText,
    startsTurn: true,
    acknowledgement: false,
    complaint: false,
    words: typedText.split(/\s+/).filter((word) => word !== '').length,
    filePaths: findFilePaths(typedText.slice(0, 8_000)),
    stackTrace: trace.found,
    stackTraceFiles: trace.files.length,
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
    tools: 10,
    thinkingAsked: false,
    outputLimit: null,
    ...more,
  }
}
