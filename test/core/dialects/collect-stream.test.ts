/** A stream collected is the answer that the scripted provider gives to the same request without a stream. */
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/chat/json-value.ts'
import { objectOf, objectsOf } from '../../../src/core/chat/json-value.ts'
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import { eventsIn } from '../../../src/core/dialects/collect-stream.ts'
import type { AnswerCollector } from '../../../src/core/dialects/collect-stream.ts'
import { DIALECTS } from '../../../src/core/dialects/dialect.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import { dialectOf } from '../../../src/core/dialects/registry.ts'
import { sseText } from '../../../src/core/dialects/sse-events.ts'
import { runningUpstream } from '../../cli/upstream/running.ts'
import { sdkReader } from '../../dialects/sdk-reading.ts'

const upstream = runningUpstream()
const sdk = sdkReader()

const QUESTION = { role: 'user', content: 'Hello' }
const parameters = { type: 'object', properties: { path: { type: 'string' } } }

const REQUESTS: Readonly<Record<DialectName, { readonly path: string; readonly body: JsonObject }>> = {
  'anthropic-messages': {
    path: '/v1/messages',
    body: {
      model: 'claude-opus-4-8',
      max_tokens: 4_000,
      messages: [QUESTION],
      thinking: { type: 'adaptive', display: 'summarized' },
      tools: [{ name: 'read', description: 'Reads', input_schema: parameters }],
    },
  },
  'openai-chat-completions': {
    path: '/v1/chat/completions',
    body: {
      model: 'gpt-4.1',
      messages: [QUESTION],
      tools: [{ type: 'function', function: { name: 'read', parameters } }],
    },
  },
  'openai-responses': {
    path: '/v1/responses',
    body: {
      model: 'gpt-5.5',
      input: [QUESTION],
      reasoning: { effort: 'high', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      tools: [{ type: 'function', name: 'read', parameters, strict: false }],
    },
  },
}

async function wireOf(dialect: DialectName, script: object, more: JsonObject): Promise<string> {
  const { path, body } = REQUESTS[dialect]
  await upstream.call('DELETE', '/__script?all=1')
  await upstream.script(script)
  const headers = { 'anthropic-version': '2023-06-01', authorization: 'Bearer test-key' }
  return (await upstream.call('POST', path, { ...body, ...more }, headers)).text
}

function streamOf(dialect: DialectName, script: object): Promise<string> {
  const usage = dialect === 'openai-chat-completions' ? { stream_options: { include_usage: true } } : {}
  return wireOf(dialect, script, { stream: true, ...usage })
}

function collect(dialect: DialectName, events: readonly JsonObject[]): AnswerCollector {
  const collector = dialectOf(dialect).collectAnswer()
  for (const event of events) collector.read(event)
  return collector
}

function answerIn(collector: AnswerCollector): JsonObject {
  const result = collector.result()
  return result?.type === 'answer' ? result.body : expect.unreachable(`no answer: ${JSON.stringify(result)}`)
}

/** Ids are drawn anew for every answer: each becomes its place in the order of their appearance. */
function withoutIds(value: JsonObject): unknown {
  const seen = new Map<string, number>()
  const sealed = /^(gAAAAA|sig|Er)/
  return JSON.parse(JSON.stringify(value), (name, inner: unknown) => {
    if (typeof inner !== 'string') return inner
    if (['signature', 'encrypted_content'].includes(name) || sealed.test(inner)) return inner === '' ? '' : 'sealed'
    if (!['id', 'call_id', 'item_id'].includes(name)) return inner
    if (!seen.has(inner)) seen.set(inner, seen.size)
    return `id ${seen.get(inner)}`
  })
}

const call = (path: string) => ({ name: 'read', input: { path } })
const SCENARIOS = [
  ['text', { text: 'Good day, Zürich 🏔.' }],
  ['the agent’s own next step', undefined],
  [
    'thinking, text and parallel calls',
    { thinking: 'Hm.', text: 'Reading.', toolCalls: [call('a'), call('b')], pieceLength: 1 },
  ],
  ['calls alone', { toolCalls: [call('a'), call('b'), call('c')] }],
  ['a call without input', { toolCalls: [{ name: 'read', input: {} }] }],
  ['cut at the limit', { outputTokens: 9_000 }],
  ['a call cut at the limit', { toolCalls: [call('x'.repeat(40_000))] }],
  ['a refusal', { stop: 'refusal', refusalExplanation: 'Not that.' }],
  ['a refusal after words', { text: 'Well.', stop: 'refusal', refusalExplanation: 'Not that.' }],
  ['a pause', { text: 'Wait', stop: 'pause' }],
  ['a filter', { text: 'Ha', stop: 'filter' }],
  ['no usage', { text: 'Hi', omitUsage: true }],
  ['nothing', { text: '', outputTokens: 0 }],
] as const

describe.each(DIALECTS)('%s', (dialect) => {
  it.each(SCENARIOS)('%s', async (_, reply) => {
    const script = reply === undefined ? {} : { reply }
    const collected = answerIn(collect(dialect, eventsIn(await streamOf(dialect, { ...script, times: 1 }))))
    const whole = JSON.parse(await wireOf(dialect, { ...script, times: 1 }, {})) as JsonObject
    expect(withoutIds(collected)).toEqual(withoutIds(whole))
    // Without usage the SDK's message is not what its type says: there is nothing to compare.
    if (dialect === 'anthropic-messages' && whole['usage'] === undefined) return
    expect(await sdk.read(dialect, JSON.stringify(withoutIds(collected)), false)).toEqual(
      await sdk.read(dialect, JSON.stringify(withoutIds(whole)), false),
    )
  })

  it('tells an error in mid-stream, and knows a stream that was cut', async () => {
    const reply = { text: 'Half of an answer', pieceLength: 2 }
    const failed = { reply, errorAfterEvents: 4, errorMessage: 'it broke' }
    expect(collect(dialect, eventsIn(await streamOf(dialect, failed))).result()).toMatchObject({
      type: 'failed',
      error: { message: 'it broke', kind: dialect === 'anthropic-messages' ? 'overloaded' : 'server' },
    })
    const events = eventsIn(await streamOf(dialect, { reply }))
    for (let until = 0; until < events.length - 3; until += 1) {
      expect(collect(dialect, events.slice(0, until)).result()).toBeNull()
    }
  })

  it('ends early wherever it is told to, with nothing half done that could be run', async () => {
    const reply = { thinking: 'Hm. Hm.', text: 'Reading on.', toolCalls: [call('src/main.ts')], pieceLength: 3 }
    const events = eventsIn(await streamOf(dialect, { reply }))
    const usage = { ...NO_USAGE, inputTokens: 7, outputTokens: 5 }
    for (let until = 0; until <= events.length; until += 1) {
      const collector = collect(dialect, events.slice(0, until))
      const body = collector.endEarly({ usage, note: 'The money is used up.' })
      if (until === 0) expect(body).toBeNull()
      else {
        const read = await sdk.read(dialect, JSON.stringify(body), false)
        // The last two events only follow what ended by itself.
        if (until < events.length - 2) expect(['max_tokens', 'length', 'max_output_tokens']).toContain(read.finish)
        expect(read.outputTokens).toBeGreaterThan(0)
        expect(`${read.text}${read.calls.join()}`).not.toBe('')
        for (const [, , input] of read.calls) {
          const half = input === '{"path":"src/main.ts"}' ? [] : Object.values(JSON.parse(input) as JsonObject)
          expect(half.filter((value) => value !== null)).toEqual([])
          expect(input).not.toBe('{}')
        }
      }
    }
  })
})

describe('what is not known here', () => {
  it('carries over from every event of a Messages stream', () => {
    const body = answerIn(
      collect('anthropic-messages', [
        { type: 'message_start', message: { id: 'm', usage: { input_tokens: 3, new_count: 1 }, shiny: [1] } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', colour: 'red' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation: { cited_text: 'a' } } },
        { type: 'content_block_delta', index: 0, delta: { type: 'hue_delta', colour: 'dish', degree: 4 } },
        { type: 'content_block_stop', index: 0 },
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', container: { id: 'c' } },
          usage: { output_tokens: 2 },
          context_management: { applied_edits: [] },
        },
        { type: 'message_stop' },
      ]),
    )
    expect(body).toEqual({
      id: 'm',
      shiny: [1],
      content: [{ type: 'text', text: 'Hi', colour: 'reddish', degree: 4, citations: [{ cited_text: 'a' }] }],
      stop_reason: 'end_turn',
      container: { id: 'c' },
      context_management: { applied_edits: [] },
      usage: { input_tokens: 3, new_count: 1, output_tokens: 2 },
    })
  })

  it('several choices, log probabilities and unknown members of a completion', () => {
    const chunk = (choices: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
      id: 'c',
      object: 'chat.completion.chunk',
      service_tier: 'default',
      ...more,
      choices,
    })
    const token = (text: string) => ({ content: [{ token: text, logprob: -1 }] })
    const body = answerIn(
      collect('openai-chat-completions', [
        chunk([], { prompt_filter_results: [{ prompt_index: 0 }] }),
        chunk([{ index: 1, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
        chunk([
          { index: 0, delta: { role: 'assistant', content: 'A', reasoning_content: 'be' }, logprobs: token('A') },
        ]),
        chunk([{ index: 0, delta: { content: 'B', reasoning_content: 'cause' }, logprobs: token('B') }]),
        chunk([{ index: 1, delta: { refusal: 'No' } }]),
        chunk([{ index: 1, delta: { refusal: '.' }, finish_reason: 'stop', content_filter_results: { hate: 'safe' } }]),
        chunk([{ index: 0, delta: {}, finish_reason: 'length' }]),
        chunk([], { usage: { prompt_tokens: 1 }, service_tier: 'flex' }),
      ]),
    )
    expect(body).toEqual({
      id: 'c',
      object: 'chat.completion',
      service_tier: 'flex',
      prompt_filter_results: [{ prompt_index: 0 }],
      usage: { prompt_tokens: 1 },
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'AB', reasoning_content: 'because', refusal: null, annotations: [] },
          logprobs: { content: [...token('A').content, ...token('B').content] },
          finish_reason: 'length',
        },
        {
          index: 1,
          message: { role: 'assistant', content: null, refusal: 'No.', annotations: [] },
          logprobs: null,
          content_filter_results: { hate: 'safe' },
          finish_reason: 'stop',
        },
      ],
    })
  })

  it('ends every choice of a completion that is not ended yet', () => {
    const choice = (index: number, delta: JsonObject, reason: string | null = null): JsonObject => ({
      id: 'c',
      choices: [{ index, delta, finish_reason: reason }],
    })
    const collector = collect('openai-chat-completions', [
      choice(0, { content: 'whole' }),
      choice(0, {}, 'stop'),
      choice(1, { tool_calls: [{ index: 0, id: 'x', function: { name: 'run', arguments: '{"a":"b' } }] }),
      choice(2, { role: 'assistant' }),
    ])
    const body = collector.endEarly({ usage: NO_USAGE, note: 'Used up.' })
    const choices = objectsOf(body?.['choices'])
    expect(choices.map((one) => one['finish_reason'])).toEqual(['stop', 'length', 'length'])
    expect(objectOf(choices[2]?.['message'])['content']).toBe('Used up.')
    const [half] = objectsOf(objectOf(choices[1]?.['message'])['tool_calls'])
    expect(JSON.parse(String(objectOf(half?.['function'])['arguments']))).toEqual({ a: null })
  })

  it('a response whose last event leaves its items out is made of the items', () => {
    const item = (id: string) => ({ id, type: 'message' })
    const body = answerIn(
      collect('openai-responses', [
        { type: 'response.created', response: { id: 'r' } },
        { type: 'response.output_item.done', output_index: 1, item: item('b') },
        { type: 'response.output_item.done', output_index: 0, item: item('a') },
        { type: 'response.completed', response: { id: 'r', status: 'completed', output: [] } },
      ]),
    )
    expect(body).toEqual({ id: 'r', status: 'completed', output: [item('a'), item('b')] })
  })

  it('an early end leaves out what no API takes back unfinished', () => {
    const block = (index: number, content: JsonObject): JsonObject[] => [
      { type: 'content_block_start', index, content_block: content },
      { type: 'content_block_stop', index },
    ]
    const collector = collect('anthropic-messages', [
      { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1 } } },
      ...block(0, { type: 'text', text: 'Searching.' }),
      ...block(1, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      { type: 'content_block_start', index: 2, content_block: { type: 'thinking', thinking: 'Hm', signature: '' } },
    ])
    const body = collector.endEarly({ usage: { ...NO_USAGE, outputTokens: 9 }, note: 'Used up.' })
    expect(body).toMatchObject({
      stop_reason: 'max_tokens',
      usage: { output_tokens: 9 },
      content: [
        { type: 'text', text: 'Searching.' },
        { type: 'text', text: 'Used up.' },
      ],
    })
    expect(objectsOf(body?.['content'])).toHaveLength(2)
    expect(eventsIn(sseText(null, '[DONE]'))).toEqual([])
  })
})
