/**
 * Streams on their way through a started gateway, from a provider that writes them byte by byte as it likes: those the
 * runtime carries by itself, and those that are read on the way since a hard cap will soon end them.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { memoryOf, resetPeak, treeOf } from '../bench/gateway/process-tree.ts'
import type { LoggedDecision } from '../support/admin-client.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

type Answer = (to: ServerResponse) => Promise<void> | void

let gateway: TestGateway
let answer: Answer = () => {}
/** How the provider's side of the last call ended. */
let ended = Promise.withResolvers<'finished' | 'cut off'>()

const provider = createServer((asked, told) => {
  asked.resume()
  const end = ended
  told.once('close', () => end.resolve(told.writableFinished ? 'finished' : 'cut off'))
  told.writeHead(200, { 'content-type': 'text/event-stream' })
  void answer(told)
})

beforeAll(async () => {
  await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done))
  const { port } = provider.address() as AddressInfo
  gateway = await startGateway({ environment: { ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` } })
})
afterAll(async () => {
  await gateway.stop()
  provider.closeAllConnections()
  provider.close()
})

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
const said = (text: string): string => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })

const USAGE = { input_tokens: 11, cache_read_input_tokens: 70, cache_creation_input_tokens: 0 }
const BEGIN =
  event('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-haiku-4-5',
      content: [],
      usage: { ...USAGE, output_tokens: 1 },
    },
  }) + event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
const END =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 23 } }) +
  event('message_stop', {})

interface Call {
  readonly stream: IncomingMessage
  /** Until the text has come. */
  until(text: string): Promise<void>
  /** All of it. */
  text(): Promise<string>
  /** By a reset; or in order, as most clients end, also when their process is killed. */
  leave(how: 'reset' | 'in order'): void
}

async function ask(key: string, { model = 'auto', maxTokens = 4_000 } = {}): Promise<Call> {
  ended = Promise.withResolvers()
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const call = request(`${gateway.url}/v1/messages`, { method: 'POST', headers })
  const messages = [{ role: 'user', content: 'Tell a story' }]
  call.end(JSON.stringify({ model, max_tokens: maxTokens, stream: true, messages }))
  const [stream] = (await once(call, 'response')) as [IncomingMessage]
  stream.setEncoding('utf8').on('error', () => {})
  let seen = ''
  const listen = (): void => {
    if (stream.listenerCount('data') === 0) stream.on('data', (piece: string) => (seen += piece))
  }
  return {
    stream,
    async until(text) {
      listen()
      while (!seen.includes(text)) await once(stream, 'data')
    },
    async text() {
      listen()
      if (!stream.readableEnded) await once(stream, 'end')
      return seen
    },
    leave: (how) => {
      if (how === 'reset') stream.socket.resetAndDestroy()
      else stream.socket.end().destroy()
    },
  }
}

describe.each([
  ['carried by the runtime', null],
  ['carried by the runtime, far from a hard cap', 1_000],
  ['read on its way, close to a hard cap', 0.2],
])('a stream %s', (_how, limitUsd) => {
  let teamId = ''
  let key = ''

  beforeEach(async () => {
    ;({ teamId, key } = await gateway.admin.newTeam('Streams'))
    if (limitUsd === null) return
    await gateway.admin.putBudget(teamId, { scope: 'team', period: 'month', limitUsd, mode: 'hard' })
  })

  const logged = async (): Promise<LoggedDecision> => (await gateway.admin.waitForDecisions(teamId, 1))[0]!
  const counts = ({ input_tokens, cache_read_tokens, output_tokens }: LoggedDecision) => [
    input_tokens,
    cache_read_tokens,
    output_tokens,
  ]

  it('passes byte for byte, however it is cut into pieces, and is counted exactly', async () => {
    const text = `${BEGIN}: a comment\r\n\r\n${said('naïve 🙂 \\" "usage"')}${END}`
    const bytes = Buffer.from(text)
    answer = async (to) => {
      for (let at = 0; at < bytes.length; at += 7) {
        to.write(bytes.subarray(at, at + 7))
        await new Promise(setImmediate)
      }
      to.end()
    }
    const call = await ask(key)
    expect(await call.text()).toBe(text)
    const decision = await logged()
    expect(decision).toMatchObject({ ending: 'complete', status: 200, stop_reason: 'end_turn' })
    expect(counts(decision)).toEqual([11, 70, 23])
  })

  it('brings each event before the next one is written', async () => {
    let written = 0
    const arrived = Array.from({ length: 20 }, () => Promise.withResolvers<void>())
    answer = async (to) => {
      to.write(BEGIN)
      for (const { promise } of arrived) {
        to.write(said(`event ${written}.`))
        written += 1
        await promise
      }
      to.end(END)
    }
    const call = await ask(key)
    for (const [index, { resolve }] of arrived.entries()) {
      await call.until(`event ${index}.`)
      expect(written).toBe(index + 1)
      resolve()
    }
    await call.text()
    expect(counts(await logged())).toEqual([11, 70, 23])
  })

  it.each([
    ['by a broken connection', said('Once'), (to: ServerResponse) => to.destroy()],
    ['in good order', said('Once'), (to: ServerResponse) => to.end()],
    ['in the middle of an event', said('Once').slice(0, -20), (to: ServerResponse) => to.destroy()],
  ])('that is cut %s ends with an error event, and what was seen is charged', async (_where, last, cut) => {
    answer = async (to) => {
      to.write(BEGIN + said('Long ago') + last)
      await sleep(100)
      cut(to)
    }
    const text = await (await ask(key)).text()
    expect(text.startsWith(BEGIN + said('Long ago') + last)).toBe(true)
    expect(text.slice((BEGIN + said('Long ago') + last).length)).toMatch(/^\n*event: error\ndata: .*\n\n$/)
    const decision = await logged()
    expect(decision).toMatchObject({ ending: 'upstream_cut', status: 200 })
    expect(counts(decision).slice(0, 2)).toEqual([11, 70])
  })

  it.each([
    ['between two events, by a reset', 50, 'reset'],
    ['between two events, in order', 50, 'in order'],
    // Nobody is told of one that leaves in order here: see `hang-ups.test.ts`.
    ['while the provider is silent, by a reset', 60_000, 'reset'],
  ] as const)('whose client leaves %s ends at the provider too', async (_when, gapMs, how) => {
    const gone = new AbortController()
    answer = async (to) => {
      to.write(BEGIN + said('Once upon a time'))
      while (!gone.signal.aborted) {
        await sleep(gapMs, null, { signal: gone.signal }).catch(() => {})
        to.write(said(' and then'))
      }
    }
    const call = await ask(key)
    await call.until('Once')
    await sleep(300)
    call.leave(how)
    expect(await ended.promise).toBe('cut off')
    gone.abort()
    const decision = await logged()
    expect(decision.ending).toBe('client_left')
    expect(counts(decision)).toEqual([11, 70, expect.toSatisfy((tokens: number) => tokens > 1 && tokens < 400)])
  })

  it('whose client leaves once it has the whole answer is complete', async () => {
    answer = async (to) => {
      to.write(BEGIN + said('Once upon a time') + END)
    }
    const call = await ask(key)
    await call.until('message_stop')
    call.leave('reset')
    await ended.promise
    const decision = await logged()
    expect(decision).toMatchObject({ ending: 'complete', status: 200, stop_reason: 'end_turn' })
    expect(counts(decision)).toEqual([11, 70, 23])
  })

  it('whose event goes on without an end is taken for cut, and the provider is told to stop', async () => {
    const piece = 'x'.repeat(64 * 1024)
    answer = async (to) => {
      to.write(`${BEGIN}data: `)
      for (let written = 0; !to.destroyed && written < 1_000; written += 1) {
        if (!to.write(piece)) await sleep(1)
      }
    }
    const text = await (await ask(key)).text()
    expect(await ended.promise).toBe('cut off')
    expect(text.slice(-400)).toMatch(/x\n*event: error\ndata: .*premature end.*\n\n$/)
    const decision = await logged()
    expect(decision).toMatchObject({ ending: 'upstream_cut', status: 200 })
    expect(counts(decision).slice(0, 2)).toEqual([11, 70])
  })

  it.skipIf(process.platform !== 'linux')('waits for a client that does not read, in little memory', async () => {
    const filler = `: ${'x'.repeat(16_380)}\n\n`
    const pieces = 4_000
    const hash = createHash('sha256').update(BEGIN)
    let written = 0
    answer = async (to) => {
      to.write(BEGIN)
      for (; written < pieces; written += 1) {
        hash.update(filler)
        if (!to.write(filler)) await once(to, 'drain')
      }
      to.end(END)
    }
    const tree = treeOf(gateway.pid)
    resetPeak(tree)
    const before = memoryOf(tree).now
    const { stream } = await ask(key)
    stream.pause()
    let last = -1
    while (written !== last) {
      last = written
      await sleep(700)
    }
    // What lies in the sockets on the way is the machine's.
    expect(written).toBeLessThan(pieces / 2)
    expect(memoryOf(tree).peak - before).toBeLessThan(20)
    const arrived = createHash('sha256')
    for await (const bytes of stream) arrived.update(bytes)
    expect(arrived.digest('hex')).toBe(hash.update(END).digest('hex'))
    expect(counts(await logged())).toEqual([11, 70, 23])
  })
})

describe('a stream that began far from its cap, and whose cap comes down while it runs', () => {
  const WORDS = said(' word'.repeat(40))

  async function cappedStream(last: string): Promise<{ text: string; sent: string; decision: LoggedDecision }> {
    const { teamId, key } = await gateway.admin.newTeam('Lowered')
    // A model that shows all that it produces: what it may use is not held beforehand.
    await gateway.admin.putPolicy(teamId, { schema: 1, requestedModel: 'pin' })
    const budget = { scope: 'team', period: 'month', mode: 'hard' } as const
    await gateway.admin.putBudget(teamId, { ...budget, limitUsd: 1_000 })
    const lowered = Promise.withResolvers<void>()
    let sent = BEGIN
    answer = async (to) => {
      to.write(BEGIN)
      await lowered.promise
      for (let written = 0; !to.destroyed && written < 400; written += 1) {
        to.write(WORDS)
        sent += WORDS
        // Half an event is there before anyone has looked at the ones before it.
        if (last === '') await sleep(10)
        else if (written === 100) break
      }
      to.write(last)
      sent += last
    }
    const call = await ask(key, { model: 'claude-haiku-4-5', maxTokens: 64_000 })
    await call.until('content_block_start')
    await gateway.admin.putBudget(teamId, { ...budget, limitUsd: 0.001 })
    lowered.resolve()
    const text = await call.text()
    expect(await ended.promise).toBe('cut off')
    return { text, sent, decision: (await gateway.admin.waitForDecisions(teamId, 1))[0]! }
  }

  it('ends as an answer does, and the provider is told to stop', async () => {
    const { text, sent, decision } = await cappedStream('')
    const events = text.trimEnd().split('\n\n')
    const lastSaid = events.findLastIndex((one) => one === WORDS.trimEnd())
    expect(sent.startsWith(`${events.slice(0, lastSaid + 1).join('\n\n')}\n\n`)).toBe(true)
    expect(events.slice(lastSaid + 1).map((one) => one.split('\n')[0])).toEqual(
      expect.arrayContaining(['event: content_block_stop', 'event: message_delta', 'event: message_stop']),
    )
    expect(text).toContain('"stop_reason":"max_tokens"')
    expect(decision).toMatchObject({ ending: 'budget_stopped', status: 200 })
  })

  it('ends with an error where the provider had written half an event', async () => {
    const { text, sent, decision } = await cappedStream(WORDS.slice(0, -20))
    expect(text.startsWith(sent)).toBe(true)
    expect(text.slice(sent.length)).toMatch(/^\n*event: error\ndata: .*used up.*\n\n$/)
    expect(decision).toMatchObject({ ending: 'budget_stopped', status: 200 })
  })
})
