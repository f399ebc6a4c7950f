/**
 * A client played call by call against the session's reducer: it keeps conversations as lists of words and hashes their
 * prefixes, as a scanner would.
 */
import { beginCall, dropCall } from '../../../src/core/session/begin-call.ts'
import type { BegunSession, CallOpening } from '../../../src/core/session/call-opening.ts'
import type { CallOutcome } from '../../../src/core/session/call-outcome.ts'
import { recordCall } from '../../../src/core/session/record-call.ts'
import type { SessionState } from '../../../src/core/session/session-state.ts'
import { emptySession, restoreSession } from '../../../src/core/session/session-state.ts'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'

export type Messages = readonly string[]

/** Rolling hashes, one per message; the modulus leaves room for the product within 53 bits. */
function hashes(messages: Messages): number[] {
  let rolling = 7
  return messages.map((message) => {
    for (const character of `${message}\n`) rolling = (rolling * 31 + character.charCodeAt(0)) % 281_474_976_710_597
    return rolling
  })
}

export const BYTES_PER_MESSAGE = 400
export const STATIC_BYTES = 4_000

export class ScriptedSession {
  state: SessionState = emptySession()
  now = 1_000_000
  #nextId = 1

  opening(messages: Messages, more: Partial<CallOpening> = {}): CallOpening {
    const fromPerson = messages.at(-1)?.startsWith('user') ?? false
    return {
      requestId: `request-${this.#nextId++}`,
      sessionId: 'session',
      threadHint: null,
      agent: 'scripted',
      subagent: false,
      utility: null,
      compaction: false,
      prefixHashes: hashes(messages),
      staticHash: 11,
      startsTurn: fromPerson,
      acknowledgement: false,
      complaint: false,
      toolResults: fromPerson ? 0 : 1,
      toolErrors: 0,
      testsFailed: false,
      testsPassed: false,
      edited: false,
      callHash: fromPerson ? null : hashes([messages.at(-2) ?? ''])[0]!,
      staticBytes: STATIC_BYTES,
      conversationBytes: messages.length * BYTES_PER_MESSAGE,
      addedBytes: BYTES_PER_MESSAGE,
      ...more,
    }
  }

  begin(messages: Messages, more: Partial<CallOpening> = {}): BegunSession {
    this.now += 1_000
    const { state, begun } = beginCall(this.state, this.opening(messages, more), this.now)
    this.state = state
    return begun
  }

  outcome(begun: BegunSession, more: Partial<CallOutcome> = {}): CallOutcome {
    const { call } = begun
    // Four bytes to a token, and an answer as long as a message.
    const inputTokens = call.contextBytes / 4
    return {
      call,
      target: 'provider/model',
      taskType: 'bug_fix',
      tier: 2,
      pinned: { taskType: 'bug_fix', tier: 2, target: 'provider/model', evidenceSteps: 0 },
      usage: { ...NO_USAGE, inputTokens, outputTokens: BYTES_PER_MESSAGE / 4 },
      tokenizerRatio: 1,
      warmed: [
        { scope: 'thread', tokens: inputTokens, expiresAt: call.startedAt + 300_000 },
        { scope: 'static', tokens: STATIC_BYTES / 4, expiresAt: call.startedAt + 300_000 },
      ],
      costNano: 1_000,
      stopReason: 'end_turn',
      ending: 'complete',
      ...more,
    }
  }

  record(begun: BegunSession, more: Partial<CallOutcome> = {}): void {
    this.now += 1_000
    this.state = recordCall(this.state, this.outcome(begun, more), this.now).state
  }

  /** The call was never sent. */
  drop(begun: BegunSession): void {
    this.state = dropCall(this.state, begun.call.requestId)
  }

  /** A whole call: begun and recorded. */
  call(messages: Messages, more: Partial<CallOpening> = {}, outcome: Partial<CallOutcome> = {}): BegunSession {
    const begun = this.begin(messages, more)
    this.record(begun, outcome)
    return begun
  }

  /** What eviction or a restart leaves: the rows, through JSON. */
  restart(): void {
    const summary = JSON.parse(JSON.stringify(this.state.summary)) as SessionState['summary']
    const threads = JSON.parse(JSON.stringify([...this.state.threads.values()])) as Parameters<typeof restoreSession>[1]
    this.state = restoreSession(summary, threads)
  }
}

/** The messages after so many tool rounds: something typed, then call and result in turn. */
export function rounds(typed: string, count: number, name = 'call'): string[] {
  const messages = [`user ${typed}`]
  for (let round = 1; round <= count; round++) messages.push(`assistant ${name} ${round}`, `result ${name} ${round}`)
  return messages
}
