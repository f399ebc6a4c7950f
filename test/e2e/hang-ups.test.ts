/**
 * Streams that nobody ends: clients that hang up in order, of which the runtime says nothing while the provider is
 * silent, and providers that keep their line open. The money and the line to the provider must not depend on either.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoggedDecision } from '../support/admin-client.ts'
import { openCall, type HangUp, type HangingUp } from '../support/hanging-up.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

const SILENCE_SECONDS = 4
/** A look every quarter of it, the look that notices, and a busy machine. */
const SOON_MS = 2_500

type Answer = (to: ServerResponse) => Promise<void> | void

let gateway: TestGateway
/** What the provider does, by the mark in the prompt. */
const answers = new Map<string, Answer>()

const provider = createServer((asked, told) => {
  void (async () => {
    const mark = /case-\d+\./.exec(await textOf(asked))?.[0] ?? ''
    told.writeHead(200, { 'content-type': 'text/event-stream' })
    await answers.get(mark)?.(told)
  })()
})

async function textOf(asked: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of asked) text += String(piece)
  return text
}

beforeAll(async () => {
  await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  gateway = await startGateway({
    environment: {
      ANTHROPIC_BASE_URL: url,
      OPENAI_BASE_URL: `${url}/v1`,
      CALL_SILENCE_SECONDS: String(SILENCE_SECONDS),
    },
  })
})
afterAll(async () => {
  await gateway.stop()
  provider.closeAllConnections()
  provider.close()
})

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
const chunk = (fields: object): string =>
  `data: ${JSON.stringify({ id: 'c_1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', ...fields })}\n\n`

interface Shape {
  readonly path: string
  readonly model: string
  readonly stream: boolean
  readonly limitUsd: number | null
  readonly begin: string
  readonly end: string
  /** What the client sees of the begin and of the end. */
  readonly begun: string
  readonly ended: string
  /** Prompt and output tokens of the whole. */
  readonly usage: readonly [number, number]
}

const MESSAGES = {
  path: '/v1/messages',
  model: 'claude-haiku-4-5',
  stream: true,
  begin:
    event('message_start', {
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-haiku-4-5',
        content: [],
        usage: { input_tokens: 11, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 1 },
      },
    }) +
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Once upon a time' } }),
  end:
    event('content_block_stop', { index: 0 }) +
    event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 23 } }) +
    event('message_stop', {}),
  begun: 'Once',
  ended: 'message_stop',
  usage: [11, 23],
} as const satisfies Omit<Shape, 'limitUsd'>

const CHAT = {
  path: '/v1/chat/completions',
  model: 'gpt-4o',
  stream: true,
  begin: chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Once upon a time' } }] }),
  end: `${chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}${chunk({
    choices: [],
    usage: { prompt_tokens: 12, completion_tokens: 21, total_tokens: 33 },
  })}data: [DONE]\n\n`,
  begun: 'Once',
  ended: '[DONE]',
  usage: [12, 21],
} as const satisfies Omit<Shape, 'limitUsd'>

const response = (status: string, more: object): object => ({
  response: { id: 'resp_1', object: 'response', model: 'gpt-4o', status, output: [], ...more },
})
const RESPONSES = {
  path: '/v1/responses',
  model: 'gpt-4o',
  stream: true,
  begin:
    event('response.created', response('in_progress', {})) +
    event('response.output_text.delta', { item_id: 'm_1', output_index: 0, content_index: 0, delta: 'Once upon' }),
  end: event('response.completed', response('completed', { usage: { input_tokens: 13, output_tokens: 19 } })),
  begun: 'Once',
  ended: 'response.completed',
  usage: [13, 19],
} as const satisfies Omit<Shape, 'limitUsd'>

const SHAPES: readonly (readonly [string, Shape])[] = [
  ['Messages, carried by the runtime', { ...MESSAGES, limitUsd: null }],
  ['Messages, carried, far from a hard cap', { ...MESSAGES, limitUsd: 1_000 }],
  ['Messages, read on the way, close to a hard cap', { ...MESSAGES, limitUsd: 0.2 }],
  ['Chat Completions, from which the usage is taken out', { ...CHAT, limitUsd: null }],
  ['Responses, carried by the runtime', { ...RESPONSES, limitUsd: null }],
]

let cases = 0

interface OpenedCall {
  readonly client: HangingUp
  /** The provider's side; it closes when the gateway ends the line. */
  readonly line: Promise<ServerResponse>
  /** When the provider's line ended, ms since epoch. */
  readonly lineEnded: Promise<number>
  decision(): Promise<LoggedDecision>
  /** Nano-dollars. */
  standing(): Promise<{ readonly spent: number; readonly held: number }>
}

/** A call on a team of its own, whose provider does as it is told. */
async function open(shape: Shape, how: HangUp, answer: Answer): Promise<OpenedCall> {
  const { teamId, key } = await gateway.admin.newTeam('Hang-ups')
  await gateway.admin.putPolicy(teamId, { schema: 1, requestedModel: 'pin' })
  const { limitUsd, path, model, stream } = shape
  if (limitUsd !== null) {
    await gateway.admin.putBudget(teamId, { scope: 'team', period: 'month', mode: 'hard', limitUsd })
  }
  cases += 1
  const mark = `case-${cases}.`
  const line = Promise.withResolvers<ServerResponse>()
  const lineEnded = Promise.withResolvers<number>()
  answers.set(mark, (to) => {
    to.once('close', () => lineEnded.resolve(Date.now())).on('error', () => {})
    line.resolve(to)
    return answer(to)
  })
  const prompt = `${mark} Tell a story`
  const asked = path === '/v1/responses' ? { input: prompt } : { messages: [{ role: 'user', content: prompt }] }
  const limit = path === '/v1/messages' ? { max_tokens: 4_000 } : {}
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model, stream, ...limit, ...asked })
  return {
    client: openCall({ url: gateway.url + path, headers, body }, how),
    line: line.promise,
    lineEnded: lineEnded.promise,
    decision: async () => (await gateway.admin.waitForDecisions(teamId, 1))[0]!,
    async standing() {
      const told = await fetch(`${gateway.url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } })
      const { reservedNano, spent } = (await told.json()) as Usage
      return { spent: spent.total.spentNano, held: reservedNano }
    },
  }
}

interface Usage {
  readonly reservedNano: number
  readonly spent: { readonly total: { readonly spentNano: number } }
}

/** Waits until nothing is held for the call any more. */
async function settled({ standing }: OpenedCall): Promise<number> {
  for (;;) {
    const { spent, held } = await standing()
    if (held === 0 && spent > 0) return spent
    await sleep(50)
  }
}

const counts = ({ input_tokens, output_tokens }: LoggedDecision) => [input_tokens, output_tokens]

describe.concurrent.each(SHAPES)('%s:', (_name, shape) => {
  const begin: Answer = (to) => void to.write(shape.begin)
  const whole: Answer = (to) => void to.write(shape.begin + shape.end)

  it('a provider silent in the middle is left and settled as an estimate, its client killed', async () => {
    const call = await open(shape, 'killed', begin)
    await call.client.until(shape.begun)
    await call.client.leave()
    const leftAt = Date.now()
    const endedAt = await call.lineEnded
    expect(endedAt - leftAt).toBeLessThan(SILENCE_SECONDS * 1_000 + SOON_MS)
    const decision = await call.decision()
    // What is written at the end tells whether the client is still there.
    expect(decision.ending).toMatch(/^(upstream_timeout|client_left)$/)
    expect(decision).toMatchObject({ status: 200, estimated: true, warnings: ['usage_missing'] })
    expect(await call.standing()).toEqual({ spent: decision.cost_nano, held: 0 })
    expect(decision.cost_nano).toBeGreaterThan(0)
  })

  it('a client that stays with a silent provider is told so, after the whole silence', async () => {
    const call = await open(shape, 'closed', begin)
    await call.client.until(shape.begun)
    const begunAt = Date.now()
    await call.client.ended
    const silentMs = (await call.lineEnded) - begunAt
    expect(silentMs).toBeGreaterThan(SILENCE_SECONDS * 1_000 - 500)
    expect(silentMs).toBeLessThan(SILENCE_SECONDS * 1_000 + SOON_MS)
    expect(call.client.seen().slice(-400)).toMatch(/error.*stood still for too long/)
    const decision = await call.decision()
    expect(decision).toMatchObject({ ending: 'upstream_timeout', status: 200, estimated: true })
    expect(await call.standing()).toEqual({ spent: decision.cost_nano, held: 0 })
  })

  it('an answer that was told to its end is settled exactly, its line kept open, its client gone', async () => {
    const call = await open(shape, 'closed', whole)
    await call.client.until(shape.ended)
    await call.client.leave()
    const leftAt = Date.now()
    await settled(call)
    expect(Date.now() - leftAt).toBeLessThan(1_000 + SOON_MS)
    expect((await call.lineEnded) - leftAt).toBeLessThan(SILENCE_SECONDS * 1_000 + SOON_MS)
    const decision = await call.decision()
    expect(decision).toMatchObject({ ending: 'complete', status: 200, estimated: false })
    expect(counts(decision)).toEqual(shape.usage)
  })

  it('what comes after the end still passes, though it is settled, and then the line is ended', async () => {
    const call = await open(shape, 'closed', whole)
    await call.client.until(shape.ended)
    const spent = await settled(call)
    const line = await call.line
    expect(line.destroyed).toBe(false)
    line.write(': late\n\n')
    await call.client.until(': late')
    await call.client.ended
    await call.lineEnded
    const last = call.client.seen().slice(call.client.seen().indexOf(shape.ended))
    expect(last).not.toContain('error')
    expect(last.endsWith(': late\n\n')).toBe(true)
    const decision = await call.decision()
    expect(decision).toMatchObject({ ending: 'complete', status: 200, estimated: false, cost_nano: spent })
    expect(counts(decision)).toEqual(shape.usage)
  })

  it('a provider that only shows that it lives is waited for, and counted exactly', async () => {
    const call = await open(shape, 'closed', async (to) => {
      to.write(shape.begin)
      for (let second = 0; second < SILENCE_SECONDS + 2; second += 1) {
        await sleep(1_000)
        to.write(': still here\n\n')
      }
      to.end(shape.end)
    })
    await call.client.until(shape.ended)
    const decision = await call.decision()
    expect(decision).toMatchObject({ ending: 'complete', status: 200, estimated: false })
    expect(counts(decision)).toEqual(shape.usage)
  })

  it('a client that takes nothing for so long holds neither the money nor the provider', async () => {
    const call = await open(shape, 'stuck', async (to) => {
      to.write(shape.begin)
      for (let piece = 0; piece < 4_000 && !to.destroyed; piece += 1) {
        if (to.write(`: ${'x'.repeat(16_000)}\n\n`)) continue
        await new Promise((done) => to.once('drain', done))
      }
    })
    await call.lineEnded
    const decision = await call.decision()
    expect(decision).toMatchObject({ ending: 'upstream_timeout', status: 200, estimated: true })
    expect(await call.standing()).toEqual({ spent: decision.cost_nano, held: 0 })
    await call.client.leave()
  })

  it('a client that hung up in order is noticed once the provider speaks again', async () => {
    const call = await open(shape, 'closed', begin)
    await call.client.until(shape.begun)
    await call.client.leave()
    const line = await call.line
    const leftAt = Date.now()
    while (!line.destroyed && Date.now() - leftAt < 2_000) {
      line.write(shape.begin.slice(shape.begin.lastIndexOf('\n\n', shape.begin.length - 3) + 2))
      await sleep(100)
    }
    expect((await call.lineEnded) - leftAt).toBeLessThan(2_000)
    expect(await call.decision()).toMatchObject({ ending: 'client_left', estimated: true })
  })
})

describe.concurrent('an answer that is collected under a hard cap', () => {
  const collected: Shape = { ...MESSAGES, stream: false, limitUsd: 1_000 }

  it('is given once its end was read, though the line is kept open', async () => {
    const call = await open(collected, 'closed', (to) => void to.write(collected.begin + collected.end))
    await call.client.ended
    expect(JSON.parse(call.client.seen())).toMatchObject({ content: [{ text: 'Once upon a time' }] })
    await call.lineEnded
    const decision = await call.decision()
    expect(decision).toMatchObject({ ending: 'complete', status: 200, estimated: false })
    expect(counts(decision)).toEqual(collected.usage)
  })

  it('ends in an error where the provider falls silent', async () => {
    const call = await open(collected, 'closed', (to) => void to.write(collected.begin))
    await call.client.ended
    expect(call.client.seen()).toMatch(/"timeout_error".*stood still/)
    await call.lineEnded
    expect(await call.decision()).toMatchObject({ ending: 'upstream_timeout', status: 504, estimated: true })
  })
})
