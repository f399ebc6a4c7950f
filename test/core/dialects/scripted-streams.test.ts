/** Streams as the scripted provider sends them, in every pair: what a provider can say, a client must be able to read. */
import { describe, expect, it } from 'vitest'
import type { ChatRequest } from '../../../src/core/chat/chat-request.ts'
import type { FinishReason } from '../../../src/core/chat/finish.ts'
import { offeredTools } from '../../../src/core/chat/portable-tools.ts'
import { NO_REASONING_ASKED } from '../../../src/core/chat/reasoning-asked.ts'
import { DIALECTS } from '../../../src/core/dialects/dialect.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import { codecOf, translateAnswer, writeChatRequest } from '../../../src/core/dialects/translation.ts'
import { runningUpstream } from '../../cli/upstream/running.ts'
import { meaningOfAnswer } from '../../dialects/meaning.ts'
import { sdkReader } from '../../dialects/sdk-reading.ts'
import { byteByByte, contextFor, faultsOf, foldStream, translateStream } from '../../dialects/wire-stream.ts'

const upstream = runningUpstream()
const sdk = sdkReader()

const PATHS: Readonly<Record<DialectName, string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-chat-completions': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
}

const parameters = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
const REQUEST: ChatRequest = {
  dialect: 'anthropic-messages',
  model: 'claude-opus-4-8',
  stream: true,
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  tools: [
    { kind: 'function', name: 'read', namespace: null, description: null, parameters, strict: null, deferred: false },
  ],
  toolChoice: null,
  parallelToolCalls: null,
  maxOutputTokens: 4000,
  sampling: { temperature: null, topP: null },
  stopSequences: [],
  outputFormat: null,
  reasoning: { ...NO_REASONING_ASKED, form: 'adaptive', effort: 'medium', display: 'summarized' },
  verbosity: null,
  endUser: null,
  standardServiceOnly: false,
  cacheKey: null,
  usageChunk: true,
  own: [],
}

interface Scenario {
  readonly name: string
  readonly reply: Readonly<Record<string, unknown>>
  readonly text: string
  readonly calls: number
  /** The ending each dialect's client may see; the first is the closest. */
  readonly finish: readonly FinishReason[]
}

const call = (path: string) => ({ name: 'read', input: { path } })

const SCENARIOS: readonly Scenario[] = [
  { name: 'text', reply: { text: 'Good day.' }, text: 'Goodday.', calls: 0, finish: ['end'] },
  {
    name: 'thinking before text and parallel calls, in pieces of one character',
    reply: { thinking: 'Hm.', text: 'Reading.', toolCalls: [call('a'), call('b'), call('c')], pieceLength: 1 },
    text: 'Reading.',
    calls: 3,
    finish: ['tool-calls'],
  },
  { name: 'calls alone', reply: { toolCalls: [call('a'), call('b')] }, text: '', calls: 2, finish: ['tool-calls'] },
  { name: 'cut at the limit', reply: { text: 'Half', stop: 'length' }, text: 'Half', calls: 0, finish: ['max-output'] },
  {
    name: 'a full context',
    reply: { text: 'Half', stop: 'context' },
    text: 'Half',
    calls: 0,
    finish: ['context-full', 'max-output'],
  },
  {
    name: 'a refusal',
    reply: { stop: 'refusal', refusalExplanation: 'Not that.' },
    text: 'Notthat.',
    calls: 0,
    finish: ['refusal'],
  },
  { name: 'a pause', reply: { text: 'Wait', stop: 'pause' }, text: 'Wait', calls: 0, finish: ['pause', 'end'] },
  {
    name: 'a filter',
    reply: { text: 'Ha', stop: 'filter' },
    text: 'Ha',
    calls: 0,
    finish: ['content-filter', 'refusal'],
  },
  { name: 'no usage', reply: { text: 'Hi', omitUsage: true }, text: 'Hi', calls: 0, finish: ['end'] },
  { name: 'nothing', reply: { text: '', outputTokens: 0 }, text: '', calls: 0, finish: ['end'] },
]

const MODELS = {
  'anthropic-messages': 'claude-opus-4-8',
  'openai-chat-completions': 'gpt-4.1',
  'openai-responses': 'gpt-5.5',
}

/** The provider's answer to the request, as its dialect sends it. */
async function answerOf(provider: DialectName, script: object, stream: boolean): Promise<string> {
  await upstream.script(script)
  const reasoning = provider === 'openai-chat-completions' ? NO_REASONING_ASKED : REQUEST.reasoning
  const asked = { ...REQUEST, stream, reasoning, model: MODELS[provider] }
  const { body } = writeChatRequest(asked, provider, { maxOutputTokens: 4000 })
  const headers = { 'anthropic-version': '2023-06-01', authorization: 'Bearer test-key' }
  return (await upstream.call('POST', PATHS[provider], body, headers)).text
}

const PAIRS = DIALECTS.flatMap((client) => DIALECTS.map((provider) => ({ client, provider })))

describe.each(PAIRS)('$provider to $client', ({ client, provider }) => {
  const direction = { from: provider, to: client }
  const context = contextFor({ tools: offeredTools(REQUEST.tools) })

  it.each(SCENARIOS)('$name', async ({ reply, text, calls, finish }) => {
    const wire = await answerOf(provider, { reply }, true)
    const streamed = translateStream([wire], direction, context)
    expect(streamed.finished).toBe(true)
    expect(faultsOf(streamed.text, client)).toEqual([])
    expect(translateStream(byteByByte(wire), direction, context)).toEqual(streamed)

    const folded = foldStream(streamed.text, client)
    const meaning = meaningOfAnswer(folded)
    expect(finish).toContain(meaning['finish'])
    expect(meaning['calls']).toHaveLength(calls)
    // A provider's explanation of a refusal stands beside the content of a Messages answer, not in it.
    const silent = client === 'anthropic-messages' && provider === client && finish[0] === 'refusal'
    expect(meaning['text']).toBe(silent ? '' : text)

    const read = await sdk.read(client, streamed.text, true)
    expect(read.calls).toHaveLength(calls)
  })

  it.each(SCENARIOS)('whole: $name', async ({ reply, finish, calls }) => {
    const wire: unknown = JSON.parse(await answerOf(provider, { reply }, false))
    const translated = translateAnswer(wire, direction, context)
    expect(translated.type).toBe('answer')
    const meaning = meaningOfAnswer(codecOf(client).readAnswer(translated.body))
    expect(finish).toContain(meaning['finish'])
    expect(meaning['calls']).toHaveLength(calls)
    expect((await sdk.read(client, JSON.stringify(translated.body), false)).calls).toHaveLength(calls)
  })

  it.each([1, 2, 4, 6])('an error after %i events', async (errorAfterEvents) => {
    const script = { reply: { text: 'Half of an answer' }, errorAfterEvents, errorMessage: 'it broke', pieceLength: 2 }
    const { pieceLength, ...rest } = script
    const wire = await answerOf(provider, { ...rest, reply: { ...script.reply, pieceLength } }, true)
    const { text, finished } = translateStream(byteByByte(wire), direction, context)
    expect(finished).toBe(true)
    expect(text).toContain('it broke')
    expect(text).not.toMatch(/message_stop|\[DONE\]|response\.completed/)
  })

  it('shows signs of life while there is nothing else to show', async () => {
    const wire = await answerOf(provider, { reply: { thinking: 'Hm.', thinkingTokens: 900, text: 'Yes' } }, true)
    const { text } = translateStream([wire.replaceAll('\n\n', '\n\n: waiting\n\n')], direction, context)
    expect(text).toMatch(client === 'anthropic-messages' ? /event: ping\n/ : /^: keep-alive$/m)
  })
})
