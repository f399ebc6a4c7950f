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

/** What each client writes where a tool failed: the mark of its API, or its own words where the API has none. */
const FAILED: Readonly<Record<string, (result: Record<string, unknown>) => Record<string, unknown>>> = {
  'claude-code': (result) => ({ ...result, is_error: true }),
  codex: (result) => ({ ...result, output: 'Wall time: 1 seconds\nProcess exited with code 2\nOutput:\nno' }),
  'opencode.anthropic': (result) => ({ ...result, is_error: true }),
  'opencode.compat': (result) => ({ ...result, content: 'File not found: /w/a.ts' }),
  'opencode.openai': (result) => ({ ...result, output: 'apply_patch verification failed: no such line' }),
}

/** The same with the last result of tests that failed behind a pipe. */
const TESTS_FAILED = 'FAIL src/a.test.ts\nTests:       1 failed, 2 total\n'

/** A recorded request with its newest tool result rewritten. */
function withLastResult(
  body: Readonly<Record<string, unknown>>,
  rewrite: (result: Record<string, unknown>) => Record<string, unknown>,
): string {
  const copy = structuredClone(body) as Record<string, unknown>
  const items = (copy['messages'] ?? copy['input']) as Record<string, unknown>[]
  const blocks = items.flatMap((item, index) => {
    const content = Array.isArray(item['content']) ? (item['content'] as Record<string, unknown>[]) : []
    const inside = content.flatMap((block, at) => (block['type'] === 'tool_result' ? [{ list: content, at }] : []))
    const itself = item['role'] === 'tool' || String(item['type']).endsWith('call_output')
    return itself ? [{ list: items, at: index }] : inside
  })
  const last = blocks.at(-1)
  if (last === undefined) throw new Error('the request holds no tool result')
  last.list[last.at] = rewrite(last.list[last.at] ?? {})
  return JSON.stringify(copy)
}

describe.each(Object.entries(FAILED))('a failed tool in the recorded shape of %s', (client, fail) => {
  const recorded = recordedRequests(client)

  test.skipIf(recorded === null)(
    `is an error, as tests that fail are (${recorded === null ? NO_RECORDINGS : 'found'})`,
    () => {
      const last = recorded?.at(-1)
      if (last === undefined) throw new Error('nothing was recorded')
      const seen = (rewrite: (result: Record<string, unknown>) => Record<string, unknown>) => {
        const scanned = last.scan(bodyOf(withLastResult(last.body, rewrite)))
        return readSignals(readAgent(last.headers, scanned), scanned)
      }
      expect(seen((result) => result)).toMatchObject({ toolErrors: 0, testsFailed: false })
      expect(seen(fail)).toMatchObject({ toolErrors: 1, testsFailed: false, edited: false })
      const field = client === 'codex' || client === 'opencode.openai' ? 'output' : 'content'
      expect(seen((result) => ({ ...result, [field]: TESTS_FAILED }))).toMatchObject({
        toolErrors: 1,
        testsFailed: true,
      })
    },
  )
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
