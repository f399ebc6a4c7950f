/** What adapters read off the recorded requests. The texts there are filler; who wrote what is true. */
import { describe, expect, test } from 'vitest'
import { readAgent } from '../../../src/core/agents/read-agent.ts'
import { readSignals } from '../../../src/core/signals/read-signals.ts'
import { bodyOf } from '../dialects/body-of.ts'
import { NO_RECORDINGS, recordedRequests } from '../dialects/recorded-requests.ts'

interface Expected {
  readonly client: string
  readonly agent: string
  /** One entry a model call: typed text, a title call, or the agent going on by itself. */
  readonly calls: readonly ('typed' | 'title' | 'goes-on')[]
  readonly interactive: boolean | null
  readonly session: (headers: Readonly<Record<string, string>>) => string | null
  /** Indices of calls whose last answer edited a file. */
  readonly edited: readonly number[]
}

const CLIENTS: readonly Expected[] = [
  {
    client: 'claude-code',
    agent: 'claude-code',
    calls: ['typed', 'goes-on', 'goes-on'],
    interactive: false,
    session: (headers) => headers['x-claude-code-session-id'] ?? null,
    edited: [2],
  },
  {
    client: 'claude-code-tui',
    agent: 'claude-code',
    calls: ['title', 'typed', 'goes-on', 'goes-on'],
    interactive: true,
    session: (headers) => headers['x-claude-code-session-id'] ?? null,
    edited: [3],
  },
  {
    client: 'codex',
    agent: 'codex',
    calls: ['typed', 'goes-on', 'goes-on'],
    interactive: false,
    session: (headers) => headers['session-id'] ?? null,
    edited: [2],
  },
  ...['opencode.anthropic', 'opencode.compat', 'opencode.openai'].map((client): Expected => ({
    client,
    agent: 'opencode',
    calls: ['title', 'typed', 'goes-on', 'goes-on'],
    interactive: null,
    session: (headers) => headers['x-session-id'] ?? null,
    edited: [3],
  })),
]

describe.each(CLIENTS)('$client', ({ client, agent, calls, interactive, session, edited }) => {
  const recorded = recordedRequests(client)

  test.skipIf(recorded === null)(`every call (${recorded === null ? NO_RECORDINGS : 'found'})`, () => {
    expect(recorded?.length).toBe(calls.length)
    for (const [index, { label, headers, body, scan }] of (recorded ?? []).entries()) {
      const scanned = scan(bodyOf(JSON.stringify(body)))
      const reading = readAgent(headers, scanned)
      const expected = calls[index]
      expect(reading.agent, label).toBe(agent)
      expect(reading.sessionId, label).toBe(session(headers))
      expect(reading.sessionId, label).not.toBeNull()
      expect(reading.threadHint, label).toBeNull()
      expect(reading.subagent, label).toBe(false)
      expect(reading.utility, label).toBe(expected === 'title' ? 'title' : null)
      expect(reading.typedText !== '', label).toBe(expected === 'typed')
      expect(reading.startsTurn, label).toBe(expected === 'typed')
      expect(reading.compaction || reading.planMode, label).toBe(false)
      expect(reading.interactive, label).toBe(interactive)
      const signals = readSignals(reading, scanned)
      expect(signals.edited, label).toBe(edited.includes(index))
      expect(signals.toolResults, label).toBe(expected === 'goes-on' ? 1 : 0)
      expect(signals.toolErrors, label).toBe(0)
      expect(signals.callHash === null, label).toBe(expected !== 'goes-on')
    }
  })
})

describe('claude-code.subagent', () => {
  const recorded = recordedRequests('claude-code.subagent')

  test.skipIf(recorded === null)(
    `main loop and nested sub-agents (${recorded === null ? NO_RECORDINGS : 'found'})`,
    () => {
      const tasks = new Map<string | null, string[]>()
      for (const { label, headers, body, scan } of recorded ?? []) {
        const reading = readAgent(headers, scan(bodyOf(JSON.stringify(body))))
        expect(reading.sessionId, label).toBe('42fbb485-8915-498d-84ac-43179a945ee7')
        expect(reading.threadHint, label).toBe(headers['x-claude-code-agent-id'] ?? null)
        expect(reading.subagent, label).toBe(headers['x-claude-code-request-class'] === 'subagent')
        expect(reading.subagentType, label).toBe(headers['x-claude-code-agent-type'] ?? null)
        expect(reading.utility, label).toBeNull()
        if (reading.startsTurn)
          tasks.set(reading.threadHint, [...(tasks.get(reading.threadHint) ?? []), reading.typedText])
      }
      // Three sub-agents are given their task once; the person typed once, and the last call only brings a notification.
      expect(tasks.size).toBe(4)
      expect([...tasks.values()].every((typed) => typed.length === 1)).toBe(true)
      tasks.delete(null)
      expect([...tasks.values()].flat()).toEqual(
        Array.from({ length: 3 }, () => 'Read README.md and answer with its first line.'),
      )
    },
  )

  test.skipIf(recorded === null)('without the headers of a gateway the billing line still tells a sub-agent', () => {
    for (const { label, headers, body, scan } of recorded ?? []) {
      const bare = { 'x-claude-code-session-id': headers['x-claude-code-session-id'] ?? '' }
      const reading = readAgent(bare, scan(bodyOf(JSON.stringify(body))))
      expect(reading.subagent, label).toBe('x-claude-code-agent-id' in headers)
    }
  })
})

describe.each(['sdk-anthropic', 'sdk-openai'])('%s', (client) => {
  const recorded = recordedRequests(client)

  test.skipIf(recorded === null)(
    `no session, whatever the user types is typed (${recorded === null ? NO_RECORDINGS : 'found'})`,
    () => {
      for (const { label, headers, body, scan } of recorded ?? []) {
        const scanned = scan(bodyOf(JSON.stringify(body)))
        const reading = readAgent(headers, scanned)
        expect(reading.agent, label).toBe('generic')
        expect(reading.sessionId, label).toBeNull()
        const last = scanned.messages.at(-1)
        const asksTitle = scanned.schemaProperties.includes('title')
        expect(reading.utility, label).toBe(asksTitle ? 'title' : null)
        expect(reading.startsTurn, label).toBe(last?.toolResults === 0 && !asksTitle)
      }
    },
  )
})
