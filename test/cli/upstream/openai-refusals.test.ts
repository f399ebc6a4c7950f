import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/cli/upstream/json.ts'
import { errorMessage, runningUpstream } from './running.ts'

const running = runningUpstream()
const hi = [{ role: 'user', content: 'hi' }]
const call = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
}

describe('what Chat Completions refuses', () => {
  const CASES: [name: string, body: JsonObject, words: RegExp, code: string | null][] = [
    [
      'max_tokens on a reasoning model',
      { model: 'gpt-5.5', max_tokens: 10 },
      /^Unsupported parameter: 'max_tokens' is not supported with this model\. Use 'max_completion_tokens' instead\.$/,
      'unsupported_parameter',
    ],
    [
      'temperature on a reasoning model',
      { model: 'gpt-5-nano', temperature: 0.2 },
      /^Unsupported parameter: 'temperature'/,
      'unsupported_parameter',
    ],
    [
      'an effort on a classic model',
      { model: 'gpt-4.1', reasoning_effort: 'low' },
      /^Unsupported parameter: 'reasoning_effort'/,
      'unsupported_parameter',
    ],
    [
      'an unknown effort',
      { model: 'gpt-5.5', reasoning_effort: 'minimal' },
      /^Unsupported value: 'reasoning_effort'/,
      'unsupported_value',
    ],
    [
      'too many tokens',
      { model: 'gpt-4.1', max_tokens: 40_000 },
      /^max_tokens is too large: 40000\. This model supports at most 32768/,
      'invalid_value',
    ],
    [
      'no messages',
      { messages: undefined },
      /^Missing required parameter: 'messages'\.$/,
      'missing_required_parameter',
    ],
    ['empty messages', { messages: [] }, /empty array/, 'empty_array'],
    ['an unknown role', { messages: [{ role: 'bot', content: 'x' }] }, /^Invalid value: 'bot'/, 'invalid_value'],
    [
      'a tool message without a call',
      { messages: [...hi, { role: 'tool', tool_call_id: 'c1', content: 'x' }] },
      /^Invalid parameter: messages with role 'tool' must be a response/,
      null,
    ],
    ['a call without a tool message', { messages: [...hi, call, ...hi] }, /did not have response messages: c1$/, null],
    [
      'stream options without a stream',
      { stream_options: { include_usage: true } },
      /only allowed when 'stream' is enabled\.$/,
      null,
    ],
    [
      'a prompt above the window',
      { model: 'gpt-4o', messages: [{ role: 'user', content: 'x'.repeat(512_100) }] },
      /^This model's maximum context length is 128000 tokens\. However, your messages resulted in 128025 tokens/,
      'context_length_exceeded',
    ],
  ]
  it.each(CASES)('%s', async (_name, body, words, code) => {
    const answered = await running.openai('chat/completions', { model: 'gpt-4.1', messages: hi, ...body })
    expect(answered.status).toBe(400)
    expect(errorMessage(answered)).toMatch(words)
    expect(answered.json.error).toMatchObject({ type: 'invalid_request_error', code })
  })

  it('accepts what the same models allow', async () => {
    const bodies = [
      { model: 'gpt-5.5', max_completion_tokens: 10, reasoning_effort: 'high', temperature: 1 },
      { model: 'gpt-4.1', max_tokens: 10, temperature: 0.2, top_p: 0.5 },
      { model: 'gpt-5.4-nano', reasoning_effort: 'none', temperature: 0.5 },
      { model: 'gpt-4.1-nano-2025-04-14' },
    ]
    for (const body of bodies) {
      const answered = await running.openai('chat/completions', { messages: hi, ...body })
      expect(answered.status, answered.text).toBe(200)
    }
  })

  it('answers 404 for an unknown model and 401 without a key', async () => {
    const unknown = await running.openai('chat/completions', { model: 'gpt-9', messages: hi })
    expect(unknown.status).toBe(404)
    expect(unknown.json.error).toMatchObject({ code: 'model_not_found' })
    const keyless = await running.call('POST', '/v1/chat/completions', { model: 'gpt-4.1', messages: hi })
    expect(keyless.status).toBe(401)
    expect(errorMessage(keyless)).toMatch(/^You didn't provide an API key/)
    await running.script({ settings: { keys: ['right'] } })
    const wrong = await running.openai('chat/completions', { model: 'gpt-4.1', messages: hi })
    expect(wrong.json.error).toMatchObject({ code: 'invalid_api_key' })
  })
})

describe('what Responses refuses', () => {
  const CASES: [name: string, body: JsonObject, words: RegExp, code: string | null][] = [
    ['no input', { input: undefined }, /^Missing required parameter: 'input'\.$/, 'missing_required_parameter'],
    ['messages instead of input', { messages: hi }, /^Unknown parameter: 'messages'\.$/, 'unknown_parameter'],
    [
      'few output tokens',
      { max_output_tokens: 8 },
      /Expected a value >= 16, but got 8 instead\.$/,
      'integer_below_min_value',
    ],
    [
      'temperature on a reasoning model',
      { model: 'gpt-5.5', temperature: 0 },
      /^Unsupported parameter: 'temperature'/,
      'unsupported_parameter',
    ],
    [
      'an unknown earlier response',
      { previous_response_id: 'resp_x' },
      /^Previous response with id 'resp_x' not found\.$/,
      'previous_response_not_found',
    ],
    [
      'a call without output',
      { input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }] },
      /^No tool output found for function call c\.$/,
      null,
    ],
    [
      'an output without a call',
      { input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] },
      /^No tool call found for function call output with call_id c\.$/,
      null,
    ],
    [
      'a custom call without output',
      { input: [{ type: 'custom_tool_call', call_id: 'c', name: 'f', input: '' }] },
      /^No tool output found for custom tool call c\.$/,
      null,
    ],
    [
      'foreign encrypted reasoning',
      { model: 'gpt-5.5', input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'abc' }, ...hi] },
      /^The encrypted content for item rs_1 could not be verified\./,
      'invalid_encrypted_content',
    ],
  ]
  it.each(CASES)('%s', async (_name, body, words, code) => {
    const answered = await running.openai('responses', { model: 'gpt-4.1', input: 'hi', ...body })
    expect(answered.status).toBe(400)
    expect(errorMessage(answered)).toMatch(words)
    expect(answered.json.error).toMatchObject({ code })
  })

  it('keeps an answer unless told not to, for its own account only', async () => {
    const first = await running.openai('responses', { model: 'gpt-4.1', input: 'hi' })
    const next = { model: 'gpt-4.1', input: 'again', previous_response_id: first.json.id }
    const second = await running.openai('responses', next)
    expect(second.status).toBe(200)
    const tokens = (answered: { json: JsonObject }) => (answered.json.usage as { input_tokens: number }).input_tokens
    expect(tokens(second)).toBeGreaterThan(tokens(first))
    expect((await running.openai('responses', next, { authorization: 'Bearer other' })).status).toBe(400)
    const unstored = await running.openai('responses', { model: 'gpt-4.1', input: 'hi', store: false })
    expect((await running.openai('responses', { ...next, previous_response_id: unstored.json.id })).status).toBe(400)
  })
})
