import { describe, expect, it } from 'vitest'
import { readRequest } from '../../../../src/core/dialects/openai-chat-completions/read-request.ts'
import { writeRequest } from '../../../../src/core/dialects/openai-chat-completions/write-request.ts'
import { readChatRequest, writeChatRequest } from '../../../../src/core/dialects/translation.ts'

const TARGET = { maxOutputTokens: 32_000 }

function fromClaude(body: object) {
  const messages = [{ role: 'user', content: 'Hi' }]
  const request = readChatRequest({ model: 'm', max_tokens: 50, messages, ...body }, 'anthropic-messages')
  return writeChatRequest(request, 'openai-chat-completions', TARGET)
}

const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
const PDF = {
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' },
  title: 'a.pdf',
}

describe('a Chat Completions request from a Messages client', () => {
  it('says system, limit, stop sequences and service', () => {
    const { body, warnings } = fromClaude({
      system: [
        { type: 'text', text: 'One', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'Two' },
      ],
      stop_sequences: ['END'],
      service_tier: 'standard_only',
      metadata: { user_id: 'u' },
      temperature: 0.3,
      stream: true,
    })
    expect(body).toEqual({
      model: 'm',
      messages: [
        {
          role: 'system',
          content: [
            { type: 'text', text: 'One' },
            { type: 'text', text: 'Two' },
          ],
        },
        { role: 'user', content: 'Hi' },
      ],
      max_completion_tokens: 50,
      temperature: 0.3,
      stop: ['END'],
      user: 'u',
      service_tier: 'default',
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(warnings).toEqual(['cache_mark:dropped'])
  })

  it('moves what is shown in a result behind all results of the answer', () => {
    const { body, warnings } = fromClaude({
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Look' }, IMAGE, PDF] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm', signature: 's' },
            { type: 'text', text: 'Looking' },
            { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
            { type: 'tool_use', id: 'b', name: 'f', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'seen' }, IMAGE], is_error: true },
            { type: 'tool_result', tool_use_id: 'b' },
            { type: 'text', text: 'Go on' },
          ],
        },
      ],
    })
    const call = (id: string, json: string) => ({ id, type: 'function', function: { name: 'f', arguments: json } })
    const url = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          url,
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
        ],
      },
      { role: 'assistant', content: 'Looking', tool_calls: [call('a', '{"x":1}'), call('b', '{}')] },
      { role: 'tool', tool_call_id: 'a', content: 'seen' },
      { role: 'tool', tool_call_id: 'b', content: '' },
      { role: 'user', content: [{ type: 'text', text: 'From the result of the tool call a:' }, url] },
      { role: 'user', content: 'Go on' },
    ])
    expect(warnings).toEqual(['reasoning:dropped', 'tool_error_flag:dropped', 'tool_result_media:moved'])
  })

  it('says instructions where they stood', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'system', content: 'Be brief', output_config: { effort: 'high' } },
      { role: 'assistant', content: 'Hi' },
      { role: 'system', output_config: { effort: 'low' } },
      { role: 'user', content: 'Go' },
    ]
    const { body } = fromClaude({ messages })
    expect((body['messages'] as { role: string }[]).map((message) => message.role)).toEqual([
      'user',
      'system',
      'assistant',
      'user',
    ])
    expect(body['reasoning_effort']).toBe('low')
  })

  it.each([
    [{}, undefined],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, 'none'],
    [{ thinking: { type: 'adaptive' } }, undefined],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'max'],
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'low'],
    [{ thinking: { type: 'enabled', budget_tokens: 8192 } }, 'medium'],
    [{ thinking: { type: 'enabled', budget_tokens: 16_000 } }, 'high'],
    [{ thinking: { type: 'enabled', budget_tokens: 31_999 } }, 'xhigh'],
  ])('maps thinking %j to the effort %s', (asked, effort) => {
    expect(fromClaude(asked).body['reasoning_effort']).toBe(effort)
  })

  it.each([
    [{ type: 'any' }, 'required'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'f' },
      { type: 'function', function: { name: 'f' } },
    ],
  ])('chooses tools: %j', (choice, expected) => {
    const tools = [{ name: 'f', input_schema: { type: 'object' } }]
    expect(fromClaude({ tools, tool_choice: choice }).body['tool_choice']).toEqual(expected)
  })

  it('calls one tool at a time, offers deferred ones, and promises only what it can keep', () => {
    const closed = { type: 'object', properties: { a: {} }, required: ['a'], additionalProperties: false }
    const tools = [
      { name: 'f', input_schema: { type: 'object', properties: { a: {} } }, strict: true },
      { name: 'g', input_schema: closed, strict: true, defer_loading: true },
    ]
    const choice = { type: 'auto', disable_parallel_tool_use: true }
    const { body, warnings } = fromClaude({ tools, tool_choice: choice })
    expect(body).toMatchObject({
      parallel_tool_calls: false,
      tools: [{ function: { name: 'f', strict: false } }, { function: { name: 'g', strict: true } }],
    })
    expect(warnings).toEqual(['strict_tools:dropped', 'deferred_tool:offered'])
  })

  it('asks for a schema strictly where the API takes it so', () => {
    const format = (schema: object) => fromClaude({ output_config: { format: { type: 'json_schema', schema } } })
    const strict = { type: 'object', properties: { a: {} }, required: ['a'], additionalProperties: false }
    expect(format(strict).body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', schema: strict, strict: true },
    })
    const loose = format({ ...strict, required: [] })
    expect(loose.body['response_format']).toMatchObject({ json_schema: { strict: false } })
    expect(loose.warnings).toEqual(['output_schema:not_strict'])
  })

  it('shortens names that are too long, alike wherever they stand', () => {
    const name = `mcp__${'x'.repeat(80)}`
    const { body } = fromClaude({
      tools: [{ name, input_schema: { type: 'object' } }],
      tool_choice: { type: 'tool', name },
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name, input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'x' }] },
      ],
    })
    const names = [...JSON.stringify(body).matchAll(/"name":"([^"]+)"/g)].map((match) => match[1])
    expect(names).toHaveLength(3)
    expect(new Set(names).size).toBe(1)
    expect(names[0]).toHaveLength(64)
  })
})

describe('a Chat Completions request from its own dialect', () => {
  it('says what it said', () => {
    const body = {
      model: 'm',
      messages: [
        { role: 'developer', content: 'd' },
        { role: 'user', content: [{ type: 'text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit' } }] },
        {
          role: 'assistant',
          content: 'b',
          reasoning_content: 'r',
          tool_calls: [
            { id: 'a', type: 'custom', custom: { name: 'p', input: 'x' } },
            { id: 'b', type: 'function', function: { name: 'f', arguments: '{ "a": 1 }' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'x' },
        { role: 'tool', tool_call_id: 'b', content: 'y' },
      ],
      tools: [
        { type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: false } },
        { type: 'custom', custom: { name: 'p', format: { type: 'text' } } },
      ],
      tool_choice: { type: 'custom', custom: { name: 'p' } },
      parallel_tool_calls: true,
      max_completion_tokens: 5,
      verbosity: 'low',
      prompt_cache_key: 'k',
      seed: 1,
      logit_bias: { a: 1 },
      store: true,
    }
    const { body: written, warnings } = writeRequest(readRequest(body), TARGET)
    expect(written).toEqual(body)
    expect(warnings).toEqual([])
  })
})
