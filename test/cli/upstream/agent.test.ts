import { describe, expect, it } from 'vitest'
import { nextMove, type AgentView } from '../../../src/cli/upstream/agent-script.ts'
import { arrayOf, objectOf, stringOf, type JsonObject } from '../../../src/cli/upstream/json.ts'
import { sampleOf } from '../../../src/cli/upstream/schema-sample.ts'
import { typedText } from '../../../src/cli/upstream/typed-text.ts'
import { fixturesDirectory, readFixture, runningUpstream, type Answered } from './running.ts'

const running = runningUpstream()
const directory = fixturesDirectory()
const TASK = 'Read README.md, then write a short HELLO.md and say done.'

interface Call {
  name: string
  input: unknown
  id: string
}

/** One dialect's way of playing an agent's loop over a recorded first request. */
interface Loop {
  path: string
  typed: (body: JsonObject, text: string) => void
  calls: (answered: Answered) => Call[]
  results: (body: JsonObject, answered: Answered, calls: Call[]) => void
}

const messages: Loop = {
  path: '/v1/messages?beta=true',
  typed: (body, text) => {
    const first = objectOf(arrayOf(body.messages)[0])
    const blocks = Array.isArray(first.content) ? (first.content as JsonObject[]) : []
    blocks[blocks.length - 1] = { type: 'text', text }
    body.stream = false
  },
  calls: (answered) =>
    arrayOf(answered.json.content)
      .map(objectOf)
      .filter((block) => block.type === 'tool_use')
      .map((block) => ({ name: stringOf(block.name), input: block.input, id: stringOf(block.id) })),
  results: (body, answered, calls) => {
    const content = calls.map((call) => ({ type: 'tool_result', tool_use_id: call.id, content: 'ok' }))
    arrayOf(body.messages).push({ role: 'assistant', content: answered.json.content }, { role: 'user', content })
  },
}

const chat: Loop = {
  path: '/v1/chat/completions',
  typed: (body, text) => {
    objectOf(arrayOf(body.messages).findLast((message) => objectOf(message).role === 'user')).content = text
    body.stream = false
    delete body.stream_options
  },
  calls: (answered) =>
    arrayOf(messageOf(answered).tool_calls).map((call) => {
      const named = objectOf(objectOf(call).function)
      const id = stringOf(objectOf(call).id)
      return { name: stringOf(named.name), input: JSON.parse(stringOf(named.arguments)) as unknown, id }
    }),
  results: (body, answered, calls) => {
    const results = calls.map((call) => ({ role: 'tool', tool_call_id: call.id, content: 'ok' }))
    arrayOf(body.messages).push(messageOf(answered), ...results)
  },
}

function messageOf(answered: Answered): JsonObject {
  return objectOf(objectOf(arrayOf(answered.json.choices)[0]).message)
}

const responses: Loop = {
  path: '/v1/responses',
  typed: (body, text) => {
    const item = objectOf(arrayOf(body.input).findLast((entry) => objectOf(entry).role === 'user'))
    item.content = [{ type: 'input_text', text }]
    body.stream = false
  },
  calls: (answered) =>
    arrayOf(answered.json.output)
      .map(objectOf)
      .filter((item) => stringOf(item.type).endsWith('_call'))
      .map((item) => ({
        name: stringOf(item.name),
        input: item.type === 'custom_tool_call' ? item.input : (JSON.parse(stringOf(item.arguments)) as unknown),
        id: stringOf(item.call_id),
      })),
  results: (body, answered, calls) => {
    const output = arrayOf(answered.json.output).map(objectOf)
    const results = calls.map((call) => {
      const made = output.find((item) => item.call_id === call.id)
      return { type: `${stringOf(made?.type)}_output`, call_id: call.id, output: 'ok' }
    })
    arrayOf(body.input).push(...output, ...results)
  },
}

async function play(
  loop: Loop,
  fixture: { headers: Record<string, string>; body: unknown },
  task: string,
): Promise<Call[]> {
  const body = structuredClone(fixture.body) as JsonObject
  const headers = { ...fixture.headers }
  for (const hop of ['host', 'content-length', 'connection', 'accept-encoding', 'transfer-encoding'])
    delete headers[hop]
  loop.typed(body, task)
  const made: Call[] = []
  for (let step = 0; step < 6; step += 1) {
    const answered = await running.call('POST', loop.path, body, headers)
    expect(answered.status, answered.text).toBe(200)
    const calls = loop.calls(answered)
    if (calls.length === 0) return made
    made.push(...calls)
    loop.results(body, answered, calls)
  }
  throw new Error('the agent never came to an end')
}

describe.skipIf(directory === null)('the agent with the tools of real clients (needs ../shared/fixtures)', () => {
  const first = (file: string, index: number) => {
    const fixture = readFixture(directory ?? '', file)[index]
    if (fixture === undefined) throw new Error(`${file} has no request ${index}`)
    return fixture
  }

  it('finishes the task with Claude Code', async () => {
    const calls = await play(messages, first('claude-code.jsonl', 1), TASK)
    expect(calls).toMatchObject([
      { name: 'Read', input: { file_path: expect.stringMatching(/README\.md$/) } },
      {
        name: 'Write',
        input: { file_path: expect.stringMatching(/HELLO\.md$/), content: expect.stringContaining('# Hello') },
      },
    ])
  })

  it('starts a sub-agent when asked to', async () => {
    const calls = await play(messages, first('claude-code.jsonl', 1), `${TASK} Use a sub-agent.`)
    expect(calls.map((call) => call.name)).toEqual(['Read', 'Agent', 'Write'])
    expect(calls[1]?.input).toMatchObject({
      description: expect.any(String),
      prompt: expect.stringContaining('README.md'),
    })
    const task = await play(messages, first('opencode.anthropic.jsonl', 1), `${TASK} Use a sub-agent.`)
    expect(task[1]).toMatchObject({
      name: 'task',
      input: { subagent_type: 'general', description: expect.any(String) },
    })
  })

  it('only reads where it is asked to answer', async () => {
    const calls = await play(messages, first('claude-code.jsonl', 1), 'Read README.md and answer with its first line.')
    expect(calls.map((call) => call.name)).toEqual(['Read'])
  })

  it('finishes the task with opencode in three dialects', async () => {
    const path = { filePath: expect.stringMatching(/README\.md$/) }
    const anthropic = await play(messages, first('opencode.anthropic.jsonl', 1), TASK)
    const compatible = await play(chat, first('opencode.compat.jsonl', 1), TASK)
    for (const calls of [anthropic, compatible]) {
      expect(calls).toMatchObject([
        { name: 'read', input: path },
        { name: 'write', input: { filePath: expect.stringMatching(/HELLO\.md$/), content: expect.any(String) } },
      ])
    }
    const openai = await play(responses, first('opencode.openai.jsonl', 1), TASK)
    expect(openai).toMatchObject([
      { name: 'read', input: path },
      {
        name: 'apply_patch',
        input: { patchText: expect.stringMatching(/^\*\*\* Begin Patch\n\*\*\* Add File: HELLO\.md\n/) },
      },
    ])
  })

  it('finishes the task with Codex: a command, then a freeform patch', async () => {
    const calls = await play(responses, first('codex.jsonl', 0), TASK)
    expect(calls).toMatchObject([
      { name: 'exec_command', input: { cmd: expect.stringMatching(/^cat .*README\.md$/) } },
      { name: 'apply_patch', input: expect.stringMatching(/^\*\*\* Begin Patch\n[\s\S]*\*\*\* End Patch$/) },
    ])
  })

  it('answers the title call of Claude Code with JSON', async () => {
    const fixture = first('claude-code-tui.jsonl', 1)
    const body = { ...objectOf(fixture.body), stream: false }
    const answered = await running.call('POST', '/v1/messages', body, fixture.headers)
    const text = arrayOf(answered.json.content)
      .map(objectOf)
      .find((block) => block.type === 'text')?.text
    expect(Object.keys(JSON.parse(stringOf(text)) as object)).toEqual(['title'])
  })
})

describe('the agent', () => {
  const schema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
  const tool = (name: string, over: JsonObject = {}) => ({
    name,
    namespace: null,
    custom: false,
    schema: { ...schema, ...over },
  })
  const view = (over: Partial<AgentView>): AgentView => ({
    tools: [tool('read_file')],
    typed: TASK,
    everything: TASK,
    results: 0,
    schema: null,
    ...over,
  })
  const input = (over: Partial<AgentView>) => {
    const move = nextMove(view(over))
    return move.kind === 'call' ? move.input : null
  }

  it.each([
    ['Primary working directory: /home/dev/app', '/home/dev/app/README.md'],
    ['<cwd>/home/dev/app</cwd>', '/home/dev/app/README.md'],
    ['# Current Working Directory (/x) Files', '/x/README.md'],
    ['cwd: /home/dev/app/', '/home/dev/app/README.md'],
    ['nothing said', 'README.md'],
  ])('finds the directory in "%s"', (everything, path) => {
    expect(input({ everything })).toEqual({ path })
  })

  it('reads and writes the files that are named', () => {
    const typed = 'Read docs/a.txt, then write out/b.txt'
    const tools = [tool('read_file'), tool('write_to_file', { properties: { path: {}, content: {} } })]
    expect(input({ typed, tools })).toEqual({ path: 'docs/a.txt' })
    expect(input({ typed, tools, results: 1 })).toMatchObject({ path: 'out/b.txt' })
  })

  it('falls back to a shell, as a vector where one is asked for', () => {
    const vector = { properties: { command: { type: 'array', items: { type: 'string' } } }, required: ['command'] }
    expect(input({ tools: [tool('shell', vector)] })).toEqual({ command: ['bash', '-lc', 'cat README.md'] })
    const line = {
      properties: { command: { type: 'string' }, requires_approval: { type: 'boolean' } },
      required: ['command', 'requires_approval'],
    }
    expect(input({ tools: [tool('execute_command', line)] })).toEqual({
      command: 'cat README.md',
      requires_approval: false,
    })
  })

  it('fills lists of files and whatever else is required', () => {
    const files = {
      properties: { files: { type: 'array', items: schema }, mode: { enum: ['all', 'part'] } },
      required: ['files', 'mode'],
    }
    expect(input({ tools: [tool('read_file', files)] })).toEqual({ files: [{ path: 'README.md' }], mode: 'all' })
  })

  it('says a sentence when it has no tool it knows', () => {
    expect(nextMove(view({ tools: [tool('dance')] })).kind).toBe('say')
    expect(nextMove(view({ tools: [] })).kind).toBe('say')
  })

  it('leaves reminders and notes out of what was typed', () => {
    expect(typedText('<system-reminder>\nuse a sub-agent\n</system-reminder>\nhello')).toBe('hello')
    expect(typedText('<environment_context>\n<cwd>/x</cwd>\n</environment_context>')).toBe('')
  })

  it('makes samples that follow nested and recursive schemas', () => {
    const node = {
      type: 'object',
      properties: { next: { $ref: '#/$defs/node' }, value: { type: 'integer', minimum: 3 } },
      required: ['value'],
    }
    const root = {
      $defs: { node },
      type: 'object',
      properties: { node: { $ref: '#/$defs/node' }, note: { type: ['string', 'null'] } },
    }
    expect(sampleOf(root, () => null)).toEqual({ node: { value: 3 }, note: 'scripted note' })
  })
})
