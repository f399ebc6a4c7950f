/** Requests recorded from real agents, translated to the dialects they were not written in. */
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/chat/json-value.ts'
import { isObject } from '../../../src/core/chat/json-value.ts'
import { DIALECTS } from '../../../src/core/dialects/dialect.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import {
  answerContext,
  readChatRequest,
  whyNotTranslatable,
  writeChatRequest,
} from '../../../src/core/dialects/translation.ts'
import { fixturesDirectory, readFixture } from '../../cli/upstream/running.ts'
import { MODELS, strictProvider } from '../../dialects/scripted-provider.ts'
import { faultsOf, translateStream, wireEvents } from '../../dialects/wire-stream.ts'

const directory = fixturesDirectory()
const judge = strictProvider()

const RECORDINGS: readonly (readonly [file: string, dialect: DialectName, path: string])[] = [
  ['claude-code.jsonl', 'anthropic-messages', '/v1/messages?beta=true'],
  ['claude-code-tui.jsonl', 'anthropic-messages', '/v1/messages?beta=true'],
  ['claude-code.subagent.jsonl', 'anthropic-messages', '/v1/messages?beta=true'],
  ['opencode.anthropic.jsonl', 'anthropic-messages', '/v1/messages'],
  ['opencode.compat.jsonl', 'openai-chat-completions', '/v1/chat/completions'],
  ['opencode.openai.jsonl', 'openai-responses', '/v1/responses'],
  ['codex.jsonl', 'openai-responses', '/v1/responses'],
]

function bodiesOf(file: string, path: string): JsonObject[] {
  if (directory === null) return []
  const fixtures = readFixture(directory, file).filter((one) => one.method === 'POST' && one.url === path)
  return fixtures.map((one) => one.body).filter(isObject)
}

const given = { model: null, fallbackId: 'req_1', now: 0 }

describe.skipIf(directory === null)('recorded requests (need ../shared/fixtures)', () => {
  const pairs = RECORDINGS.flatMap(([file, dialect, path]) =>
    DIALECTS.filter((to) => to !== dialect).map((to) => ({ file, dialect, path, to })),
  )

  it.each(pairs)('$file is served in $to', async ({ file, dialect, path, to }) => {
    const bodies = bodiesOf(file, path)
    expect(bodies.length).toBeGreaterThan(1)
    for (const body of bodies) {
      const request = readChatRequest(body, dialect)
      expect(whyNotTranslatable(request, to)).toBeNull()
      const written = writeChatRequest(request, to, { maxOutputTokens: 32_000 })
      for (const model of MODELS[to]) {
        const judged = await judge.send(written.body, to, model)
        expect(judged.status, judged.text).toBe(200)
        const stream = translateStream([judged.text], { from: to, to: dialect }, answerContext(request, body, given))
        expect(stream.finished).toBe(true)
        expect(faultsOf(stream.text, dialect)).toEqual([])
      }
    }
  })

  it('names what Codex loses on a Claude model, and nothing else', () => {
    const bodies = bodiesOf('codex.jsonl', '/v1/responses')
    const written = bodies.map((body) =>
      writeChatRequest(readChatRequest(body, 'openai-responses'), 'anthropic-messages', { maxOutputTokens: 1 }),
    )
    expect(written.map((one) => [...one.warnings].toSorted())).toEqual([
      ['tool:tool_search:dropped', 'tool:web_search:dropped', 'verbosity:dropped'],
      ['reasoning:dropped', 'tool:tool_search:dropped', 'tool:web_search:dropped', 'verbosity:dropped'],
      ['reasoning:dropped(2)', 'tool:tool_search:dropped', 'tool:web_search:dropped', 'verbosity:dropped'],
    ])
  })

  it('gives Codex its freeform patches back from a Claude model', async () => {
    const [body] = bodiesOf('codex.jsonl', '/v1/responses')
    if (body === undefined) throw new Error('no recording')
    const request = readChatRequest(body, 'openai-responses')
    const patch = '*** Begin Patch\n*** Add File: a.md\n+"quoted" \\ é\n*** End Patch'
    const wire = claudeStreamCalling('apply_patch', JSON.stringify({ input: patch }))
    const context = answerContext(request, body, given)
    const direction = { from: 'anthropic-messages', to: 'openai-responses' } as const
    const events = wireEvents(translateStream([wire], direction, context).text)
    const done = events.find((event) => event.name === 'response.output_item.done')?.data['item']
    expect(done).toMatchObject({ type: 'custom_tool_call', name: 'apply_patch', input: patch, call_id: 'toolu_01' })
    expect(events.map((event) => event.name)).toContain('response.custom_tool_call_input.done')
  })
})

function claudeStreamCalling(name: string, json: string): string {
  const events: JsonObject[] = [
    { type: 'message_start', message: { id: 'msg_1', model: 'claude', usage: { input_tokens: 5, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'toolu_01', name, input: {} } },
    ...[...json].map((piece) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json: piece },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
    { type: 'message_stop' },
  ]
  return events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}
