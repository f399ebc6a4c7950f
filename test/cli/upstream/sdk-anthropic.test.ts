import Anthropic, { BadRequestError, NotFoundError } from '@anthropic-ai/sdk'
import { beforeAll, describe, expect, it } from 'vitest'
import { runningUpstream } from './running.ts'

const running = runningUpstream()
let client: Anthropic
beforeAll(() => {
  client = new Anthropic({ baseURL: running.url, apiKey: 'test-key', maxRetries: 0 })
})

const question = { role: 'user' as const, content: 'Read README.md then write HELLO.md' }
const read: Anthropic.Tool = {
  name: 'read_file',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}
const write: Anthropic.Tool = {
  name: 'write_file',
  input_schema: {
    type: 'object',
    properties: { path: { type: 'string' }, content: { type: 'string' } },
    required: ['path', 'content'],
  },
}

describe('the official Anthropic SDK', () => {
  it('reads a message', async () => {
    const message = await client.messages.create({ model: 'claude-opus-5-5', max_tokens: 500, messages: [question] })
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      stop_reason: 'end_turn',
      model: 'claude-opus-5-5',
    })
    expect(message.usage.cache_creation).toEqual({ ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 })
    expect((await running.requests())[0]?.headers).toMatchObject({
      authorization: 'Bearer test-key',
      'anthropic-version': '2026-10-21',
    })
  })

  it('reads the same message from a stream, tools and thinking included', async () => {
    const thinking = { type: 'adaptive' as const, display: 'summarized' as const }
    const params = { model: 'claude-opus-5-5', max_tokens: 2_000, messages: [question], tools: [read, write], thinking }
    const whole = await client.messages.create(params)
    const kinds: string[] = []
    const stream = client.messages.stream(params)
    for await (const event of stream) kinds.push(event.type)
    const streamed = await stream.finalMessage()
    expect(streamed.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use'])
    expect(streamed.usage).toMatchObject({ ...whole.usage })
    const [thought, text, call] = streamed.content
    expect(thought).toMatchObject({
      thinking: 'Scripted thought about the next step.',
      signature: expect.stringMatching(/==$/),
    })
    expect(text).toMatchObject({ text: 'I will look at the repository first.' })
    expect(call).toMatchObject({ name: 'read_file', input: { path: 'README.md' } })
    expect(streamed.stop_reason).toBe('tool_use')
    expect(kinds[0]).toBe('message_start')
    expect(kinds.at(-1)).toBe('message_stop')
  })

  it('writes its events in the order of the API, with a ping', async () => {
    const response = await client.messages
      .create({ model: 'claude-sonnet-4-6', max_tokens: 500, messages: [question], stream: true })
      .asResponse()
    const text = await response.text()
    const names = [...text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1])
    expect(names.slice(0, 4)).toEqual(['message_start', 'content_block_start', 'ping', 'content_block_delta'])
    expect(names.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop'])
    for (const line of text.matchAll(/^event: (\w+)\ndata: (.+)$/gm)) {
      expect(JSON.parse(line[2] ?? '')).toMatchObject({ type: line[1] })
    }
  })

  it('gets typed errors, in the answer and in mid-stream', async () => {
    const params = { model: 'claude-opus-5-5', max_tokens: 500, messages: [question] }
    await running.script([{ status: 529 }, { status: 402 }, { errorAfterEvents: 2, status: 529 }])
    await expect(client.messages.create(params)).rejects.toMatchObject({
      status: 529,
      error: { error: { type: 'overloaded_error' } },
    })
    await expect(client.messages.create(params)).rejects.toMatchObject({
      status: 402,
      error: { error: { type: 'billing_error' } },
    })
    await expect(client.messages.stream(params).finalMessage()).rejects.toMatchObject({
      error: { error: { type: 'overloaded_error' } },
    })
    await expect(client.messages.create({ ...params, tool_choice: { type: 'any' } })).rejects.toBeInstanceOf(
      BadRequestError,
    )
    await expect(client.messages.create({ ...params, model: 'x' })).rejects.toBeInstanceOf(NotFoundError)
  })

  it('shows nothing of hidden thinking, but its tokens', async () => {
    await running.script({ reply: { text: 'ok', thinkingTokens: 2_000 } })
    const stream = client.beta.messages.stream({
      model: 'claude-opus-5-5',
      max_tokens: 4_000,
      messages: [question],
      betas: ['thinking-token-count-2026-05-13'],
    })
    let estimated = 0
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && event.delta.type === 'thinking_delta') {
        expect(event.delta.thinking).toBe('')
        estimated += event.delta.estimated_tokens ?? 0
      }
    }
    expect(estimated).toBe(2_000)
    expect((await stream.finalMessage()).usage.output_tokens).toBe(2_001)
  })

  it('follows a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        title: { type: 'string' },
        kind: { enum: ['bug', 'feature'] },
        steps: { type: 'array', items: { type: 'string' }, minItems: 2 },
      },
      required: ['title', 'kind', 'steps'],
      additionalProperties: false,
    }
    const message = await client.messages.create({
      model: 'claude-opus-5-5',
      max_tokens: 500,
      messages: [question],
      output_config: { format: { type: 'json_schema', schema } },
    })
    const text = message.content.find((block) => block.type === 'text')?.text ?? ''
    expect(JSON.parse(text)).toEqual({
      title: 'Read README.md then write HELLO.md',
      kind: 'bug',
      steps: ['scripted steps', 'scripted steps'],
    })
  })

  it('runs a tool loop to its end, threaded and not', async () => {
    const done: string[] = []
    const tools = [read, write].map((tool) => ({
      ...tool,
      type: 'custom' as const,
      run: (input: unknown) => {
        done.push(`${tool.name} ${(input as { path: string }).path}`)
        return 'ok'
      },
      parse: (input: unknown) => input,
    }))
    const threaded = client.beta.messages.toolRunner({
      model: 'claude-sonnet-4-6',
      max_tokens: 500,
      messages: [question],
      tools,
    })
    const final = await threaded
    expect(done).toEqual(['read_file README.md', 'write_file HELLO.md'])
    expect(final.stop_reason).toBe('end_turn')
    const bodies = (await running.requests()).map(
      (record) => JSON.parse(record.bodyText) as { thread?: { type: string }; messages: unknown[] },
    )
    expect(bodies.map((body) => [body.thread?.type, body.messages.length])).toEqual([
      ['create', 1],
      ['continue', 1],
      ['continue', 1],
    ])
  })

  it('goes on without a thread where threads are refused', async () => {
    const details = { error_code: 'thread_unsupported_request', unsupported: ['thread'] }
    await running.script({ status: 400, errorMessage: 'no threads here', errorDetails: details })
    const tools = [{ ...read, type: 'custom' as const, run: () => 'ok', parse: (input: unknown) => input }]
    const final = await client.beta.messages.toolRunner({
      model: 'claude-sonnet-4-6',
      max_tokens: 500,
      messages: [{ role: 'user', content: 'Read README.md and answer with its first line.' }],
      tools,
    })
    expect(final.stop_reason).toBe('end_turn')
    const threads = (await running.requests()).map((record) => 'thread' in (JSON.parse(record.bodyText) as object))
    expect(threads).toEqual([true, false, false])
  })

  it('counts tokens and lists models with their limits', async () => {
    const counted = await client.messages.countTokens({
      model: 'claude-sonnet-4-6',
      messages: [{ role: 'user', content: 'x'.repeat(40) }],
    })
    expect(counted.input_tokens).toBe(10)
    const ids: string[] = []
    for await (const model of client.models.list({ limit: 5 })) ids.push(model.id)
    expect(ids).toContain('claude-opus-5-5')
    expect(new Set(ids).size).toBe(14)
    expect(await client.models.retrieve('claude-haiku-4-5')).toMatchObject({
      id: 'claude-haiku-4-5-20251001',
      max_input_tokens: 200_000,
      max_tokens: 64_000,
      capabilities: { thinking: { types: { adaptive: { supported: false }, enabled: { supported: true } } } },
    })
    await expect(client.models.retrieve('nothing')).rejects.toBeInstanceOf(NotFoundError)
  })
})

describe('message threads', () => {
  const betas = ['message-threads-2026-08-12']
  const base = { model: 'claude-sonnet-4-6', max_tokens: 100, betas }
  const say = (content: string) => [{ role: 'user' as const, content }]

  it('hold the conversation and continue once', async () => {
    const first = await client.beta.messages.create({
      ...base,
      system: 'x'.repeat(400),
      messages: say('a'),
      thread: { type: 'create' },
    })
    const thread = { type: 'continue' as const, previous_message_id: first.id }
    const second = await client.beta.messages.create({ ...base, messages: say('b'), thread })
    expect(second.usage.input_tokens).toBe(first.usage.input_tokens + first.usage.output_tokens + 1)
    await expect(client.beta.messages.create({ ...base, messages: say('c'), thread })).rejects.toMatchObject({
      status: 409,
      error: { error: { details: { error_code: 'thread_already_continued' } } },
    })
  })

  it('fail cleanly: unknown, changed, unsupported', async () => {
    const unknown = { type: 'continue' as const, previous_message_id: 'msg_unknown' }
    await expect(client.beta.messages.create({ ...base, messages: say('b'), thread: unknown })).rejects.toMatchObject({
      status: 404,
      error: { error: { type: 'not_found_error', details: { error_code: 'thread_not_found' } } },
    })
    const first = await client.beta.messages.create({ ...base, messages: say('a'), thread: { type: 'create' } })
    const thread = { type: 'continue' as const, previous_message_id: first.id }
    await expect(
      client.beta.messages.create({ ...base, system: 'new', messages: say('b'), thread }),
    ).rejects.toMatchObject({
      status: 400,
      error: { error: { details: { error_code: 'thread_fingerprint_mismatch' } } },
    })
    const unsupported = {
      ...base,
      context_management: { edits: [] },
      betas: [...betas, 'context-management-2025-06-27'],
    }
    await expect(client.beta.messages.create({ ...unsupported, messages: say('b'), thread })).rejects.toMatchObject({
      error: { error: { details: { error_code: 'thread_unsupported_request', unsupported: ['context_management'] } } },
    })
  })

  it('let a call that failed be made again', async () => {
    const first = await client.beta.messages.create({ ...base, messages: say('a'), thread: { type: 'create' } })
    const thread = { type: 'continue' as const, previous_message_id: first.id }
    await expect(
      client.beta.messages.create({ ...base, tool_choice: { type: 'any' }, messages: say('b'), thread }),
    ).rejects.toMatchObject({ status: 400 })
    await running.script({ cutAfterBytes: 3 })
    await expect(client.beta.messages.create({ ...base, messages: say('b'), thread })).rejects.toThrow()
    expect((await client.beta.messages.create({ ...base, messages: say('b'), thread })).type).toBe('message')
  })
})

describe('message batches', () => {
  const params = { model: 'claude-sonnet-4-6', max_tokens: 16, messages: [{ role: 'user' as const, content: 'hi' }] }

  it('are worked off, each request on its own, and billed as batch', async () => {
    const bad = { ...params, max_tokens: 999_999 }
    const requests = [params, bad].map((item, index) => ({ custom_id: `r${index}`, params: item }))
    const created = await client.messages.batches.create({ requests })
    expect(created).toMatchObject({
      processing_status: 'in_progress',
      request_counts: { processing: 2 },
      results_url: null,
    })
    await expect(client.messages.batches.results(created.id)).rejects.toThrow()
    running.now += 1_000
    const ended = await client.messages.batches.retrieve(created.id)
    expect(ended).toMatchObject({
      processing_status: 'ended',
      request_counts: { succeeded: 1, errored: 1, processing: 0 },
    })
    const results: Record<string, unknown> = {}
    for await (const line of await client.messages.batches.results(created.id)) results[line.custom_id] = line.result
    expect(results).toMatchObject({
      r0: { type: 'succeeded', message: { usage: { service_tier: 'batch' } } },
      r1: { type: 'errored', error: { type: 'error', error: { type: 'invalid_request_error' } } },
    })
    expect((await running.call('GET', '/__bill')).json.rows).toMatchObject([{ service: 'batch', requests: 1 }])
    expect((await client.messages.batches.list()).data).toHaveLength(1)
  })

  it('can be cancelled and deleted', async () => {
    const { id } = await client.messages.batches.create({ requests: [{ custom_id: 'a', params }] })
    expect((await client.messages.batches.cancel(id)).processing_status).toBe('canceling')
    running.now += 1_000
    expect((await client.messages.batches.retrieve(id)).request_counts.canceled).toBe(1)
    expect((await client.messages.batches.delete(id)).type).toBe('message_batch_deleted')
    await expect(client.messages.batches.retrieve(id)).rejects.toBeInstanceOf(NotFoundError)
  })

  it('refuse repeated ids and streams', async () => {
    const twice = ['a', 'a'].map((id) => ({ custom_id: id, params }))
    await expect(client.messages.batches.create({ requests: twice })).rejects.toBeInstanceOf(BadRequestError)
    const streaming = { ...params, stream: true } as unknown as typeof params
    const requests = [{ custom_id: 'a', params: streaming }]
    await expect(client.messages.batches.create({ requests })).rejects.toBeInstanceOf(BadRequestError)
  })
})
