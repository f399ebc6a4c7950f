import { describe, expect, test } from 'vitest'
import { scanAnthropicMessages } from '../../../../src/core/dialects/anthropic-messages/scan.ts'
import { InvalidRequest, type RequestScan } from '../../../../src/core/dialects/request-scan.ts'
import { bodyOf } from '../body-of.ts'

const MARK = { cache_control: { type: 'ephemeral' } }

function scan(fields: Record<string, unknown>): RequestScan {
  const body = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], ...fields }
  return scanAnthropicMessages(bodyOf(JSON.stringify(body)))
}

const prefix = (...messages: unknown[]): readonly number[] => scan({ messages }).prefixHashes

describe('prefix hashes are by meaning', () => {
  test('a text block with a cache mark, without one, and a plain string are the same message', () => {
    const marked = prefix({ role: 'user', content: [{ type: 'text', text: 'Fix it', ...MARK }] })
    expect(prefix({ role: 'user', content: [{ type: 'text', text: 'Fix it' }] })).toEqual(marked)
    expect(prefix({ role: 'user', content: 'Fix it' })).toEqual(marked)
    expect(prefix({ content: 'Fix it', role: 'user' })).toEqual(marked)
    expect(prefix({ role: 'user', content: [{ text: 'Fix it', citations: null, type: 'text' }] })).toEqual(marked)
  })

  test('a long text hashes alike in either form, wherever it stands', () => {
    const text = 'a "long" text\n'.repeat(999)
    const plain = scan({ messages: [{ role: 'system', content: text, output_config: { effort: 'medium' } }] })
    const marked = scan({
      thinking: { type: 'adaptive' },
      messages: [{ role: 'system', content: [{ type: 'text', text, ...MARK }], output_config: { effort: 'medium' } }],
    })
    expect(marked.prefixHashes).toEqual(plain.prefixHashes)
  })

  test('tool results: the mark on the result or in its content has no meaning, nor has the form of a text', () => {
    const result = (content: unknown, mark = {}): readonly number[] =>
      prefix({ role: 'user', content: [{ tool_use_id: 't', type: 'tool_result', content, ...mark }] })
    expect(result('ok', MARK)).toEqual(result('ok'))
    expect(result([{ type: 'text', text: 'ok', ...MARK }])).toEqual(result('ok'))
    expect(result('other')).not.toEqual(result('ok'))
  })

  test.each([
    ['another role', { role: 'assistant', content: 'Fix it' }],
    ['another text', { role: 'user', content: 'Fix it.' }],
    [
      'two texts',
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Fix' },
          { type: 'text', text: ' it' },
        ],
      },
    ],
    [
      'a text and an image',
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Fix it' },
          { type: 'image', source: {} },
        ],
      },
    ],
    ['a member of its own', { role: 'user', content: 'Fix it', output_config: { effort: 'low' } }],
    ['a thinking block', { role: 'user', content: [{ type: 'thinking', thinking: 'Fix it' }] }],
  ])('%s makes another message', (_what, message) => {
    expect(prefix(message)).not.toEqual(prefix({ role: 'user', content: 'Fix it' }))
  })

  test('each entry covers all messages up to its own', () => {
    const messages = ['a', 'b', 'c', 'd'].map((content, index) => ({ role: index % 2 ? 'assistant' : 'user', content }))
    const whole = prefix(...messages)
    for (let count = 1; count <= 4; count++) expect(prefix(...messages.slice(0, count))).toEqual(whole.slice(0, count))
    expect(new Set(whole).size).toBe(4)
    expect(whole.every(Number.isSafeInteger)).toBe(true)
    const changed = prefix({ role: 'user', content: 'z' }, ...messages.slice(1))
    expect(changed.some((hash, index) => hash === whole[index])).toBe(false)
  })

  test('what a mark is named for stays meaning where it is no mark: in a tool input', () => {
    const call = (input: unknown): readonly number[] =>
      prefix({ role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'n', input }] })
    expect(call({ cache_control: 1 })).not.toEqual(call({}))
  })
})

describe('the static prefix', () => {
  const tools = [{ name: 'Read', input_schema: { type: 'object' } }]

  test('cache marks and the order of fields do not change its hash, anything else does', () => {
    const one = scan({ system: [{ type: 'text', text: 'S' }], tools })
    const marked = scan({ tools: [{ ...tools[0], ...MARK }], system: [{ type: 'text', text: 'S', ...MARK }] })
    expect(marked.staticHash).toBe(one.staticHash)
    expect(scan({ system: 'S', tools }).staticHash).toBe(one.staticHash)
    expect(scan({ system: 'T', tools }).staticHash).not.toBe(one.staticHash)
    expect(scan({ system: 'S', tools: [{ name: 'Write' }] }).staticHash).not.toBe(one.staticHash)
    expect(scan({ tools }).staticHash).not.toBe(one.staticHash)
  })

  test('marks are counted over tools, system, messages and the top level', () => {
    const marked = scan({
      ...MARK,
      tools: [{ ...tools[0], ...MARK }],
      system: [{ type: 'text', text: 'S', ...MARK }],
      messages: [
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'x', ...MARK }] }],
        },
      ],
    })
    expect(marked.cacheMarks).toBe(4)
    expect(marked.toolMarks).toBe(1)
    expect(marked.tailMarked).toBe(true)
    const early = [
      { role: 'user', content: [{ type: 'text', text: 'a', ...MARK }] },
      ...['b', 'c', 'd'].map((content) => ({ role: 'user', content })),
    ]
    expect(scan({ messages: early }).tailMarked).toBe(false)
    expect(scan({ messages: early }).cacheMarks).toBe(1)
  })

  test('where each tool stands, and how many blocks a message has', () => {
    const body = JSON.stringify({
      model: 'm',
      tools: [{ name: 'read' }, { name: 'wr[]te', x: { y: [1] } }],
      messages: [],
    })
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'user', content: [] },
      { role: 'user', content: [{ type: 'tool_result', content: [{ type: 'text', text: 'a' }, 'b'] }, { type: 'x' }] },
    ]
    const text = ` ${body.replace('"messages":[]', `"messages" : ${JSON.stringify(messages, null, 1)}`).replaceAll('},{', '} , {')}`
    const found = scanAnthropicMessages(bodyOf(text))
    const decoded = found.toolRanges.map(({ start, end }) => JSON.parse(found.body.decode(start, end)) as unknown)
    expect(decoded).toEqual([{ name: 'read' }, { name: 'wr[]te', x: { y: [1] } }])
    expect(found.messages.map(({ blocks }) => blocks)).toEqual([1, 0, 2])
  })

  test('the beginning of the system prompt', () => {
    const { systemStart } = scan({
      system: [
        { type: 'text', text: 'first' },
        { type: 'text', text: 'x'.repeat(5_000) },
      ],
    })
    expect(systemStart.startsWith('first\nxxx')).toBe(true)
    expect(systemStart.length).toBe(2_000)
  })
})

describe('what is wrong with a request', () => {
  const wrong = (json: string): InvalidRequest => {
    try {
      scanAnthropicMessages(bodyOf(json))
    } catch (error) {
      if (error instanceof InvalidRequest) return error
    }
    throw new Error('was accepted')
  }

  test.each([
    ['{"messages":[{"role":"user","content":"a"}]}', 'model', 'model: Field required'],
    ['{"model":5,"messages":[{"role":"user","content":"a"}]}', 'model', 'model: Input should be a valid string'],
    [
      '{"model":"","messages":[{"role":"user","content":"a"}]}',
      'model',
      'model: String should have at least 1 character',
    ],
    ['{"model":"m"}', 'messages', 'messages: Field required'],
    ['{"model":"m","messages":"a"}', 'messages', 'messages: Input should be a valid list'],
    ['{"model":"m","messages":[]}', 'messages', 'messages: at least one message is required'],
    ['{"model":"m","messages":[5]}', 'messages.0', 'messages.0: Input should be a valid dictionary'],
    [
      '{"model":"m","messages":[{"content":"a"}]}',
      'messages.0.role',
      'messages.0.role: Input should be a valid string',
    ],
    [
      '{"model":"m","messages":[{"role":"user","content":7}]}',
      'messages.0.content',
      'messages.0.content: Input should be a valid list',
    ],
    [
      '{"model":"m","messages":[{"role":"user","content":"a"}],"stream":"yes"}',
      'stream',
      'stream: Input should be a valid boolean',
    ],
    [
      '{"model":"m","messages":[{"role":"user","content":"a"}],"max_tokens":1.5}',
      'max_tokens',
      'max_tokens: Input should be a valid integer',
    ],
    [
      '{"model":"m","messages":[{"role":"user","content":"a"}],"max_tokens":-1}',
      'max_tokens',
      'max_tokens: Input should be greater than or equal to 0',
    ],
    [
      '{"model":"m","messages":[{"role":"user","content":"a"}],"tools":{}}',
      'tools',
      'tools: Input should be a valid list',
    ],
    ['[1]', null, 'The request body must be a JSON object.'],
  ])('%s', (json, field, message) => {
    const error = wrong(json)
    expect(error.message).toBe(message)
    expect(error.field).toBe(field)
  })

  test('a name that is longer than any is told to be too long', () => {
    const error = wrong(`{"model":"${'m'.repeat(1_000_000)}","messages":[{"role":"user","content":"a"}]}`)
    expect([error.message, error.field]).toEqual(['model: String should have at most 262142 characters', 'model'])
  })

  test('broken JSON is named before wrong types', () => {
    expect(wrong('{"model":5,"messages":[').message).toContain('not valid JSON')
  })

  test('a wrong value that a later one of its name overrides is no matter', () => {
    const json = '{"model":5,"messages":7,"model":"m","messages":[{"role":1,"content":"a","r\\u006fle":"user"}]}'
    const found = scanAnthropicMessages(bodyOf(json))
    expect(found.model).toBe('m')
    expect(found.messages[0]?.role).toBe('user')
  })
})

describe('ranges and needs', () => {
  test('a range is exactly its value: putting another in its place edits the JSON', () => {
    const json = ' { "messages" : [ {"role":"user","content":"é"} ] , "mod\\u0065l" : "old" ,"stream":false }\n'
    const body = bodyOf(json)
    const range = scanAnthropicMessages(body).fields.get('model')
    expect(range).toBeDefined()
    const { start, end } = range ?? { start: 0, end: 0 }
    const edited = Buffer.concat([
      body.bytes.subarray(0, start),
      Buffer.from('"new"'),
      body.bytes.subarray(end),
    ]).toString()
    expect(JSON.parse(edited)).toEqual({ ...JSON.parse(json), model: 'new' })
    expect(edited.replace('"new"', '"old"')).toBe(json)
  })

  test.each([
    [{ type: 'adaptive' }, { kind: 'adaptive' }],
    [
      { type: 'enabled', budget_tokens: 16_000 },
      { kind: 'budget', budgetTokens: 16_000 },
    ],
    [{ type: 'disabled' }, { kind: 'disabled' }],
    [{ type: 'between_tools' }, { kind: 'between-tools' }],
    [null, null],
  ])('thinking %j', (thinking, asked) => {
    expect(scan({ thinking }).needs.thinking).toEqual(asked)
  })

  test('what an answer depends on', () => {
    const { needs, schemaProperties } = scan({
      tool_choice: { type: 'tool', name: 'x' },
      tools: [{ name: 'x' }],
      temperature: 0,
      top_k: 5,
      output_config: { effort: 'high', format: { type: 'json_schema', schema: { properties: { title: {}, n: {} } } } },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: {} },
            { type: 'document', source: {} },
          ],
        },
        { role: 'system', content: 'note' },
        { role: 'assistant', content: [{ type: 'thinking', thinking: '', signature: 'abc' }] },
      ],
    })
    expect(needs).toEqual({
      images: true,
      documents: true,
      tools: true,
      toolChoice: 'forced',
      prefill: true,
      thinking: null,
      effort: 'high',
      sampling: ['temperature', 'top_k'],
      systemInMessages: true,
      jsonSchema: true,
      signedThinking: true,
      providerState: null,
    })
    expect(schemaProperties).toEqual(['title', 'n'])
    expect(scan({ thread: { type: 'continue', previous_message_id: 'msg_1' } }).needs.providerState).toEqual({
      kind: 'thread',
      id: 'msg_1',
    })
  })
})

describe('the newest messages', () => {
  test('a pasted file of megabytes is cut to its beginning and end', () => {
    const line = 'const x = "a\\u00e9b" // 😀 line\n'
    const text = `BEGIN ${line.repeat(60_000)} END`
    const found = scan({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text },
            { type: 'text', text: 'why?' },
          ],
        },
      ],
    })
    const [long, short] = found.news[0]?.blocks ?? []
    if (long?.type !== 'text' || short?.type !== 'text') throw new Error('no texts')
    expect(long.text.length).toBeLessThan(40_000)
    expect(long.text.startsWith('BEGIN const')).toBe(true)
    expect(long.text.endsWith('line\n END')).toBe(true)
    expect(long.text).not.toContain('\ufffd')
    expect(short.text).toBe('why?')
    expect(found.messages[0]?.textBytes).toBe(Buffer.byteLength(text) + 4)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('a cut never splits an escape or a character (%i)', (shift) => {
    const text = 'x'.repeat(shift) + '"\\\u0007😀é'.repeat(8_000)
    const escaped = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: text }] })
    const ascii = escaped.replace(
      /[^\u0020-\u007e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    for (const json of [escaped, ascii]) {
      const block = scanAnthropicMessages(bodyOf(json)).news[0]?.blocks[0]
      if (block?.type !== 'text') throw new Error('no text')
      expect(block.text).not.toContain('\ufffd')
      expect(text.startsWith(block.text.slice(0, 1_000))).toBe(true)
      expect(text.endsWith(block.text.slice(-1_000))).toBe(true)
    }
  })

  test('the last answer is the run of assistant messages at the end', () => {
    const found = scan({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'Edit', input: { a: [1] } }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', is_error: true, content: [{ type: 'text', text: 'no' }] }],
        },
        { role: 'system', content: 'note' },
      ],
    })
    expect(found.lastAssistant).toBe(2)
    expect(found.lastAnswer?.blocks).toEqual([
      { type: 'text', text: 'b' },
      { type: 'tool-call', callId: 't', name: 'Edit', input: '{"a":[1]}' },
    ])
    expect(found.news).toEqual([
      { role: 'user', blocks: [{ type: 'tool-result', callId: 't', isError: true, text: 'no' }] },
      { role: 'system', blocks: [{ type: 'text', text: 'note' }] },
    ])
    expect(found.messages[3]?.toolErrors).toBe(1)
  })

  test('inputs nested beyond all reason do not break it', () => {
    const deep = '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)
    const json = `{"model":"m","messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":${deep}}]}]}`
    expect(scanAnthropicMessages(bodyOf(json)).lastAnswer?.blocks).toEqual([
      { type: 'tool-call', callId: 't', name: 'n', input: '' },
    ])
  })
})
