import { describe, expect, test } from 'vitest'
import { readAgent } from '../../../src/core/agents/read-agent.ts'
import { readSignals } from '../../../src/core/signals/read-signals.ts'
import type { RequestScan } from '../../../src/core/dialects/request-scan.ts'
import type { RequestSignals } from '../../../src/core/signals/request-signals.ts'
import { weighRequest } from '../../../src/core/tokens/request-weight.ts'
import { call, chat, messages, responses, result, user } from '../agents/request-of.ts'

const CLAUDE = { 'x-claude-code-session-id': 's' }

const signals = (scan: RequestScan, headers: Record<string, string> = CLAUDE): RequestSignals =>
  readSignals(readAgent(headers, scan), scan)

const turn = (...list: unknown[]): RequestSignals => signals(messages({ messages: list }))

describe('of what the person typed', () => {
  test('words, paths and traces', () => {
    const text = 'Why does src/a.ts break lib/b.ts?\n    at f (/app/src/a.ts:1:2)\n    at g (/app/src/c.ts:3:4)'
    expect(turn(user('<system-reminder>src/z.ts</system-reminder>', text))).toMatchObject({
      words: 11,
      filePaths: ['src/a.ts', 'lib/b.ts', '/app/src/a.ts', '/app/src/c.ts'],
      stackTrace: true,
      stackTraceFiles: 2,
      startsTurn: true,
    })
  })

  test('a reply is one only where there was an answer', () => {
    const answer = { role: 'assistant', content: 'done' }
    expect(turn(user('fix it'), answer, user('ok'))).toMatchObject({ acknowledgement: true, complaint: false })
    expect(turn(user('fix it'), answer, user('still failing'))).toMatchObject({
      acknowledgement: false,
      complaint: true,
    })
    expect(turn(user('ok'))).toMatchObject({ acknowledgement: false })
    expect(turn(user('the login is still broken'))).toMatchObject({ complaint: false })
  })

  test('at most 8,000 characters are kept', () => {
    expect(turn(user('a '.repeat(9_000))).typedText.length).toBe(8_000)
  })

  test('scripts without spaces have words too', () => {
    expect(turn(user('修复这个测试失败的问题')).words).toBe(6)
    expect(turn(user('')).words).toBe(0)
  })
})

describe('of tools', () => {
  test('errors by the mark of the client, or by its wording where it has none', () => {
    const marked = [result('boom', true, 'a'), result('fine', false, 'b')]
    expect(turn(user('go'), call('Bash'), { role: 'user', content: marked })).toMatchObject({
      toolResults: 2,
      toolErrors: 1,
    })
    const codex = responses({
      input: [
        { type: 'function_call', call_id: 'c', name: 'exec_command', arguments: '{"cmd":"npm test"}' },
        {
          type: 'function_call_output',
          call_id: 'c',
          output: 'Wall time: 1 seconds\nProcess exited with code 1\nOutput:\nTests:       1 failed, 2 total\n',
        },
      ],
    })
    expect(signals(codex, { 'x-codex-window-id': 'w' })).toMatchObject({
      toolErrors: 1,
      testsFailed: true,
      testsPassed: false,
    })
  })

  test('edits that were applied', () => {
    const edited = (isError: boolean): boolean =>
      turn(user('go'), call('Edit', { file_path: 'a' }), { role: 'user', content: [result('done', isError)] }).edited
    expect(edited(false)).toBe(true)
    expect(edited(true)).toBe(false)
    expect(turn(user('go'), call('Read'), { role: 'user', content: [result('x')] }).edited).toBe(false)
  })

  test("edits of another client go by that client's tools", () => {
    const scan = chat({
      messages: [
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'write', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'Wrote file successfully.' },
      ],
    })
    expect(signals(scan, { 'x-session-id': 'ses_1' })).toMatchObject({ agent: 'opencode', edited: true })
  })

  test('a test run that fails is an error, however its command ended', () => {
    const piped = 'FAIL src/a.test.ts\nTests:       1 failed, 2 total\n'
    const edits = [call('Edit', {}, 'a'), { role: 'user', content: [result(piped, false, 'a')] }]
    expect(turn(user('go'), ...edits)).toMatchObject({ toolErrors: 1, testsFailed: true, edited: true })
    const both = {
      role: 'user',
      content: [result(piped, true, 'a'), result('Tests:       2 passed, 2 total', false, 'b')],
    }
    expect(turn(user('go'), call('Bash'), both)).toMatchObject({ toolErrors: 1, testsFailed: true, testsPassed: true })
  })

  test('to wait for something in the background is no call that is made again', () => {
    const waiting = call('TaskOutput', { task_id: 'b1' })
    expect(turn(user('go'), waiting, { role: 'user', content: [result('running')] }).callHash).toBeNull()
    const both = {
      role: 'assistant',
      content: [...(waiting['content'] as unknown[]), { type: 'tool_use', id: 't2', name: 'Bash', input: { a: 1 } }],
    }
    const alone = { role: 'assistant', content: [{ type: 'tool_use', id: 't3', name: 'Bash', input: { a: 1 } }] }
    expect(turn(user('go'), both, user('x')).callHash).toBe(turn(user('go'), alone, user('x')).callHash)
    expect(turn(user('go'), both, user('x')).callHash).not.toBeNull()
  })

  test('the same calls again have the same hash, whatever their ids', () => {
    const hash = (name: string, input: unknown, id: string): number | null =>
      turn(user('go'), call(name, input, id), { role: 'user', content: [result('x', false, id)] }).callHash
    expect(hash('Read', { a: 1 }, 't1')).toBe(hash('Read', { a: 1 }, 't2'))
    expect(hash('Read', { a: 1 }, 't1')).not.toBe(hash('Read', { a: 2 }, 't1'))
    expect(hash('Read', { a: 1 }, 't1')).not.toBe(hash('Edit', { a: 1 }, 't1'))
    expect(turn(user('go')).callHash).toBeNull()
  })

  test('huge inputs that differ in length have different hashes', () => {
    const hash = (size: number): number | null =>
      turn(user('go'), call('Write', { content: 'x'.repeat(size) }), user('a')).callHash
    expect(hash(50_000)).not.toBe(hash(50_001))
  })
})

/** As the published clients word what their tools came to; opencode tells no exit code in any dialect. */
describe.each([
  [
    'a command that fails',
    {
      claude: ['Exit code 3\nout\nboom', true],
      codex:
        'Chunk ID: 514e5c\nWall time: 0.0000 seconds\nProcess exited with code 3\nOriginal token count: 1\nOutput:\nout\n',
      opencode: null,
    },
  ],
  [
    'a command out of time',
    {
      claude: ['Exit code 143\nCommand timed out after 1s', true],
      codex: 'Exit code: 124\nWall time: 1 seconds\nOutput:\ncommand timed out after 1000 milliseconds',
      opencode:
        '(no output)\n\n<shell_metadata>\nshell tool terminated command after exceeding timeout 1000 ms. Retry with a larger timeout.\n</shell_metadata>',
    },
  ],
  [
    'a file that is not there',
    {
      claude: ['File does not exist. Note: your current working directory is /w.', true],
      codex: null,
      opencode: 'File not found: /w/nope.ts',
    },
  ],
  [
    'an edit that does not match',
    {
      claude: ['<tool_use_error>String to replace not found in file.\nString: nope</tool_use_error>', true],
      codex: 'apply_patch verification failed: Failed to find expected lines in /w/README.md:\nno such line',
      opencode:
        'Could not find oldString in the file. It must match exactly, including whitespace, indentation, and line endings.',
    },
  ],
  [
    'a tool that is not there',
    {
      claude: ['<tool_use_error>Error: No such tool available: NoSuchTool</tool_use_error>', true],
      codex: 'unsupported call: no_such_tool',
      opencode:
        "The arguments provided to the tool are invalid: Model tried to call unavailable tool 'no_such_tool'. Available tools: bash.",
    },
  ],
  [
    'an input that does not fit',
    {
      claude: ['<tool_use_error>InputValidationError: Bash failed</tool_use_error>', true],
      codex: 'failed to parse function arguments: missing field `cmd` at line 1 column 10',
      opencode:
        'The bash tool was called with invalid arguments: SchemaError(Missing key\n  at ["command"]).\nPlease rewrite the input.',
    },
  ],
  [
    'tests that fail behind a pipe',
    {
      claude: ['FAIL x\nTests:       1 failed, 2 total', false],
      codex: 'Wall time: 1 seconds\nProcess exited with code 0\nOutput:\nTests:       1 failed, 2 total\n',
      opencode: 'FAIL x\nTests:       1 failed, 2 total\n',
    },
  ],
] as const)('%s', (_, { claude, codex, opencode }) => {
  test('of Claude Code', () => {
    const [text, isError] = claude
    expect(turn(user('go'), call('Bash'), { role: 'user', content: [result(text, isError)] }).toolErrors).toBe(1)
  })

  if (codex !== null)
    test('of Codex', () => {
      const input = [
        { type: 'function_call', call_id: 'c', name: 'exec_command', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: codex },
      ]
      expect(signals(responses({ input }), { 'x-codex-window-id': 'w' })).toMatchObject({
        agent: 'codex',
        toolErrors: 1,
      })
    })

  if (opencode !== null)
    test('of opencode, in dialects without a mark for errors', () => {
      const session = { 'x-session-id': 'ses_1' }
      const history = [
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'bash', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: opencode },
      ]
      expect(signals(chat({ messages: history }), session)).toMatchObject({ agent: 'opencode', toolErrors: 1 })
      const input = [
        { type: 'function_call', call_id: 'c', name: 'bash', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: opencode },
      ]
      expect(signals(responses({ input }), session)).toMatchObject({ agent: 'opencode', toolErrors: 1 })
    })
})

describe('sizes', () => {
  test('static prefix, conversation and what was added', () => {
    const scan = chat({
      tools: [{ type: 'function', function: { name: 'f' } }],
      reasoning_effort: 'low',
      max_tokens: 7,
      messages: [
        { role: 'system', content: '12345' },
        { role: 'user', content: '1234' },
        { role: 'assistant', content: '123' },
        { role: 'user', content: '12' },
      ],
    })
    const toolsBytes = JSON.stringify([{ type: 'function', function: { name: 'f' } }]).length
    expect(scan).toMatchObject({ systemBytes: 5, toolsBytes })
    expect(signals(scan, {})).toMatchObject({
      ...weighRequest(scan),
      tools: 1,
      thinkingAsked: true,
      outputLimit: 7,
    })
    expect(
      signals(
        chat({
          messages: [
            { role: 'system', content: '12345' },
            { role: 'user', content: '1' },
          ],
        }),
        {},
      ).addedBytes,
    ).toBe(1)
  })
})
