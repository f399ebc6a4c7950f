import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findClaudeModel } from '../../../src/cli/upstream/claude-models.ts'
import { renderClaudePrompt } from '../../../src/cli/upstream/claude-prompt.ts'
import { checkBreakpoints, checkShape } from '../../../src/cli/upstream/claude-request-rules.ts'
import { PromptCache } from '../../../src/cli/upstream/prompt-cache.ts'
import { scanAnthropicMessages } from '../../../src/core/dialects/anthropic-messages/scan.ts'
import { bodyOf } from '../dialects/body-of.ts'
import { agentBody, conversation, meaning, plan, type Json } from './conversations.ts'

const model = findClaudeModel('claude-opus-4-6')!
const SHORT = { type: 'ephemeral' }
const LONG = { type: 'ephemeral', ttl: '1h' }

const user = (content: unknown): Json => ({ role: 'user', content })
const text = (value: string, more: Json = {}): Json => ({ type: 'text', text: value, ...more })

/** Paths of all marks of a body, as the scripted provider names them. */
function marksOf(body: Json): string[] {
  return renderClaudePrompt(body, model)
    .filter(({ breakpoint }) => breakpoint !== null)
    .map(({ path, breakpoint }) => (breakpoint === '1h' ? `${path} 1h` : path))
}

describe('planned breakpoints', () => {
  it('go to the ends of tools, system and conversation where the client sets none', () => {
    expect(marksOf(plan(agentBody(2)).body)).toEqual(['tools.0', 'system.0', 'messages.4.content.0'])
  })

  it.each<[string, Json, string[]]>([
    [
      'a first user message that never moves (Cline)',
      agentBody(3, { marked: true }),
      ['tools.0', 'system.0', 'messages.0.content.0', 'messages.6.content.0'],
    ],
    [
      'string contents, which become one text block',
      { ...agentBody(0), messages: [user('a'), { role: 'assistant', content: 'b' }, user('c')] },
      ['tools.0', 'system.0', 'messages.2.content.0'],
    ],
    [
      'a prefill, whose block goes on in the answer',
      { ...agentBody(0), messages: [user('a'), { role: 'assistant', content: '{' }] },
      ['tools.0', 'system.0', 'messages.0.content.0'],
    ],
    [
      'tools that are loaded later, which take no mark',
      {
        ...agentBody(0),
        tools: [{ name: 'a' }, { name: 'b', defer_loading: true }, { type: 'mcp_toolset', configs: {} }],
      },
      ['tools.0', 'system.0', 'messages.0.content.0'],
    ],
    [
      'a last block of an unknown type: the one before it',
      { ...agentBody(0), messages: [user([text('a'), { type: 'new_thing' }])] },
      ['tools.0', 'system.0', 'messages.0.content.0'],
    ],
    [
      'a mark that is null, which is none',
      { ...agentBody(0), messages: [user([text('a', { cache_control: null })])] },
      ['tools.0', 'system.0', 'messages.0.content.0'],
    ],
    ['an empty system prompt', { ...agentBody(0), system: '' }, ['tools.0', 'messages.0.content.0']],
    [
      'a system prompt and tools that the client marks itself',
      {
        ...agentBody(1),
        system: [text('s', { cache_control: SHORT }), text('more')],
        tools: [{ name: 'a', cache_control: SHORT }, { name: 'b' }],
      },
      ['tools.0', 'system.0', 'messages.2.content.0'],
    ],
  ])('mind %s', (_name, body, expected) => {
    expect(marksOf(plan(body).body)).toEqual(expected)
  })

  it.each<[string, Json]>([
    ['marks its tail', { ...agentBody(0), messages: [user([text('a', { cache_control: SHORT })])] }],
    [
      'marks its last message but one',
      {
        ...agentBody(0),
        messages: [user([text('a', { cache_control: SHORT })]), { role: 'system', content: 'note' }],
      },
    ],
    ['marks the request as a whole', { ...agentBody(4), cache_control: SHORT }],
    [
      'has no mark left',
      {
        ...agentBody(3),
        system: ['a', 'b', 'c', 'd'].map((value) => text(value, { cache_control: SHORT })),
      },
    ],
  ])('leave a client alone that %s', (_name, body) => {
    expect(plan(body).text).toBe(JSON.stringify(body))
  })

  it('give a free place to the tail before all else', () => {
    const body = {
      ...agentBody(3),
      system: [text('a', { cache_control: SHORT }), text('b', { cache_control: SHORT })],
      tools: [{ name: 'a', cache_control: SHORT }],
    }
    expect(plan(body).marks.map(({ place }) => place)).toEqual(['tail'])
  })

  it('are not set under the least length of the model', () => {
    const body = agentBody(1)
    expect(plan(body, { minCacheTokens: 4096 }).marks).toEqual([])
    const long = { ...body, messages: [user('x'.repeat(20_000))] }
    expect(plan(long, { minCacheTokens: 4096 }).marks.map(({ place }) => place)).toEqual(['tail'])
  })

  it('keep every byte but their own', () => {
    const odd = '{ "model":"auto" ,"max_tokens":1, "messages" : [ {"content" : "caf\\u00e9 😀" , "role":"user"} ] }'
    expect(plan(odd).text).toBe(
      '{ "model":"auto" ,"max_tokens":1, "messages" : [ {"content" : [{"type":"text","text":"caf\\u00e9 😀"' +
        ',"cache_control":{"type":"ephemeral"}}] , "role":"user"} ] }',
    )
  })

  it('do not go into a message that another edit takes away', () => {
    const body = { ...agentBody(0), messages: [user('first'), { role: 'system', content: 'gone' }] }
    const scan = scanAnthropicMessages(bodyOf(JSON.stringify(body)))
    const taken = [{ ...scan.messages[1]!.range, text: '' }]
    expect(plan(body, { taken }).marks[0]!.edits[0]!.start).toBeLessThan(taken[0]!.start)
  })
})

describe('the second mark of a long turn', () => {
  const many = (count: number): Json[] => Array.from({ length: count }, (_, at) => text(`part ${at}`))
  const grown = (count: number): Json => ({
    ...agentBody(0),
    messages: [user('a'), { role: 'assistant', content: 'b' }, user(many(count))],
  })

  it.each([
    [18, ['tail', 'system', 'tools']],
    [19, ['tail', 'bridge', 'system', 'tools']],
  ])('with an answer and %i blocks behind what is cached', (count, expected) => {
    expect(plan(grown(count)).marks.map(({ place }) => place)).toEqual(expected)
  })

  it('counts runs of tool calls and of results as one position each', () => {
    const ids = Array.from({ length: 60 }, (_, at) => `t${at}`)
    const body = {
      ...agentBody(0),
      messages: [
        user('a'),
        { role: 'assistant', content: ids.map((id) => ({ type: 'tool_use', id, name: 'read', input: {} })) },
        user(ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'r' }))),
      ],
    }
    expect(plan(body).marks.map(({ place }) => place)).toEqual(['tail', 'system', 'tools'])
  })

  it('stands at the end of what the target has cached, however many turns of another model lie behind it', () => {
    const body = agentBody(30, { marked: true })
    const messages = body['messages'] as Json[]
    const { marks, body: edited } = plan(body, { warmMessages: 21 })
    expect(marks.map(({ place }) => place)).toEqual(['tail', 'bridge', 'system'])
    expect(marksOf(edited)).toContain('messages.20.content.0')
    expect(plan({ ...body, messages: messages.slice(0, 25) }, { warmMessages: 21 }).marks).toHaveLength(3)
  })

  it('is also set for a client that marks its tail itself: it cannot know what the target has cached', () => {
    const body = agentBody(30)
    const messages = body['messages'] as Json[]
    const last = messages.at(-1)!['content'] as Json[]
    last[0]!['cache_control'] = SHORT
    expect(plan(body).marks).toEqual([])
    expect(plan(body, { warmMessages: 21 }).marks.map(({ place }) => place)).toEqual(['bridge'])
  })
})

describe('lifetimes', () => {
  const marked = (mark: Json): Json => {
    const body = agentBody(2)
    ;(body['messages'] as Json[])[0] = user([text('a', { cache_control: mark })])
    return body
  }

  it.each<[string, Json, 'short' | 'long', string[]]>([
    ['no marks', agentBody(2), 'long', ['tools.0 1h', 'system.0 1h', 'messages.4.content.0 1h']],
    [
      'own 5 minutes, an hour wished',
      marked(SHORT),
      'long',
      ['tools.0 1h', 'system.0 1h', 'messages.0.content.0', 'messages.4.content.0'],
    ],
    [
      'an own hour, 5 minutes wished',
      marked(LONG),
      'short',
      ['tools.0 1h', 'system.0 1h', 'messages.0.content.0 1h', 'messages.4.content.0'],
    ],
    [
      'an own hour, an hour wished',
      marked(LONG),
      'long',
      ['tools.0 1h', 'system.0 1h', 'messages.0.content.0 1h', 'messages.4.content.0 1h'],
    ],
  ])('are legal with %s', (_name, body, lifetime, expected) => {
    expect(marksOf(plan(body, { lifetime }).body)).toEqual(expected)
  })
})

const someInput = fc.record({
  lifetime: fc.constantFrom('short', 'long'),
  warmMessages: fc.option(fc.nat({ max: 20 })),
})

describe('any conversation', () => {
  it('means the same with its planned marks, and keeps the marks of its client', () => {
    fc.assert(
      fc.property(conversation, someInput, (body, input) => {
        const planned = plan(body, input)
        expect(meaning(planned.body)).toEqual(meaning(body))
        const scanned = scanAnthropicMessages(bodyOf(planned.text))
        const before = scanAnthropicMessages(bodyOf(JSON.stringify(body)))
        expect(scanned.prefixHashes).toEqual(before.prefixHashes)
        expect(scanned.staticHash).toBe(before.staticHash)
        expect(marksOf(planned.body)).toEqual(expect.arrayContaining(marksOf(body)))
      }),
      { numRuns: 150 },
    )
  })

  it('is legal by the rules of the scripted provider', () => {
    fc.assert(
      fc.property(conversation, someInput, (body, input) => {
        const { body: planned } = plan(body, input)
        checkShape(planned, { countsOnly: false })
        checkBreakpoints(planned, renderClaudePrompt(planned, model))
      }),
      { numRuns: 150 },
    )
  })

  it('gets no further mark when it is planned again', () => {
    fc.assert(
      fc.property(conversation, someInput, (body, input) => {
        const { text: once } = plan(body, input)
        expect(plan(once, input).text).toBe(once)
      }),
      { numRuns: 150 },
    )
  })

  it('is read from the cache up to the end of the call before, whatever a turn added', () => {
    fc.assert(
      fc.property(conversation.map(withoutMarks), (body) => {
        const cache = new PromptCache()
        let before = 0
        for (const part of callsOf(body)) {
          const { body: planned } = plan(part)
          const blocks = renderClaudePrompt(planned, model)
          const { outcome, commit } = cache.plan(blocks, {
            owner: 'a',
            systemSettings: '',
            messageSettings: '',
            minTokens: 0,
            startedAt: 0,
          })
          commit()
          expect(outcome.readTokens).toBe(before)
          before = outcome.readTokens + outcome.write5mTokens + outcome.write1hTokens
        }
      }),
      { numRuns: 150 },
    )
  })
})

function withoutMarks(body: Json): Json {
  return JSON.parse(
    JSON.stringify(body, (name, value: unknown) => (name === 'cache_control' ? undefined : value)),
  ) as Json
}

/** The calls of a conversation, one per message of the user. */
function callsOf(body: Json): Json[] {
  const messages = body['messages'] as Json[]
  return messages.flatMap(({ role }, index) =>
    role === 'user' ? [{ ...body, messages: messages.slice(0, index + 1) }] : [],
  )
}
