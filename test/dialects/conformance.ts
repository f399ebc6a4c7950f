/**
 * One suite for every pair of a client's dialect and a provider's: what is asked arrives, what is answered comes back.
 * A pair deviates only where it declares so, with a reason; a deviation that is not needed any more fails.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatRequest } from '../../src/core/chat/chat-request.ts'
import type { ChatResponse } from '../../src/core/chat/chat-response.ts'
import { finishOf } from '../../src/core/chat/finish.ts'
import { offeredTools } from '../../src/core/chat/portable-tools.ts'
import { NO_REASONING_ASKED } from '../../src/core/chat/reasoning-asked.ts'
import type { ProviderErrorKind } from '../../src/core/chat/provider-error.ts'
import type { DialectName } from '../../src/core/dialects/dialect.ts'
import {
  codecOf,
  readChatRequest,
  translateAnswer,
  translateError,
  whyNotTranslatable,
  writeChatRequest,
} from '../../src/core/dialects/translation.ts'
import {
  failStreamTranslation,
  startStreamTranslation,
  translateStreamText,
} from '../../src/core/dialects/stream-translation.ts'
import { meaningOf, meaningOfAnswer } from './meaning.ts'
import { randomRequest, randomResponse } from './random-chat.ts'
import { MODELS } from './scripted-provider.ts'
import type { Judge } from './scripted-provider.ts'
import type { SdkReader } from './sdk-reading.ts'
import { byteByByte, contextFor, faultsOf, foldStream, streamOf, translateStream, wireEvents } from './wire-stream.ts'

/** What a pair may not keep; the reason is shown with the test that proves the loss. */
export interface Deviation {
  readonly what: keyof typeof PROOFS
  readonly reason: string
}

export interface Pair {
  readonly client: DialectName
  readonly provider: DialectName
  readonly deviations: readonly Deviation[]
  readonly judge: Judge
  readonly sdk: SdkReader
}

const TARGET = { maxOutputTokens: 32_000 }

/** The body a client writes for a request. */
function clientBody(request: ChatRequest) {
  return codecOf(request.dialect).writeRequest(request, TARGET).body
}

export function runConformance(pair: Pair): void {
  describe(`${pair.client} client, ${pair.provider} provider`, () => {
    it.each(pair.deviations)('deviates: $what, since $reason', ({ what }) => PROOFS[what](pair))
    requests(pair)
    answers(pair)
    errors(pair)
  })
}

/** A request of this client that asks for one thing. */
function asking(client: DialectName, given: Partial<ChatRequest>): ChatRequest {
  const [plain] = fc.sample(randomRequest(client), { numRuns: 1, seed: 1 })
  if (plain === undefined) throw new Error('no request')
  const hello: ChatRequest['messages'] = [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }]
  return { ...plain, reasoning: NO_REASONING_ASKED, messages: hello, ...given }
}

/** Each deviation, proved to be needed still. */
const PROOFS = {
  'finish:content-filter': ({ client, provider }: Pair) => {
    const response = { id: 'a', model: 'm', parts: [], finish: finishOf('content-filter'), usage: null }
    const wire = codecOf(provider).writeAnswer(response, contextFor()).body
    const { body } = translateAnswer(wire, { from: provider, to: client }, contextFor())
    expect(codecOf(client).readAnswer(body).finish.reason).toBe('refusal')
  },
  'instructions:as_user': ({ client, provider }: Pair) => {
    const request = asking(client, {
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
        { role: 'instructions', spoken: 'system', parts: [{ type: 'text', text: 'Be brief' }] },
        { role: 'user', parts: [{ type: 'text', text: 'Go on' }] },
      ],
    })
    const { body, warnings } = writeChatRequest(request, provider, TARGET)
    expect(warnings).toContain('system_message:as_user')
    expect(JSON.stringify(body)).toContain('<system-reminder>\\nBe brief\\n</system-reminder>')
  },
  'temperature:with_reasoning': ({ client, provider }: Pair) => {
    const request = asking(client, {
      sampling: { temperature: 0.5, topP: null },
      reasoning: { ...NO_REASONING_ASKED, effort: 'low' },
    })
    const { body, warnings } = writeChatRequest(request, provider, TARGET)
    expect(warnings).toContain('temperature:dropped')
    expect(body['temperature']).toBeUndefined()
  },
}

/** What must arrive of a request. */
function expectedMeaning(request: ChatRequest, { deviations }: Pair): ReturnType<typeof meaningOf> {
  const meaning = meaningOf(request)
  const thinks = request.reasoning.effort !== null
  if (!thinks || !deviations.some((one) => one.what === 'temperature:with_reasoning')) return meaning
  return { ...meaning, settings: { ...meaning.settings, temperature: null } }
}

function requests(pair: Pair): void {
  const { client, provider, judge } = pair
  const asked = randomRequest(client).map((request) => readChatRequest(clientBody(request), client))

  it('says the same there and back', () => {
    fc.assert(
      fc.property(asked, (request) => {
        expect(whyNotTranslatable(request, provider)).toBeNull()
        const there = writeChatRequest(request, provider, TARGET).body
        const back = writeChatRequest(readChatRequest(there, provider), client, TARGET).body
        expect(meaningOf(readChatRequest(there, provider))).toEqual(expectedMeaning(request, pair))
        expect(meaningOf(readChatRequest(back, client))).toEqual(expectedMeaning(request, pair))
      }),
      { numRuns: 150 },
    )
  })

  it('gives every call its result, under one legal id of its own', () => {
    fc.assert(
      // As it was made up, with ids that repeat and that no server should give: a client's writer would mend them.
      fc.property(randomRequest(client), (request) => {
        const written = readChatRequest(writeChatRequest(request, provider, TARGET).body, provider)
        const { calls, results } = meaningOf(request)
        expect(meaningOf(written)).toMatchObject({ calls, results })
        const seen = new Set<string>()
        for (const [index, message] of written.messages.entries()) {
          if (message.role !== 'assistant') continue
          const ids = message.parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []))
          for (const id of ids) {
            expect(id).toMatch(/^[\w-]{1,64}$/)
            expect(seen.has(id)).toBe(false)
            seen.add(id)
          }
          const next = written.messages[index + 1]
          if (ids.length > 0) expect(next?.role === 'tool' && next.results.map((result) => result.callId)).toEqual(ids)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('writes the same beginning for a longer conversation', () => {
    fc.assert(
      fc.property(asked, (request) => {
        const longer: ChatRequest = {
          ...request,
          messages: [
            ...request.messages,
            { role: 'assistant', parts: [{ type: 'text', text: 'Answered.' }] },
            { role: 'user', parts: [{ type: 'text', text: 'Go on.' }] },
          ],
        }
        const shorter = listOf(writeChatRequest(request, provider, TARGET).body)
        expect(listOf(writeChatRequest(longer, provider, TARGET).body).slice(0, shorter.length)).toEqual(shorter)
      }),
      { numRuns: 60 },
    )
  })

  it.each(MODELS[provider])('is accepted by the provider in strict mode as a request for %s', async (model) => {
    await fc.assert(
      fc.asyncProperty(asked, async (request) => {
        const { body } = writeChatRequest(request, provider, TARGET)
        const judged = await judge.send(body, provider, model)
        expect(judged.status, `${judged.text}\n${JSON.stringify(body)}`).toBe(200)
      }),
      { numRuns: 25 },
    )
  })

  it('carries the answers of the provider in strict mode', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (request) => {
        const { body } = writeChatRequest({ ...request, outputFormat: null }, provider, TARGET)
        const judged = await judge.send(body, provider, MODELS[provider][0] ?? '')
        const direction = { from: provider, to: client }
        const context = contextFor({ tools: offeredTools(request.tools), clientBody: clientBody(request) })
        if (request.stream) {
          const { text, finished } = translateStream([judged.text], direction, context)
          expect(finished).toBe(true)
          expect(faultsOf(text, client)).toEqual([])
        } else expect(translateAnswer(JSON.parse(judged.text), direction, context).type).toBe('answer')
      }),
      { numRuns: 15 },
    )
  })
}

function listOf(body: Readonly<Record<string, unknown>>): readonly unknown[] {
  return (body['messages'] ?? body['input']) as readonly unknown[]
}

/** The meaning that must arrive, with what the pair declares to say otherwise. */
function expected(response: ChatResponse, { deviations }: Pair): Readonly<Record<string, unknown>> {
  const meaning = meaningOfAnswer(response)
  const filtersRefuse = deviations.some((one) => one.what === 'finish:content-filter')
  return filtersRefuse && response.finish.reason === 'content-filter' ? { ...meaning, finish: 'refusal' } : meaning
}

function answers(pair: Pair): void {
  const { client, provider, sdk } = pair
  const direction = { from: provider, to: client }

  const answered = randomResponse(provider)

  it('brings whole answers back as they were meant', () => {
    fc.assert(
      fc.property(answered, (response) => {
        const wire = codecOf(provider).writeAnswer(response, contextFor()).body
        const translated = translateAnswer(wire, direction, contextFor())
        expect(translated.type).toBe('answer')
        expect(meaningOfAnswer(codecOf(client).readAnswer(translated.body))).toEqual(expected(response, pair))
      }),
      { numRuns: 150 },
    )
  })

  it('brings streams back as they were meant, by the rules of the dialect', () => {
    fc.assert(
      fc.property(answered, (response) => {
        const { text, finished } = translateStream([streamOf(response, provider)], direction, contextFor())
        expect(finished).toBe(true)
        expect(faultsOf(text, client)).toEqual([])
        expect(meaningOfAnswer(foldStream(text, client))).toEqual(expected(response, pair))
      }),
      { numRuns: 100 },
    )
  })

  it('gives the same stream however the bytes are cut', () => {
    fc.assert(
      fc.property(answered, fc.constantFrom('\n', '\r\n', '\r'), (response, end) => {
        const wire = streamOf(response, provider).replaceAll('\n', end)
        const whole = translateStream([wire], direction, contextFor())
        expect(translateStream(byteByByte(wire), direction, contextFor())).toEqual(whole)
        expect(whole.finished).toBe(true)
      }),
      { numRuns: 12 },
    )
  })

  it('is read by the official SDK, whole and streamed', async () => {
    await fc.assert(
      fc.asyncProperty(answered, async (response) => {
        const wire = codecOf(provider).writeAnswer(response, contextFor()).body
        const { body } = translateAnswer(wire, direction, contextFor())
        const whole = await sdk.read(client, JSON.stringify(body), false)
        const { text } = translateStream([streamOf(response, provider)], direction, contextFor())
        const streamed = await sdk.read(client, text, true)
        expect(streamed).toEqual(whole)
        expect(whole.outputTokens).toBe(response.usage?.outputTokens)
        const meant = meaningOfAnswer(response)['calls'] as readonly (readonly [string, string])[]
        expect(whole.calls.map(([id, name]) => [id, name])).toEqual(meant.map(([id, name]) => [id, name]))
      }),
      { numRuns: 20 },
    )
  })
}

const KINDS: readonly (readonly [ProviderErrorKind, string])[] = [
  ['invalid-request', 'max_tokens: Field required'],
  ['context-overflow', 'prompt is too long: 210000 tokens > 200000 maximum'],
  ['authentication', 'invalid key'],
  ['billing', 'no credit left'],
  ['permission', 'not yours'],
  ['unknown-model', 'model: claude-x'],
  ['not-found', 'no such file'],
  ['too-large', 'too many bytes'],
  ['rate-limit', 'slow down'],
  ['timeout', 'took too long'],
  ['overloaded', 'overloaded'],
  ['server', 'it broke'],
]

function errors({ client, provider }: Pair): void {
  const direction = { from: provider, to: client }
  const errorOf = (kind: ProviderErrorKind, message: string) => ({
    kind,
    message,
    status: null,
    code: null,
    param: null,
  })

  it.each(KINDS)('keeps the kind of an error: %s', (kind, message) => {
    const wire = codecOf(provider).writeProviderError(errorOf(kind, message), 'req_1')
    const translated = translateError(wire, direction, 'req_2')
    expect(translated.error.kind).toBe(kind)
    expect(codecOf(client).readProviderError(translated.status, translated.body).kind).toBe(kind)
    expect(JSON.stringify(translated.body)).toContain(kind === 'context-overflow' ? 'prompt is too long' : message)
  })

  it('ends a stream that fails in the middle with an error event and nothing after it', () => {
    const response: ChatResponse = {
      id: 'abc',
      model: 'm',
      parts: [{ type: 'text', text: 'Half of it' }],
      finish: finishOf('end'),
      usage: null,
    }
    const whole = streamOf(response, provider)
    const failing = whole.slice(0, whole.indexOf('of ')).replace(/\n\n[^\n]*$/s, '\n\n')
    const wire = `${failing.slice(0, failing.lastIndexOf('\n\n') + 2)}${FAILURES[provider]}`
    const { text, finished } = translateStream([wire], direction, contextFor())
    expect(finished).toBe(true)
    expect(text).toContain('slow down')
    expect(text.trimEnd().split('\n\n').at(-1)).toMatch(/error|response\.failed/)
    expect(text).not.toMatch(/message_stop|\[DONE\]|response\.completed/)
  })

  it('leaves a stream open that was cut before its last word, and ends it where it is told to', () => {
    const response: ChatResponse = { id: 'a', model: 'm', parts: [], finish: finishOf('end'), usage: null }
    const whole = streamOf(response, provider)
    const cut = whole.slice(0, whole.indexOf('\n\n') + 2)
    expect(translateStream([cut], direction, contextFor()).finished).toBe(false)
    const [open, begun] = translateStreamText(startStreamTranslation(direction, contextFor()), cut)
    const [failed, ending] = failStreamTranslation(open, errorOf('server', 'it was cut'))
    expect(failed.finished).toBe(true)
    expect(ending).toContain('it was cut')
    expect(failStreamTranslation(failed, errorOf('server', 'again'))[1]).toBe('')
    const [event, more] = wireEvents(begun + ending).slice(-2)
    if (client === 'openai-responses')
      expect(more?.data['sequence_number']).toBe(Number(event?.data['sequence_number']) + 1)
  })
}

const FAILURES: Readonly<Record<DialectName, string>> = {
  'anthropic-messages':
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"slow down"}}\n\n',
  'openai-chat-completions': 'data: {"error":{"message":"slow down","type":"server_error","code":null}}\n\n',
  'openai-responses':
    'event: response.failed\ndata: {"type":"response.failed","sequence_number":9,"response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"slow down"}}}\n\n',
}
