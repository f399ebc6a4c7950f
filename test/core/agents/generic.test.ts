import { describe, expect, test } from 'vitest'
import { GENERIC } from '../../../src/core/agents/generic.ts'
import { readAgent } from '../../../src/core/agents/read-agent.ts'
import { chat, messages, responses, user } from './request-of.ts'

describe('sessions', () => {
  test.each([
    [{ 'x-session-id': 'a' }, {}, 'a'],
    [{ session_id: 'b' }, {}, 'b'],
    [{}, { prompt_cache_key: 'c' }, 'c'],
    [{}, { metadata: { user_id: '{"session_id":"d"}' } }, 'd'],
    [{}, { user: 'somebody' }, null],
    [{}, {}, null],
  ])('%j %j', (headers, fields, session) => {
    const scan = responses({ input: 'hi', ...fields })
    expect(readAgent(headers as unknown as Record<string, string>, scan).sessionId).toBe(session)
  })

  test('Copilot tells its sub-agents', () => {
    const scan = chat({ messages: [{ role: 'user', content: 'a' }] })
    expect(readAgent({ 'x-interaction-type': 'conversation-subagent' }, scan).subagent).toBe(true)
    expect(readAgent({ 'x-interaction-type': 'conversation-user' }, scan).subagent).toBe(false)
  })
})

test.each([
  ['plain', 'Fix it', 'Fix it'],
  ['Cline', '<task>\nFix it\n</task>\n<environment_details>\nrefactor a.ts\n</environment_details>', 'Fix it'],
  ['Copilot', '<attachments>\nrefactor\n</attachments>\n<userRequest>\nFix it\n</userRequest>', 'Fix it'],
  ['Cursor', '<user_info>\nOS: linux\n</user_info>\n<user_query>\nFix it\n</user_query>', 'Fix it'],
  ['Continue', '```ts src/app.ts (1-9)\nrefactor()\n```\nFix it', 'Fix it'],
  ['Qwen Code', '<system-reminder>\nrefactor\n</system-reminder>\nFix it', 'Fix it'],
  ['an element that is never closed', 'what does <env> mean?', 'what does <env> mean?'],
])('what is typed: %s', (_client, text, typed) => {
  expect(readAgent({}, messages({ messages: [user(text)] })).typedText).toBe(typed)
})

test.each([
  ['write_file', true],
  ['edit_file', true],
  ['str_replace_based_edit_tool', true],
  ['apply_patch', true],
  ['create', true],
  ['replace', true],
  ['MultiEdit', true],
  ['write_todos', false],
  ['write_stdin', false],
  ['update_plan', false],
  ['read_file', false],
  ['credit', false],
])('the tool %s edits: %s', (name, edits) => {
  expect(GENERIC.edits(name, '')).toBe(edits)
})

test.each([
  ['Error: no such file', true],
  ['Command exited with code 1\nboom', true],
  ['Exit code: 0', false],
  ['there was an error in the log', false],
])('the result "%s" failed: %s', (text, failed) => {
  expect(GENERIC.failed(text)).toBe(failed)
})

test('hostile texts are read in time', () => {
  const hostile = [
    '<env>'.repeat(6_000),
    '<'.repeat(30_000),
    '```'.repeat(10_000),
    '<file a="'.repeat(3_000),
    `${'<task>'.repeat(3_000)}</task>`,
  ]
  const started = performance.now()
  for (const text of hostile) readAgent({}, messages({ messages: [user(text)] }))
  expect(performance.now() - started).toBeLessThan(1_000)
})

test.each([
  ['wait', true],
  ['wait_for_process', true],
  ['browser_wait_for', true],
  ['get_task_output', true],
  ['command_status', true],
  ['await_terminal', true],
  ['waitlist_add', false],
  ['git_status', false],
  ['run_command', false],
])('the tool %s only waits: %s', (name, waits) => {
  expect(GENERIC.waits(name, '')).toBe(waits)
})
