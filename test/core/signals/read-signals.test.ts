import { describe, expect, test } from 'vitest'
import { readAgent } from '../../../src/core/agents/read-agent.ts'
import { readSignals } from '../../../src/core/signals/read-signals.ts'
import type { RequestScan } from '../../../src/core/dialects/request-scan.ts'
import type { RequestSignals } from '../../../src/core/signals/request-signals.ts'
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
    expect(signals(scan, {})).toMatchObject({
      staticBytes: 5 + toolsBytes,
      conversationBytes: 9,
      addedBytes: 2,
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
