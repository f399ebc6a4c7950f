/** Signals of a request in which a person typed a text: what the tests of the task map start from. */
import type { RequestSignals } from '../../../src/core/signals/request-signals.ts'

const PATH =
  /(?:[\w.-]+\/)*[\w-]+\.(?:ts|tsx|js|jsx|py|go|rs|java|kt|rb|php|cs|cpp|c|h|css|html|sql|json|yaml|yml|toml|md|sh|vue|swift)\b/g
const FRAME = /(?:\bat .+\(?([\w./-]+\.\w+):\d+|File "([^"]+)", line \d+|^\s+([\w./-]+\.go):\d+)/gm

export function typedSignals(typedText: string, more: Partial<RequestSignals> = {}): RequestSignals {
  const frames = [...typedText.matchAll(FRAME)].map((frame) => frame[1] ?? frame[2] ?? frame[3] ?? '')
  return {
    agent: 'generic',
    requestedModel: 'auto',
    typedText,
    startsTurn: true,
    acknowledgement: false,
    complaint: false,
    words: typedText.split(/\s+/).filter((word) => word !== '').length,
    filePaths: [...new Set(typedText.match(PATH) ?? [])],
    stackTrace: frames.length > 0,
    stackTraceFiles: new Set(frames).size,
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
