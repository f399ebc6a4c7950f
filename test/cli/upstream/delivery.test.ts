import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { deliver } from '../../../src/cli/upstream/deliver.ts'
import type { JsonObject } from '../../../src/cli/upstream/json.ts'
import { NO_TOKENS, Recording } from '../../../src/cli/upstream/recording.ts'
import { runningUpstream } from './running.ts'

const running = runningUpstream()
const CLAUDE = { 'content-type': 'application/json', 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }
const OPENAI = { 'content-type': 'application/json', authorization: 'Bearer k' }
const hi = [{ role: 'user', content: 'hi' }]
const STREAMS: [name: string, path: string, headers: Record<string, string>, body: JsonObject][] = [
  ['messages', '/v1/messages', CLAUDE, { model: 'claude-opus-5-5', max_tokens: 128_000, messages: hi, stream: true }],
  ['chat', '/v1/chat/completions', OPENAI, { model: 'gpt-5.5', messages: hi, stream: true }],
  ['responses', '/v1/responses', OPENAI, { model: 'gpt-5.5', input: 'hi', stream: true }],
]

function post(
  path: string,
  headers: Record<string, string>,
  body: JsonObject,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(running.url + path, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
}

/** Reads until `events` complete events have come, or the end; null bytes mean the socket broke. */
async function readEvents(
  response: Response,
  events = Number.POSITIVE_INFINITY,
): Promise<{ text: string; broken: boolean }> {
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      if (text.split('\n\n').length > events) break
    }
    return { text, broken: false }
  } catch {
    return { text, broken: true }
  }
}

async function settled(): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await running.requests()).every((record) => record.ending !== null)) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const EMPTY_RECORD = {
  at: 0,
  method: 'POST',
  path: '/',
  headers: {},
  bodyText: '',
  bodySha256: '',
  bodyBytes: 0,
  status: null,
  requestId: 'req_1',
  model: null,
  billed: null,
  aborted: false,
  ending: null,
  endedAt: null,
}

const PLAIN_ANSWER = {
  model: 'gpt-4.1',
  stream: true,
  headers: {},
  body: {},
  prompt: NO_TOKENS,
  reasoningTokens: 0,
  longPromptTokens: null,
  onStart: () => {},
  onComplete: () => {},
  errorEvent: () => '',
}

describe.each(STREAMS)('%s streams', (_name, path, headers, body) => {
  it('bill what was produced until the client was seen to leave', async () => {
    await running.script({ eventDelayMs: 4, reply: { outputTokens: 20_000, thinkingTokens: 1_000 } })
    const controller = new AbortController()
    const response = await post(path, headers, body, controller.signal)
    await readEvents(response, 30)
    controller.abort()
    await settled()
    const [record] = await running.requests()
    expect(record).toMatchObject({ aborted: true, ending: 'aborted', status: 200 })
    expect(record?.billed?.output).toBeGreaterThan(1_000)
    expect(record?.billed?.output).toBeLessThan(15_000)
    expect(record?.billed?.reasoning).toBe(1_000)
    expect((await running.call('GET', '/__bill')).json.rows).toMatchObject([{ aborted: 1, requests: 1 }])
  })

  it('end early where a script cuts them', async () => {
    await running.script([{ cutAfterEvents: 5 }, { cutAfterBytes: 700 }])
    const byEvents = await readEvents(await post(path, headers, body))
    expect(byEvents.broken).toBe(true)
    expect(byEvents.text.match(/\n\n/g)).toHaveLength(5)
    const byBytes = await readEvents(await post(path, headers, body))
    expect(byBytes.broken).toBe(true)
    expect(Buffer.byteLength(byBytes.text)).toBe(700)
    expect((await running.requests()).map((record) => record.ending)).toEqual(['cut', 'cut'])
  })

  it('end with an error event where a script asks for one', async () => {
    await running.script({ errorAfterEvents: 3, status: 500, errorMessage: 'midway' })
    const { text, broken } = await readEvents(await post(path, headers, body))
    expect(broken).toBe(false)
    const events = text.trimEnd().split('\n\n')
    expect(events).toHaveLength(4)
    expect(events.at(-1)).toContain('"message":"midway"')
  })

  it('keep a pace', async () => {
    await running.script({ eventDelayMs: 15, firstEventDelayMs: 60 })
    const startedAt = performance.now()
    const { text } = await readEvents(await post(path, headers, body))
    const events = text.trimEnd().split('\n\n').length
    expect(performance.now() - startedAt).toBeGreaterThan(60 + 15 * (events - 1) - 5)
  })
})

describe('answers without a stream', () => {
  it('bill until the client leaves', async () => {
    await running.script({ eventDelayMs: 3, reply: { outputTokens: 10_000 } })
    const controller = new AbortController()
    const body = { model: 'gpt-4.1', messages: hi }
    const failing = post('/v1/chat/completions', OPENAI, body, controller.signal).then(
      () => 'answered',
      () => 'left',
    )
    // From when it has begun: on a busy machine that takes its time.
    await expect.poll(async () => (await running.requests()).length).toBe(1)
    await sleep(300)
    controller.abort()
    expect(await failing).toBe('left')
    await settled()
    const [record] = await running.requests()
    expect(record).toMatchObject({ aborted: true, status: null })
    expect(record?.billed?.output).toBeGreaterThan(100)
    expect(record?.billed?.output).toBeLessThan(10_000)
  })

  it('are not billed when the client leaves before the model starts', async () => {
    await running.script({ headersDelayMs: 10_000 })
    const controller = new AbortController()
    const failing = post(
      '/v1/messages',
      CLAUDE,
      { model: 'claude-opus-5-5', max_tokens: 9, messages: hi },
      controller.signal,
    )
    setTimeout(() => controller.abort(), 50)
    await expect(failing).rejects.toThrow()
    await settled()
    expect(await running.requests()).toMatchObject([{ ending: 'aborted', billed: null }])
  })
})

describe('faults', () => {
  it('hang until the client gives up, before headers or after some events', async () => {
    await running.script([{ hang: 'headers' }, { hang: 2 }])
    const [, path, headers, body] = STREAMS[0] ?? ['', '', {}, {}]
    await expect(post(path, headers, body, AbortSignal.timeout(80))).rejects.toThrow()
    const { text, broken } = await readEvents(await post(path, headers, body, AbortSignal.timeout(80)))
    expect(broken).toBe(true)
    expect(text.match(/\n\n/g)).toHaveLength(2)
    await settled()
    expect((await running.requests()).map((record) => record.ending)).toEqual(['hung', 'hung'])
  })

  it('answer with the status, the words and the headers asked for, in each envelope', async () => {
    const rule = {
      status: 429,
      errorMessage: 'slow down',
      retryAfter: 7,
      shouldRetry: false,
      headers: { 'x-extra': 'yes' },
      times: 2,
    }
    await running.script(rule)
    const claude = await running.claude({ model: 'claude-opus-5-5' })
    expect(claude.status).toBe(429)
    expect(claude.json).toMatchObject({ type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } })
    expect(['retry-after', 'x-should-retry', 'x-extra'].map((name) => claude.headers.get(name))).toEqual([
      '7',
      'false',
      'yes',
    ])
    const chat = await running.openai('chat/completions', { model: 'gpt-4.1', messages: hi })
    expect(chat.json).toEqual({ error: { message: 'slow down', type: 'rate_limit_exceeded', param: null, code: null } })
    expect((await running.claude({ model: 'claude-opus-5-5' })).status).toBe(200)
  })

  it.each([
    [
      'refusal',
      { stop: 'refusal', refusalCategory: 'cyber' },
      { stop_reason: 'refusal', stop_details: { type: 'refusal', category: 'cyber' }, content: [] },
    ],
    ['pause_turn', { stop: 'pause', text: 'wait' }, { stop_reason: 'pause_turn' }],
    ['model_context_window_exceeded', { stop: 'context', text: 'x' }, { stop_reason: 'model_context_window_exceeded' }],
  ])('give the stop reason %s', async (_name, reply, expected) => {
    await running.script({ reply })
    expect((await running.claude({ model: 'claude-opus-5-5' })).json).toMatchObject(expected)
  })

  it('answer with the status at once where a stream was to fail but none was asked for', async () => {
    await running.script({ status: 529, errorAfterEvents: 3 })
    expect((await running.claude({ model: 'claude-opus-5-5' })).status).toBe(529)
  })

  it('give a content filter and a refusal in the OpenAI dialects', async () => {
    await running.script([
      { reply: { stop: 'filter', text: 'x' } },
      { reply: { stop: 'refusal' } },
      { reply: { stop: 'refusal' } },
    ])
    const chat = () => running.openai('chat/completions', { model: 'gpt-4.1', messages: hi })
    expect((await chat()).json.choices).toMatchObject([{ finish_reason: 'content_filter' }])
    expect((await chat()).json.choices).toMatchObject([{ message: { refusal: expect.any(String), content: null } }])
    const response = await running.openai('responses', { model: 'gpt-4.1', input: 'hi' })
    expect(response.json.output).toMatchObject([{ content: [{ type: 'refusal' }] }])
  })
})

describe('many at once', () => {
  it('serves 300 streams side by side', async () => {
    await running.script({ times: null, eventDelayMs: 5, reply: { outputTokens: 200 } })
    const [, path, headers, body] = STREAMS[0] ?? ['', '', {}, {}]
    const streams = Array.from({ length: 300 }, async () => readEvents(await post(path, headers, body)))
    const done = await Promise.all(streams)
    expect(done.every(({ text, broken }) => !broken && text.includes('message_stop'))).toBe(true)
    const bill = (await running.call('GET', '/__bill')).json.models as Record<
      string,
      { requests: number; outputTokens: number }
    >
    expect(bill['claude-opus-5-5']).toMatchObject({ requests: 300, outputTokens: 300 * 232 })
  })
})

describe('a slow reader', () => {
  /** A response whose socket takes bytes only when told. */
  class SlowResponse extends Writable {
    written = 0
    #next: (() => void) | null = null

    override _write(_chunk: unknown, _encoding: string, callback: () => void): void {
      this.written += 1
      this.#next = callback
    }

    take(): void {
      const next = this.#next
      this.#next = null
      next?.()
    }

    writeHead(): this {
      return this
    }

    flushHeaders(): void {}
  }

  it('slows the answer down, and what it never takes is not billed', async () => {
    const response = new SlowResponse()
    const recording = new Recording({ maxRequests: 10, maxBytes: 1_000 })
    const record = recording.open(EMPTY_RECORD)
    const steps = Array.from({ length: 50 }, (_, index) => ({ text: `data: ${index}\n\n`, tokens: index + 1 }))
    const playing = deliver(
      { ...PLAIN_ANSWER, steps },
      {
        response: response as unknown as ServerResponse,
        record,
        recording,
        script: {},
        pace: { headersDelayMs: 0, eventDelayMs: 0 },
        now: () => 0,
      },
    )
    const turns = () => new Promise((resolve) => setTimeout(resolve, 20))
    await turns()
    expect(response.written).toBe(1)
    response.take()
    await turns()
    expect(response.written).toBe(2)
    response.destroy()
    await playing
    expect(record).toMatchObject({ ending: 'aborted', billed: { output: 2 } })
  })
})
