import { describe, expect, it } from 'vitest'
import { countTokens, fillerOf } from '../../../src/cli/upstream/token-count.ts'
import { runningUpstream, usageOf } from './running.ts'

const running = runningUpstream()

describe('the counting rule', () => {
  it('is bytes / 4 times the tokenizer ratio, rounded up once', () => {
    expect(countTokens('', 1)).toBe(0)
    expect(countTokens('a', 1)).toBe(1)
    expect(countTokens('abcd', 1)).toBe(1)
    expect(countTokens('abcde', 1)).toBe(2)
    expect(countTokens('ä'.repeat(4), 1)).toBe(2)
    expect(countTokens('x'.repeat(400), 1.3)).toBe(130)
    expect(countTokens('x'.repeat(40), 1.3)).toBe(13)
  })

  it('makes fillers of exactly the tokens asked for', () => {
    for (const ratio of [1, 1.3]) {
      for (const tokens of [1, 2, 7, 100, 12_345]) expect(countTokens(fillerOf(tokens, ratio), ratio)).toBe(tokens)
    }
  })
})

describe('usage', () => {
  const body = { system: 'x'.repeat(4_000), messages: [{ role: 'user', content: 'y'.repeat(400) }] }

  it.each([
    ['claude-sonnet-4-6', 1_100],
    ['claude-opus-5-5', 1_430],
  ])('counts the bytes sent to %s', async (model, tokens) => {
    expect(usageOf(await running.claude({ model, ...body }))).toMatchObject({ input_tokens: tokens })
    const counted = await running.call(
      'POST',
      '/v1/messages/count_tokens',
      { model, ...body },
      {
        'x-api-key': 'k',
        'anthropic-version': '2023-06-01',
      },
    )
    expect(counted.json).toEqual({ input_tokens: tokens })
  })

  it('reports what it bills, with hidden thinking as output', async () => {
    await running.script({ reply: { text: 'done', thinkingTokens: 5_000 } })
    const answered = await running.claude({ model: 'claude-opus-5-5', max_tokens: 20_000 })
    expect(usageOf(answered)).toMatchObject({ output_tokens: 5_002, output_tokens_details: { thinking_tokens: 5_000 } })
    expect(answered.json.content).toMatchObject([
      { type: 'thinking', thinking: '' },
      { type: 'text', text: 'done' },
    ])
    const [record] = await running.requests()
    expect(record?.billed).toMatchObject({ input: 1, output: 5_002, reasoning: 5_000 })
    const bill = (await running.call('GET', '/__bill')).json
    expect(bill.models).toEqual({
      'claude-opus-5-5': { requests: 1, aborted: 0, promptTokens: 1, outputTokens: 5_002 },
    })
  })

  it('bills what it does not report when usage is left out', async () => {
    await running.script({ times: 3, reply: { text: 'done', omitUsage: true } })
    const messages = [{ role: 'user', content: 'hi' }]
    expect((await running.claude({ model: 'claude-opus-5-5' })).json.usage).toBeUndefined()
    expect((await running.openai('chat/completions', { model: 'gpt-4.1', messages })).json.usage).toBeUndefined()
    expect((await running.openai('responses', { model: 'gpt-4.1', input: 'hi' })).json.usage).toBeNull()
    expect((await running.requests()).map((record) => record.billed?.output)).toEqual([34, 1, 1])
  })

  it('bills thinking again as input of the next turn, what it cost, shown or not', async () => {
    await running.script({ reply: { text: 'done', thinkingTokens: 5_000 } })
    const first = await running.claude({ model: 'claude-opus-5-5', max_tokens: 20_000 })
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: first.json.content },
      { role: 'user', content: 'on' },
    ]
    const second = await running.claude({ model: 'claude-opus-5-5', messages })
    expect(usageOf(second).input_tokens).toBe(1 + 5_000 + 2 + 1)
  })

  it('stops where the window is full', async () => {
    await running.script({ reply: { outputTokens: 5_000 } })
    const system = 'x'.repeat(4 * 199_000)
    const answered = await running.claude({ model: 'claude-haiku-4-5', max_tokens: 9_000, system })
    expect(answered.json.stop_reason).toBe('model_context_window_exceeded')
    expect(usageOf(answered)).toMatchObject({ input_tokens: 199_001, output_tokens: 999 })
  })

  it('names the dated snapshot of a model', async () => {
    expect((await running.claude({ model: 'claude-haiku-4-5' })).json.model).toBe('claude-haiku-4-5-20251001')
  })

  it('cuts at max_tokens, thinking included', async () => {
    await running.script({ times: 3, reply: { outputTokens: 900 } })
    const answered = await running.claude({ model: 'claude-opus-5-5', max_tokens: 100 })
    expect(answered.json.stop_reason).toBe('max_tokens')
    expect(usageOf(answered).output_tokens).toBe(100)
    const chat = await running.openai('chat/completions', {
      model: 'gpt-4.1',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'x' }],
    })
    expect(chat.json.choices).toMatchObject([{ finish_reason: 'length' }])
    expect(usageOf(chat).completion_tokens).toBe(50)
    const response = await running.openai('responses', { model: 'gpt-4.1', max_output_tokens: 50, input: 'x' })
    expect(response.json).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  })

  it('stops before a stop sequence', async () => {
    await running.script({ reply: { text: 'one END two' } })
    const answered = await running.claude({ model: 'claude-sonnet-4-6', stop_sequences: ['END'] })
    expect(answered.json).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
      content: [{ text: 'one ' }],
    })
  })

  it('marks long prompts of the models that charge for them', async () => {
    const long = 'x'.repeat(320_000)
    await running.claude({ model: 'claude-haiku-5-5', system: long })
    await running.claude({ model: 'claude-haiku-5-5' })
    await running.claude({ model: 'claude-opus-5-5', system: long })
    const rows = (await running.call('GET', '/__bill')).json.rows as { model: string; longPrompt: boolean }[]
    expect(rows.map((row) => [row.model, row.longPrompt])).toEqual([
      ['claude-haiku-5-5', true],
      ['claude-haiku-5-5', false],
      ['claude-opus-5-5', false],
    ])
  })
})
