import { describe, expect, it } from 'vitest'
import { readRequest } from '../../../../src/core/dialects/anthropic-messages/read-request.ts'
import { writeRequest } from '../../../../src/core/dialects/anthropic-messages/write-request.ts'
import { readChatRequest, writeChatRequest } from '../../../../src/core/dialects/translation.ts'

const TARGET = { maxOutputTokens: 32_000 }

function fromChat(body: object) {
  const request = readChatRequest(
    { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body },
    'openai-chat-completions',
  )
  return writeChatRequest(request, 'anthropic-messages', TARGET)
}

function fromResponses(body: object) {
  const request = readChatRequest({ model: 'm', input: 'Hi', ...body }, 'openai-responses')
  return writeChatRequest(request, 'anthropic-messages', TARGET)
}

const USER = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }

describe('an Anthropic request from another dialect', () => {
  it('gets the limit the API insists on', () => {
    expect(fromChat({}).body).toEqual({ model: 'm', max_tokens: 32_000, messages: [USER] })
    expect(fromChat({ max_completion_tokens: 5 }).body['max_tokens']).toBe(5)
  })

  it('puts results right behind their calls, in the order of the calls, and says which is missing', () => {
    const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{"a":1}' })
    const result = (id: string) => ({ type: 'function_call_output', call_id: id, output: `of ${id}` })
    const input = [
      { role: 'user', content: 'Hi' },
      call('one'),
      { role: 'assistant', content: 'Working.' },
      call('two'),
      call('three'),
      { role: 'developer', content: 'Be brief.' },
      result('two'),
      result('one'),
    ]
    const { body, warnings } = fromResponses({ input })
    const use = (id: string) => ({ type: 'tool_use', id, name: 'f', input: { a: 1 } })
    const answer = (id: string, text: string) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: [{ type: 'text', text }],
    })
    expect(body['messages']).toEqual([
      USER,
      { role: 'assistant', content: [{ type: 'text', text: 'Working.' }, use('one'), use('two'), use('three')] },
      {
        role: 'user',
        content: [
          answer('one', 'of one'),
          answer('two', 'of two'),
          { ...answer('three', 'No result of this call was recorded.'), is_error: true },
        ],
      },
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
    ])
    expect(warnings).toEqual(['tool_result:missing'])
  })

  it('joins neighbours of one role and leaves out what is empty', () => {
    const { body } = fromChat({
      messages: [
        { role: 'system', content: 'One' },
        { role: 'developer', content: [{ type: 'text', text: 'Two' }] },
        { role: 'user', content: 'a' },
        {
          role: 'user',
          content: [
            { type: 'text', text: ' \n' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'c' },
      ],
    })
    expect(body['system']).toEqual([
      { type: 'text', text: 'One' },
      { type: 'text', text: 'Two' },
    ])
    expect(body['messages']).toEqual([
      { role: 'user', content: ['a', 'b', 'c'].map((text) => ({ type: 'text', text })) },
    ])
  })

  it('begins with a user, whatever the conversation begins with', () => {
    const only = fromChat({ messages: [{ role: 'system', content: 'Say hi' }] })
    expect(only.body['messages']).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Say hi' }] }])
    expect(only.body['system']).toBeUndefined()
    const answered = fromChat({
      messages: [
        { role: 'assistant', content: 'Hi' },
        { role: 'user', content: 'Go' },
      ],
    })
    expect(answered.warnings).toEqual(['opening_user_message:added'])
    expect((answered.body['messages'] as { role: string }[])[0]?.role).toBe('user')
  })

  it('makes legal ids, alike for a call and its result, and new ones for ids used twice', () => {
    const round = (id: string) => [
      { role: 'assistant', tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '' } }] },
      { role: 'tool', tool_call_id: id, content: 'x' },
    ]
    const messages = [{ role: 'user', content: 'Hi' }, ...round('fn.f:0'), ...round('call_1'), ...round('call_1')]
    const written = fromChat({ messages }).body['messages'] as { content: Record<string, string>[] }[]
    const ids = written.flatMap((message) =>
      message.content.flatMap((block) => block['id'] ?? block['tool_use_id'] ?? []),
    )
    expect(ids).toHaveLength(6)
    expect(ids[0]).toBe(ids[1])
    expect(ids.slice(2, 4)).toEqual(['call_1', 'call_1'])
    expect(ids[4]).toBe(ids[5])
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(id).toMatch(/^[\w-]+$/)
  })

  it('keeps the whole input of a call that is no object', () => {
    const tool_calls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"path": "/a' } }]
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', tool_calls },
    ]
    const { body, warnings } = fromChat({ messages })
    expect(JSON.stringify(body['messages'])).toContain('{"unparsed_input":"{\\"path\\": \\"/a"}')
    expect(warnings).toContain('tool_input:wrapped')
  })

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
  ])('chooses tools: %j', (choice, expected) => {
    const tools = [{ type: 'function', function: { name: 'f' } }]
    expect(fromChat({ tools, tool_choice: choice }).body['tool_choice']).toEqual(expected)
    expect(fromChat({ tool_choice: choice }).body['tool_choice']).toBeUndefined()
  })

  it('calls one tool at a time, and offers only allowed ones', () => {
    const tools = ['f', 'g'].map((name) => ({ type: 'function', function: { name } }))
    expect(fromChat({ tools, parallel_tool_calls: false }).body['tool_choice']).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    })
    const allowed_tools = { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] }
    const { body } = fromChat({ tools, tool_choice: { type: 'allowed_tools', allowed_tools } })
    expect(body).toMatchObject({ tools: [{ name: 'g' }], tool_choice: { type: 'any' } })
  })

  it('offers a freeform tool as a function and tells its grammar', () => {
    const custom = {
      name: 'p',
      description: 'd',
      format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: x' } },
    }
    const { body } = fromChat({ tools: [{ type: 'custom', custom }] })
    const [tool] = body['tools'] as { input_schema: { properties: { input: { description: string } } } }[]
    expect(tool).toMatchObject({ name: 'p', description: 'd', input_schema: { required: ['input'] } })
    expect(tool?.input_schema.properties.input.description).toContain('lark grammar:\nstart: x')
  })

  it.each([
    [undefined, undefined, undefined],
    ['none', { type: 'disabled' }, undefined],
    ['minimal', { type: 'adaptive' }, { effort: 'low' }],
    ['medium', { type: 'adaptive' }, { effort: 'medium' }],
    ['xhigh', { type: 'adaptive' }, { effort: 'xhigh' }],
  ])('maps the effort %s', (effort, thinking, config) => {
    const { body } = fromChat(effort === undefined ? {} : { reasoning_effort: effort })
    expect(body['thinking']).toEqual(thinking)
    expect(body['output_config']).toEqual(config)
  })

  it('does not think where a tool is forced', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }]
    const { body, warnings } = fromChat({ tools, tool_choice: 'required', reasoning_effort: 'high' })
    expect(body['thinking']).toBeUndefined()
    expect(warnings).toContain('thinking:dropped_for_forced_tool')
  })

  it.each([
    [{ temperature: 1.4 }, { temperature: 1 }, ['temperature:lowered_to_1']],
    [{ temperature: 0.2, top_p: 0.9 }, { temperature: 0.2 }, ['top_p:dropped']],
    [{ top_p: 0.9 }, { top_p: 0.9 }, []],
    [{ temperature: 0.2, reasoning_effort: 'low' }, {}, ['temperature:dropped']],
    [{ temperature: 1, top_p: 1, reasoning_effort: 'low' }, {}, []],
    [{ temperature: 0, reasoning_effort: 'none' }, { temperature: 0 }, []],
  ])('samples as the API takes it: %j', (asked, expected, warned) => {
    const { body, warnings } = fromChat(asked)
    const { temperature, top_p } = body
    expect(JSON.parse(JSON.stringify({ temperature, top_p }))).toEqual(expected)
    expect(warnings).toEqual(warned)
  })

  it('closes and loosens a schema, and asks for JSON in words where there is none', () => {
    const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 1 }, minimum: { type: 'string' } } }
    const { body, warnings } = fromChat({
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
    })
    expect(body['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { n: { type: 'integer', description: '{minimum: 1}' }, minimum: { type: 'string' } },
          additionalProperties: false,
        },
      },
    })
    expect(warnings).toEqual(['output_schema:loosened', 'output_schema:closed'])
    const any = fromChat({ response_format: { type: 'json_object' } })
    expect(any.warnings).toEqual(['json_object:as_instruction'])
    expect(JSON.stringify(any.body['system'])).toContain('JSON object')
  })

  it('caches a conversation that goes on, and no single question', () => {
    expect(fromChat({}).body['cache_control']).toBeUndefined()
    const tools = [{ type: 'function', function: { name: 'f' } }]
    expect(fromChat({ tools }).body['cache_control']).toEqual({ type: 'ephemeral' })
    const mark = { prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }
    const content = [{ type: 'text', text: 'Hi', ...mark }]
    const marked = fromChat({
      tools,
      messages: [
        { role: 'system', content },
        { role: 'user', content },
      ],
    }).body
    expect(JSON.stringify(marked).match(/cache_control/g)).toHaveLength(1)
  })

  it('drops reasoning other providers sealed', () => {
    const input = [
      { role: 'user', content: 'Hi' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
      { role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
      { role: 'user', content: 'Go' },
    ]
    const { body, warnings } = fromResponses({ input })
    expect(warnings).toEqual(['reasoning:dropped'])
    expect(JSON.stringify(body)).not.toContain('rs_1')
  })

  it('shortens an id of a person only where it is too long', () => {
    expect(fromChat({ user: 'u' }).body['metadata']).toEqual({ user_id: 'u' })
    const { body, warnings } = fromChat({ user: 'u'.repeat(300) })
    expect(body['metadata']).toEqual({ user_id: expect.stringMatching(/^user_\w{11}$/) as unknown })
    expect(warnings).toEqual(['user:shortened'])
  })
})

describe('an Anthropic request from its own dialect', () => {
  it('keeps thinking, marks, server tools and unknown fields as they came', () => {
    const body = {
      model: 'm',
      max_tokens: 9,
      system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm', signature: 'sig' },
            { type: 'text', text: 'a' },
            { type: 'redacted_thinking', data: 'r' },
            { type: 'server_tool_use', id: 'srv', name: 'web_search', input: {} },
            { type: 'tool_use', id: 't', name: 'f', input: { b: 1 } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'x' }] }] },
      ],
      tools: [{ type: 'web_search_20260209', name: 'web_search' }],
      context_management: { edits: [] },
    }
    const { body: written, warnings } = writeRequest(readRequest(body), TARGET)
    expect(written).toEqual(body)
    expect(warnings).toEqual([])
  })
})
