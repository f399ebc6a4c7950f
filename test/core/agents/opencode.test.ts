import { describe, expect, test } from 'vitest'
import { OPENCODE } from '../../../src/core/agents/opencode.ts'
import { readAgent } from '../../../src/core/agents/read-agent.ts'
import type { AgentReading } from '../../../src/core/agents/agent-reading.ts'
import { chat, messages, responses, user } from './request-of.ts'

const HEADERS = { 'x-session-id': 'ses_own', 'x-session-affinity': 'ses_own' }
const PLAN =
  '<system-reminder>\n# Plan Mode - System Reminder\n\nCRITICAL: Plan mode ACTIVE - you are in READ-ONLY phase.\n</system-reminder>'

function read(list: readonly unknown[], headers: Record<string, string> = HEADERS): AgentReading {
  return readAgent(headers, messages({ system: 'You are opencode', tools: [{ name: 'read' }], messages: list }))
}

describe('identity', () => {
  test("a child sends its own id and its parent's: the parent is the session, its own id the thread", () => {
    const reading = read([user('Find it')], { ...HEADERS, 'x-parent-session-id': 'ses_root' })
    expect(reading).toMatchObject({
      agent: 'opencode',
      sessionId: 'ses_root',
      threadHint: 'ses_own',
      subagent: true,
      startsTurn: true,
    })
    expect(read([user('Find it')])).toMatchObject({ sessionId: 'ses_own', threadHint: null, subagent: false })
  })

  test('in every dialect, also where it sends headers that Codex has too', () => {
    expect(readAgent(HEADERS, chat({ messages: [{ role: 'user', content: 'a' }] })).agent).toBe('opencode')
    expect(readAgent({ originator: 'opencode', 'session-id': 'ses_1' }, responses({ input: 'a' }))).toMatchObject({
      agent: 'opencode',
      sessionId: 'ses_1',
    })
    expect(readAgent({ 'x-session-id': 'abc' }, chat({ messages: [{ role: 'user', content: 'a' }] })).agent).toBe(
      'generic',
    )
  })
})

describe('what the person typed', () => {
  test.each([
    ['plain', ['Fix src/a.ts']],
    ['in the quotes of `opencode run`', ['"Fix src/a.ts"']],
    [
      'with a file attached',
      [
        'Fix src/a.ts',
        'Called the Read tool with the following input: {"filePath":"/a.ts"}',
        '<path>/a.ts</path>\n<type>file</type>\n<content>refactor</content>',
      ],
    ],
    ['in plan mode', ['Fix src/a.ts', PLAN]],
    [
      'queued while the model worked',
      [
        '<system-reminder>\nThe user sent the following message:\nFix src/a.ts\n\nPlease address this message and continue with your tasks.\n</system-reminder>',
      ],
    ],
  ])('%s', (_what, texts) => {
    expect(read([user(...texts)]).typedText).toBe('Fix src/a.ts')
  })

  test('quotes inside stay', () => {
    expect(read([user('"a" and "b"')]).typedText).toBe('"a" and "b"')
  })
})

describe('kinds of calls', () => {
  test('plan mode is on while its reminder is in the new part', () => {
    expect(read([user('a', PLAN)]).planMode).toBe(true)
    expect(read([user('a', PLAN), { role: 'assistant', content: 'b' }, user('c')]).planMode).toBe(false)
    expect(
      read([user('a', '<system-reminder>\nYour operational mode has changed from plan to build.\n</system-reminder>')])
        .planMode,
    ).toBe(false)
  })

  test('titles, summaries and compactions', () => {
    const title = chat({
      messages: [
        { role: 'system', content: 'You are a title generator. You output ONLY a thread title.' },
        { role: 'user', content: 'x' },
      ],
    })
    expect(readAgent(HEADERS, title)).toMatchObject({ utility: 'title', startsTurn: false })
    const summary = chat({
      messages: [
        { role: 'system', content: 'Summarize what was done in this conversation' },
        { role: 'user', content: 'x' },
      ],
    })
    expect(readAgent(HEADERS, summary).utility).toBe('summary')
    expect(
      read([
        user('a'),
        { role: 'assistant', content: 'b' },
        user('Provide a detailed prompt for continuing our conversation above.'),
      ]),
    ).toMatchObject({
      compaction: true,
      utility: null,
      startsTurn: false,
    })
  })
})

test.each([
  ['Error: oldString not found in content', true],
  [
    'The bash tool was called with invalid arguments: SchemaError(Missing key\n  at ["command"]).\nPlease rewrite',
    true,
  ],
  ['partial\n\nCommand exited with code 2.', true],
  ['fine\n\nCommand exited with code 0.', false],
  ['partial\n\nCommand timed out before completion.', true],
  [
    '(no output)\n\n<shell_metadata>\nshell tool terminated command after exceeding timeout 1000 ms. If this command is expected to take longer, retry.\n</shell_metadata>',
    true,
  ],
  ['out\n\n<shell_metadata>\nUser aborted the command\n</shell_metadata>', false],
  ['the log says: Command timed out before completion. Then it went on.', false],
  ['File not found: /a.ts', true],
  ['The user rejected permission to use this specific tool call', true],
  ['<path>/a.ts</path>\n<content>Error: in a log</content>', false],
  ['Wrote file successfully.', false],
  ['all good', false],
])('the result "%s"', (text, failed) => {
  expect(OPENCODE.failed(text)).toBe(failed)
})
