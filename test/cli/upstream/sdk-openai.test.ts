import OpenAI, { InternalServerError, NotFoundError, toFile } from 'openai'
import { beforeAll, describe, expect, it } from 'vitest'
import { runningUpstream } from './running.ts'

const running = runningUpstream()
let client: OpenAI
beforeAll(() => {
  client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'test-key', maxRetries: 0 })
})

/** Everything a stream says. */
async function collected<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of stream) items.push(item)
  return items
}

const question = { role: 'user' as const, content: 'Read README.md then write HELLO.md' }
const parameters = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
const chatTool = { type: 'function' as const, function: { name: 'read_file', parameters } }
const responsesTool = { type: 'function' as const, name: 'read_file', parameters, strict: false }
const patchTool = { type: 'custom' as const, name: 'apply_patch' }

describe('the official OpenAI SDK on Chat Completions', () => {
  it('reads the same completion whole and from a stream', async () => {
    const params = { model: 'gpt-5.5', messages: [question], tools: [chatTool] }
    const whole = await client.chat.completions.create(params)
    const stream = client.chat.completions.stream({ ...params, stream_options: { include_usage: true } })
    const streamed = await stream.finalChatCompletion()
    for (const completion of [whole, streamed]) {
      const [choice] = completion.choices
      expect(choice?.finish_reason).toBe('tool_calls')
      expect(choice?.message.content).toBe('I will look at the repository first.')
      expect(choice?.message.tool_calls).toMatchObject([
        { type: 'function', function: { name: 'read_file', arguments: '{"path":"README.md"}' } },
      ])
    }
    expect(streamed.usage).toEqual(whole.usage)
    expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBe(64)
  })

  it('sends usage only when asked, in a last chunk of its own', async () => {
    const collect = async (options: object) => {
      const chunks: OpenAI.ChatCompletionChunk[] = []
      const params = { model: 'gpt-4.1', messages: [question], stream: true as const, ...options }
      for await (const chunk of await client.chat.completions.create(params)) chunks.push(chunk)
      return chunks
    }
    const without = await collect({})
    expect(without.every((chunk) => !('usage' in chunk))).toBe(true)
    const asked = await collect({ stream_options: { include_usage: true } })
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 9 } })
    expect(asked.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
    expect(asked.filter((chunk) => chunk.choices[0]?.finish_reason === 'stop')).toHaveLength(1)
    expect(asked[0]?.choices[0]?.delta).toMatchObject({ role: 'assistant', content: '' })
  })

  it('streams parallel and custom tool calls by index', async () => {
    const toolCalls = [
      { name: 'read_file', input: { path: 'a' } },
      { name: 'apply_patch', input: '*** Begin Patch' },
    ]
    await running.script({ times: 2, reply: { toolCalls } })
    const tools = [chatTool, { type: 'custom' as const, custom: { name: 'apply_patch' } }]
    const whole = await client.chat.completions.create({ model: 'gpt-4.1', messages: [question], tools })
    expect(whole.choices[0]?.message.tool_calls).toMatchObject([
      { type: 'function' },
      { type: 'custom', custom: { name: 'apply_patch', input: '*** Begin Patch' } },
    ])
    const deltas: number[] = []
    for await (const chunk of await client.chat.completions.create({
      model: 'gpt-4.1',
      messages: [question],
      tools,
      stream: true,
    })) {
      for (const call of chunk.choices[0]?.delta.tool_calls ?? []) deltas.push(call.index)
    }
    expect(new Set(deltas)).toEqual(new Set([0, 1]))
    expect(deltas).toEqual(deltas.toSorted())
  })

  it('follows a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { title: { type: 'string' } },
      required: ['title'],
      additionalProperties: false,
    }
    const completion = await client.chat.completions.create({
      model: 'gpt-4.1',
      messages: [question],
      response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
    })
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({
      title: 'Read README.md then write HELLO.md',
    })
  })

  it('gets typed errors, in the answer and in mid-stream', async () => {
    const params = { model: 'gpt-4.1', messages: [question] }
    await running.script([{ status: 429, errorCode: 'insufficient_quota' }, { status: 500 }, { errorAfterEvents: 2 }])
    await expect(client.chat.completions.create(params)).rejects.toMatchObject({
      status: 429,
      code: 'insufficient_quota',
    })
    await expect(client.chat.completions.create(params)).rejects.toBeInstanceOf(InternalServerError)
    const stream = await client.chat.completions.create({ ...params, stream: true })
    await expect(collected(stream)).rejects.toThrow()
    await expect(client.chat.completions.create({ ...params, model: 'x' })).rejects.toBeInstanceOf(NotFoundError)
  })
})

describe('the official OpenAI SDK on Responses', () => {
  it('reads the same response whole and from a stream', async () => {
    const include = ['reasoning.encrypted_content' as const]
    const reasoning = { effort: 'medium' as const, summary: 'auto' as const }
    const params = { model: 'gpt-5.5', input: [question], tools: [responsesTool], include, reasoning }
    const whole = await client.responses.create(params)
    const stream = client.responses.stream(params)
    const numbers: number[] = []
    const kinds = new Set<string>()
    for await (const event of stream) {
      numbers.push(event.sequence_number)
      kinds.add(event.type)
    }
    const streamed = await stream.finalResponse()
    expect(numbers).toEqual(numbers.map((_, index) => index))
    for (const response of [whole, streamed]) {
      expect(response.status).toBe('completed')
      expect(response.output.map((item) => item.type)).toEqual(['reasoning', 'message', 'function_call'])
      expect(response.output_text).toBe('I will look at the repository first.')
      expect(response.output[2]).toMatchObject({ name: 'read_file', arguments: '{"path":"README.md"}' })
    }
    expect(streamed.usage).toEqual(whole.usage)
    for (const kind of [
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'reasoning_summary_text.delta',
      'completed',
    ]) {
      expect(kinds).toContain(`response.${kind}`)
    }
  })

  it('takes its own encrypted reasoning back, with the whole input resent', async () => {
    const include = ['reasoning.encrypted_content' as const]
    const params = { model: 'gpt-5.5', tools: [responsesTool], include, store: false }
    const first = await client.responses.create({ ...params, input: [question] })
    const call = first.output.find((item) => item.type === 'function_call')
    const output = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: '# Tiny repo' }
    const input = [question, ...first.output, output] as OpenAI.Responses.ResponseInput
    const second = await client.responses.create({ ...params, input })
    expect(second.status).toBe('completed')
  })

  it('continues a stored response', async () => {
    const first = await client.responses.create({ model: 'gpt-4.1', input: [question], tools: [responsesTool] })
    const call = first.output.find((item) => item.type === 'function_call')
    const second = await client.responses.create({
      model: 'gpt-4.1',
      previous_response_id: first.id,
      tools: [responsesTool],
      input: [{ type: 'function_call_output', call_id: call?.call_id ?? '', output: 'ok' }],
    })
    expect(second.previous_response_id).toBe(first.id)
    expect((await client.responses.retrieve(first.id)).id).toBe(first.id)
    await client.responses.delete(first.id)
    await expect(client.responses.retrieve(first.id)).rejects.toBeInstanceOf(NotFoundError)
  })

  it('streams a custom tool call', async () => {
    await running.script({ reply: { toolCalls: [{ name: 'apply_patch', input: '*** Begin Patch\n*** End Patch' }] } })
    const stream = client.responses.stream({ model: 'gpt-4.1', input: [question], tools: [patchTool] })
    let input = ''
    for await (const event of stream) {
      if (event.type === 'response.custom_tool_call_input.delta') input += event.delta
      if (event.type === 'response.custom_tool_call_input.done') expect(event.input).toBe(input)
    }
    expect((await stream.finalResponse()).output).toMatchObject([
      { type: 'custom_tool_call', input: '*** Begin Patch\n*** End Patch' },
    ])
  })

  it('fails in mid-stream with response.failed', async () => {
    await running.script({ errorAfterEvents: 4, errorMessage: 'midway' })
    const events = await collected(await client.responses.create({ model: 'gpt-4.1', input: 'hi', stream: true }))
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      sequence_number: 4,
      response: { status: 'failed', error: { code: 'server_error', message: 'midway' } },
    })
  })
})

describe('the official OpenAI SDK on the rest', () => {
  it('completes with a suffix, whole and streamed', async () => {
    const params = { model: 'gpt-4.1-nano', prompt: 'def add(a, b):\n', suffix: '\nprint(add(1, 2))', max_tokens: 64 }
    const whole = await client.completions.create(params)
    expect(whole.choices[0]).toMatchObject({ text: '  return a + b\n', finish_reason: 'stop' })
    expect(whole.usage?.prompt_tokens).toBe(10)
    let text = ''
    for await (const part of await client.completions.create({ ...params, stream: true }))
      text += part.choices[0]?.text ?? ''
    expect(text).toBe('  return a + b\n')
  })

  it('lists models', async () => {
    const ids = (await client.models.list()).data.map((model) => model.id)
    expect(ids).toContain('gpt-6-luna')
    expect(await client.models.retrieve('gpt-4.1')).toMatchObject({ object: 'model' })
    await expect(client.models.retrieve('nothing')).rejects.toBeInstanceOf(NotFoundError)
  })

  it('works off a batch from a file to files', async () => {
    const request = (id: string, body: object) =>
      JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body })
    const lines = [
      request('good', { model: 'gpt-4.1', messages: [question] }),
      request('bad', { model: 'nothing', messages: [question] }),
    ]
    const file = await client.files.create({
      purpose: 'batch',
      file: await toFile(Buffer.from(`${lines.join('\n')}\n`), 'in.jsonl'),
    })
    expect(file).toMatchObject({ object: 'file', purpose: 'batch', filename: 'in.jsonl' })
    expect(await (await client.files.content(file.id)).text()).toBe(`${lines.join('\n')}\n`)
    const batch = await client.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    })
    expect(batch).toMatchObject({ status: 'validating', output_file_id: null })
    running.now += 1_000
    const done = await client.batches.retrieve(batch.id)
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 1, failed: 1 } })
    const output = JSON.parse(await (await client.files.content(done.output_file_id ?? '')).text()) as object
    expect(output).toMatchObject({
      custom_id: 'good',
      response: { status_code: 200, body: { object: 'chat.completion' } },
      error: null,
    })
    const failed = JSON.parse(await (await client.files.content(done.error_file_id ?? '')).text()) as object
    expect(failed).toMatchObject({ custom_id: 'bad', response: { status_code: 404 } })
    expect((await running.call('GET', '/__bill')).json.rows).toMatchObject([
      { model: 'gpt-4.1', service: 'batch', requests: 1 },
    ])
  })
})
