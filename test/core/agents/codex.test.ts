import { describe, expect, test } from 'vitest'
import { CODEX } from '../../../src/core/agents/codex.ts'
import { readAgent } from '../../../src/core/agents/read-agent.ts'
import type { AgentReading } from '../../../src/core/agents/agent-reading.ts'
import { responses } from './request-of.ts'

const item = (role: string, ...texts: string[]): object => ({
  type: 'message',
  role,
  content: texts.map((text) => ({ type: 'input_text', text })),
})
const CONTEXT = item('user', '<environment_context>\n  <cwd>/home/dev</cwd>\n</environment_context>')
const ANSWER = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'done' }] }

function read(input: readonly object[], headers: Record<string, string> = {}): AgentReading {
  return readAgent(
    { 'x-codex-window-id': 'w', 'session-id': 's', 'thread-id': 's', originator: 'codex_cli_rs', ...headers },
    responses({ input }),
  )
}

describe('identity', () => {
  test('a sub-agent has the root session and a thread of its own', () => {
    const reading = read([item('user', 'Find the bug')], {
      'thread-id': 'child',
      'x-codex-parent-thread-id': 's',
      'x-openai-subagent': 'collab_spawn',
    })
    expect(reading).toMatchObject({
      agent: 'codex',
      sessionId: 's',
      threadHint: 'child',
      subagent: true,
      subagentType: 'collab_spawn',
    })
    expect(reading.startsTurn).toBe(true)
  })

  test('the body tells where a proxy dropped the headers', () => {
    const scan = responses({
      input: 'hi',
      prompt_cache_key: 'k',
      client_metadata: { 'x-codex-installation-id': 'i', session_id: 's', thread_id: 't' },
    })
    expect(readAgent({}, scan)).toMatchObject({ agent: 'codex', sessionId: 's', threadHint: 't' })
  })

  test.each([
    [{ originator: 'codex_exec' }, false],
    [{ originator: 'codex_cli_rs' }, true],
    [{ 'x-codex-turn-metadata': '{"turn_trigger":"exec"}' }, false],
  ])('%j', (headers, interactive) => {
    expect(read([item('user', 'a')], headers).interactive).toBe(interactive)
  })

  test.each([
    [{ 'x-openai-subagent': 'compact' }, [item('user', 'x')]],
    [{ 'x-codex-turn-metadata': '{"request_kind":"compaction"}' }, [item('user', 'x')]],
    [
      {},
      [item('user', 'a'), ANSWER, item('user', 'You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff')],
    ],
  ])('a compaction: %j', (headers, input) => {
    expect(read(input, headers)).toMatchObject({ compaction: true, subagent: false, startsTurn: false })
  })

  test('background work on memories is a utility call', () => {
    expect(read([item('user', 'x')], { 'x-openai-subagent': 'memory_consolidation' }).utility).toBe('summary')
  })
})

describe('what the person typed', () => {
  test.each([
    ['plain', [item('developer', 'rules'), CONTEXT, item('user', 'Fix src/a.ts')]],
    [
      'with instructions of the project',
      [
        item('user', '# AGENTS.md instructions for /home/dev\n\n<INSTRUCTIONS>\nrefactor\n</INSTRUCTIONS>'),
        item('user', 'Fix src/a.ts'),
      ],
    ],
    [
      'older instructions',
      [item('user', '<user_instructions>\nrefactor\n</user_instructions>'), CONTEXT, item('user', 'Fix src/a.ts')],
    ],
    [
      'from an editor',
      [item('user', '# Context from my IDE setup:\n\n## Open tabs:\n- b.ts\n\n## My request for Codex:\nFix src/a.ts')],
    ],
    [
      'after an interruption',
      [
        item('user', 'old'),
        ANSWER,
        item('user', '<turn_aborted>\nstopped\n</turn_aborted>'),
        item('user', 'Fix src/a.ts'),
      ],
    ],
    [
      'between calls',
      [
        item('user', 'old'),
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: 'x' },
        item('user', 'Fix src/a.ts'),
      ],
    ],
  ])('%s', (_what, input) => {
    expect(read(input).typedText).toBe('Fix src/a.ts')
  })

  test('results alone start no turn', () => {
    const input = [
      item('user', 'a'),
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'x' },
    ]
    expect(read(input)).toMatchObject({ typedText: '', startsTurn: false })
  })
})

describe('plan mode', () => {
  test.each([
    ['<collaboration_mode># Plan Mode (Conversational)\nYou work in 3 phases', true],
    ['<collaboration_mode># Collaboration Mode: Plan\nPlan only.', true],
    ['<collaboration_mode># Collaboration Mode: Default\nPrevious modes (e.g. Plan mode) are no longer active.', false],
    ['rules: `<collaboration_mode># Plan Mode', false],
  ])('%s', (text, planMode) => {
    expect(read([item('developer', `${text}</collaboration_mode>`), item('user', 'go')]).planMode).toBe(planMode)
  })
})

describe('evidence', () => {
  test.each([
    ['Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 1\nOriginal token count: 5\nOutput:\nboom', true],
    ['Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\nProcess exited with code 1', false],
    ['Exit code: 2\nWall time: 0 seconds\nOutput:\nx', true],
    ['Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\nA x', false],
    ['{"output":"boom","metadata":{"exit_code":1,"duration_seconds":0.1}}', true],
    ['{"output":"\\"exit_code\\": 1","metadata":{"exit_code":0,"duration_seconds":0.1}}', false],
    ['apply_patch verification failed: Failed to find expected lines', true],
    ['execution error: Io(Custom)', true],
    ['unsupported call: no_such_tool', true],
    ['failed to parse function arguments: missing field `cmd` at line 1 column 10', true],
    ['write_stdin failed: Unknown process id 999', true],
    ['collab tool failed: agent with id x not found', true],
    [
      'Chunk ID: 1\nWall time: 0.5 seconds\nProcess running with session ID 7\nOriginal token count: 0\nOutput:\n',
      false,
    ],
    ['the error was here', false],
    ['', false],
  ])('%s', (text, failed) => {
    expect(CODEX.failed(text)).toBe(failed)
  })

  test('to wait is no call of its own', () => {
    expect(CODEX.waits('write_stdin', '{"session_id":7,"chars":"","yield_time_ms":5000}')).toBe(true)
    expect(CODEX.waits('write_stdin', '{"session_id":7}')).toBe(true)
    expect(CODEX.waits('write_stdin', '{"session_id":7,"chars":"y\\n"}')).toBe(false)
    expect(CODEX.waits('wait_agent', '{"ids":["a"]}')).toBe(true)
    expect(CODEX.waits('exec_command', '{"cmd":"npm test"}')).toBe(false)
  })

  test('edits are patches, also those sent through the shell', () => {
    expect(CODEX.edits('apply_patch', '*** Begin Patch')).toBe(true)
    expect(CODEX.edits('shell', '{"command":["apply_patch","*** Begin Patch\\n"]}')).toBe(true)
    expect(CODEX.edits('exec_command', '{"cmd":"ls"}')).toBe(false)
  })
})
