/** The pipeline over its ports, and keys: what needs the runtime but no provider. */
import {
  createExecutionContext,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { NO_USAGE } from '../../src/core/chat/usage.ts'
import { DIALECTS, type DialectName } from '../../src/core/dialects/dialect.ts'
import type { DecisionRecord } from '../../src/core/decisions/decision-record.ts'
import { GUARD_TOKENS } from '../../src/core/ledger/affordable-output.ts'
import type { LedgerObject } from '../../src/objects/ledger-object.ts'
import { addressBlock } from '../../src/http/address-block.ts'
import { collectingTap } from '../../src/gateway/collecting-tap.ts'
import { endingTap } from '../../src/gateway/ending-tap.ts'
import { handleCountTokens } from '../../src/gateway/handle-count-tokens.ts'
import { identify } from '../../src/gateway/identify.ts'
import { modelsOf } from '../../src/gateway/models-of.ts'
import type { IncomingCall } from '../../src/gateway/incoming-call.ts'
import { handleChat } from '../../src/gateway/handle-chat.ts'
import { handleRoute } from '../../src/gateway/handle-route.ts'
import { meterStream } from '../../src/gateway/metered-answer.ts'
import type { Ports } from '../../src/gateway/ports.ts'
import { relayAnswer } from '../../src/gateway/relay-answer.ts'
import { sparingLog } from '../../src/gateway/sparing-log.ts'
import { TeamPolicies } from '../../src/gateway/team-policies.ts'
import worker from '../../src/index.ts'
import { ApiKeys, newTeamId } from '../../src/security/api-key.ts'
import { meterRows } from './row-meter.ts'

const deployed = exports.default
const KEYS = new ApiKeys(['pepper-of-the-tests'])
const BODY = JSON.stringify({
  model: 'auto',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Add a docstring to parse()' }],
})
const ANSWER = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-5-5',
  content: [{ type: 'text', text: 'Done.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 12, output_tokens: 3 },
}

/** Ports over the real objects, with a provider in the test, that write down what is asked and when. */
async function recordedPorts(steps: string[], provider: () => Response | Promise<Response>) {
  const teamId = newTeamId()
  const ledger = env.LEDGERS.getByName(teamId)
  await ledger.configureTeam({ teamId, name: 'Test' })
  const issued = await KEYS.issue(teamId)
  await ledger.putKey({ keyId: 'k', name: 'dev', keyHash: issued.keyHash, highestTier: 3, expiresAt: null })
  const admitAsked = Promise.withResolvers<void>()
  const ports: Ports = {
    keys: KEYS,
    sessions: {
      async begin(name, opening) {
        steps.push('session.begin')
        // Answers only once the ledger was asked too: a pipeline that asks one after the other never gets here.
        await admitAsked.promise
        return env.SESSIONS.getByName(name).begin(opening)
      },
      async record(name, outcome) {
        steps.push('session.record')
        await env.SESSIONS.getByName(name).record(outcome)
      },
      drop: async (name, requestId) => {
        steps.push('session.drop')
        await env.SESSIONS.getByName(name).drop(requestId)
      },
    },
    ledgers: {
      async admit(team, request) {
        steps.push('ledger.admit')
        admitAsked.resolve()
        return env.LEDGERS.getByName(team).admit(request)
      },
      async settle(team, request) {
        steps.push('ledger.settle')
        await env.LEDGERS.getByName(team).settle(request)
      },
      async release(team, reservation, released) {
        steps.push('ledger.release')
        await env.LEDGERS.getByName(team).release(reservation, released)
      },
      async extend(team, reservation, moreNano) {
        steps.push('ledger.extend')
        return env.LEDGERS.getByName(team).extend(reservation, moreNano)
      },
      async trim(team, reservation, toNano) {
        steps.push('ledger.trim')
        await env.LEDGERS.getByName(team).trim(reservation, toNano)
      },
      async reportHealth(team, report) {
        steps.push('ledger.reportHealth')
        await env.LEDGERS.getByName(team).reportHealth(report)
      },
      async identify(team, asked) {
        steps.push('ledger.identify')
        return env.LEDGERS.getByName(team).identify(asked)
      },
    },
    providers: {
      configured: new Map([['anthropic', ['anthropic-messages']]]),
      async send() {
        steps.push('provider.send')
        return provider()
      },
    },
    log: { write: (event) => steps.push(`log.${event}`) },
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
    random: () => 0.5,
  }
  return { ports, key: issued.key, ledger }
}

function callWith(key: string, kept: Promise<unknown>[], body = BODY): IncomingCall {
  return {
    requestId: `req_${crypto.randomUUID()}`,
    arrivedAt: Date.now(),
    dialect: 'anthropic-messages',
    apiKey: key,
    headers: { 'anthropic-version': '2023-06-01' },
    query: '',
    readBody: async () => new TextEncoder().encode(body),
    clientGone: new AbortController().signal,
    keepAlive: (work) => void kept.push(work),
  }
}

/** The bindings, each writing down what it is asked. */
function watchedBindings(bindings: Env, steps: string[]): Env {
  const watch = <Target extends object>(target: Target, name: string, of: 'namespace' | 'methods'): Target =>
    new Proxy(target, {
      get(_target, method) {
        const found: unknown = Reflect.get(target, method)
        if (typeof found !== 'function' || typeof method !== 'string') return found
        return (...given: unknown[]) => {
          if (of === 'methods') steps.push(`${name}.${method}`)
          const result: unknown = Reflect.apply(found, target, given)
          return of === 'namespace' ? watch(result as object, name, 'methods') : result
        }
      },
    })
  return {
    ...bindings,
    LEDGERS: watch(bindings.LEDGERS, 'LEDGERS', 'namespace'),
    SESSIONS: watch(bindings.SESSIONS, 'SESSIONS', 'namespace'),
    DB: watch(bindings.DB, 'DB', 'methods'),
    DECISIONS: watch(bindings.DECISIONS, 'DECISIONS', 'methods'),
  }
}

describe('a call', () => {
  it('awaits one parallel hop and nothing else before the provider is called', async () => {
    const steps: string[] = []
    const kept: Promise<unknown>[] = []
    const { ports, key } = await recordedPorts(steps, () => Response.json(ANSWER))

    const answer = await handleChat(callWith(key, kept), { ports, policies: new TeamPolicies() })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual(ANSWER)
    await Promise.all(kept)

    expect(new Set(steps.slice(0, 2))).toEqual(new Set(['session.begin', 'ledger.admit']))
    expect(steps[2]).toBe('provider.send')
    expect(new Set(steps.slice(3))).toEqual(new Set(['ledger.settle', 'session.record']))
    expect(steps).toHaveLength(5)
  })

  it('that goes on from a stored answer is counted with what the ledger knows of it, in the same hop', async () => {
    const steps: string[] = []
    const kept: Promise<unknown>[] = []
    const records: DecisionRecord[] = []
    let answers = 0
    const usage = { input_tokens: 40_000, output_tokens: 500, total_tokens: 40_500 }
    const answer = () => ({ id: `resp_${++answers}`, object: 'response', status: 'completed', output: [], usage })
    const recorded = await recordedPorts(steps, () => Response.json(answer()))
    const { key, ledger } = recorded
    await ledger.putBudget({ scope: 'session', keyId: null, period: 'session', limitNano: 1e12, mode: 'soft' })
    const ports: Ports = {
      ...recorded.ports,
      // What the session would have remembered is lost.
      sessions: { ...recorded.ports.sessions, record: async () => undefined },
      ledgers: {
        ...recorded.ports.ledgers,
        async settle(team, request) {
          records.push(request.record)
          await recorded.ports.ledgers.settle(team, request)
        },
      },
      providers: { ...recorded.ports.providers, configured: new Map([['openai', ['openai-responses']]]) },
    }
    const policies = new TeamPolicies()
    const ask = async (more: object): Promise<readonly string[]> => {
      const body = JSON.stringify({ model: 'gpt-5.5', input: 'Go on.', ...more })
      const before = steps.length
      const call = { ...callWith(key, kept, body), dialect: 'openai-responses' } as const
      await (await handleChat(call, { ports, policies })).arrayBuffer()
      const asked = steps.slice(before, steps.indexOf('provider.send', before))
      await Promise.all(kept)
      return asked.toSorted()
    }
    await ask({})
    for (const id of ['resp_1', 'resp_2', 'resp_of_nobody']) {
      expect(await ask({ previous_response_id: id })).toEqual(['ledger.admit', 'session.begin'])
    }
    const unknown = records.map(({ reasons }) => reasons.includes('held_context_unknown'))
    expect(unknown).toEqual([false, false, false, true])
    const counted = records.map(({ contextTokens }) => contextTokens > 35_000)
    expect(counted).toEqual([false, true, true, false])
  })

  it('reaches no binding and no address but those of that hop before the provider, in the Worker as it is composed', async () => {
    const teamId = newTeamId()
    const { key, keyHash } = await KEYS.issue(teamId)
    await env.LEDGERS.getByName(teamId).configureTeam({ teamId, name: 'Test' })
    await env.LEDGERS.getByName(teamId).putKey({ keyId: 'k', name: 'dev', keyHash, highestTier: 3, expiresAt: null })
    const steps: string[] = []
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async (_input, init) => {
      const { body } = init ?? {}
      steps.push('fetch')
      sent.push(body instanceof Uint8Array ? new TextDecoder().decode(body) : '')
      return Response.json(ANSWER)
    })
    const sent: string[] = []
    const watchedEnv = { ...watchedBindings(env, steps), ANTHROPIC_API_KEY: 'provider-key' }
    const context = createExecutionContext()
    // Spaces, an escape, a field nobody knows and a number no double holds: written anew, they would differ.
    const odd = `{ "model" : "auto","x-new": {"id":12345678901234567890},\n"max_tokens":100,"messages":[{"role":"user","content":"\\u0041dd a docstring"}]}`
    const headers = { authorization: `Bearer ${key}`, 'anthropic-version': '2023-06-01' }
    const request = new Request('https://gateway.example/v1/messages', { method: 'POST', headers, body: odd })
    const answer = await worker.fetch(request as never, watchedEnv as never, context)
    expect(await answer.json()).toEqual(ANSWER)
    const before = steps.slice(0, steps.indexOf('fetch'))
    await waitOnExecutionContext(context)
    fetched.mockRestore()

    expect(before.toSorted()).toEqual(['LEDGERS.admit', 'SESSIONS.begin'])
    expect(steps.filter((step) => step === 'fetch')).toHaveLength(1)
    const model = /"model" : "([^"]+)"/.exec(sent[0] ?? '')?.[1] ?? ''
    expect(model).not.toBe('auto')
    expect(sent[0]?.replace(model, 'auto')).toBe(odd)
  })

  it('answers before it is settled', async () => {
    const steps: string[] = []
    const kept: Promise<unknown>[] = []
    const { ports, key } = await recordedPorts(steps, () => Response.json(ANSWER))
    const never = new Promise<never>(() => undefined)
    const stuck: Ports = { ...ports, ledgers: { ...ports.ledgers, settle: () => never } }

    const answer = await handleChat(callWith(key, kept), { ports: stuck, policies: new TeamPolicies() })
    expect(await answer.json()).toEqual(ANSWER)
  })

  it('gives the money back and forgets the call when there is nothing to send', async () => {
    const steps: string[] = []
    const kept: Promise<unknown>[] = []
    const { ports, key, ledger } = await recordedPorts(steps, () => Response.json(ANSWER))
    const unknown = BODY.replace('"auto"', '"no-such-model"')

    await expect(
      handleChat(callWith(key, kept, unknown), { ports, policies: new TeamPolicies() }),
    ).rejects.toMatchObject({
      code: 'model_not_found',
    })
    await Promise.all(kept)

    expect(steps).toContain('log.call_not_served')
    expect(steps).toContain('ledger.release')
    expect(steps).toContain('session.drop')
    expect(steps).not.toContain('provider.send')
    const { scopes } = await ledger.usage()
    expect(scopes.length).toBeGreaterThan(0)
    for (const scope of scopes) expect(scope.reservedNano).toBe(0)
  })

  it('is priced by the provider usage', async () => {
    const steps: string[] = []
    const kept: Promise<unknown>[] = []
    const { ports, key } = await recordedPorts(steps, () => Response.json(ANSWER))
    const settled: unknown[] = []
    const watched: Ports = {
      ...ports,
      ledgers: {
        ...ports.ledgers,
        settle: async (team, request) => {
          settled.push(request)
          await ports.ledgers.settle(team, request)
        },
      },
    }

    const answer = await handleChat(callWith(key, kept), { ports: watched, policies: new TeamPolicies() })
    await answer.text()
    await Promise.all(kept)

    // Haiku 5.5: 100 nano-dollars an input token, 500 an output token.
    expect(settled).toMatchObject([
      {
        costNano: 12 * 100 + 3 * 500,
        estimated: false,
        record: { usage: { ...NO_USAGE, inputTokens: 12, outputTokens: 3 } },
      },
    ])
  })
})

describe('a provider whose answer is odd', () => {
  const said = (...events: readonly { readonly type: string }[]) =>
    events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
  const begun = (usage: object) => ({ type: 'message_start', message: { ...ANSWER, content: [], usage } })
  const text = (bytes: number) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: 'x'.repeat(bytes) },
  })
  const last = (usage: object) => ({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage })
  const stream = (usage: object = ANSWER.usage) => said(begun(usage), text(400), last(usage), { type: 'message_stop' })
  const streamed = JSON.stringify({ ...(JSON.parse(BODY) as object), stream: true })

  /** What is settled of one call that is answered so, and how its client sees it. Its cap is near: no byte goes unread. */
  async function settledOf(answer: Response, body = streamed) {
    const steps: string[] = []
    const kept: Promise<unknown>[] = []
    const { ports, key, ledger } = await recordedPorts(steps, () => answer)
    const cap = { scope: 'team', period: 'month', limitNano: 2_000_000 } as const
    await ledger.putBudget({ ...cap, mode: 'hard', onExceed: 'downgrade' })
    const { promise, resolve } = Promise.withResolvers<Parameters<Ports['ledgers']['settle']>[1]>()
    const ledgers = {
      ...ports.ledgers,
      settle: async (_team: string, end: Parameters<typeof resolve>[0]) => resolve(end),
    }
    const told = await handleChat(callWith(key, kept, body), {
      ports: { ...ports, ledgers },
      policies: new TeamPolicies(),
    })
    const seen = await told.text()
    const { record, estimated } = await promise
    await Promise.all(kept)
    const { usage, ending, warnings } = record
    return { seen, type: told.headers.get('content-type'), usage, estimated, ending, warnings, steps }
  }

  const inPieces = (whole: string, bytes: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        const all = new TextEncoder().encode(whole)
        for (let at = 0; at < all.length; at += bytes) controller.enqueue(all.slice(at, at + bytes))
        controller.close()
      },
    })

  it.each([
    ['Text/Event-Stream; charset=UTF-8', 'Text/Event-Stream; charset=UTF-8', 1_000],
    [null, 'text/event-stream', 1_000],
    [null, 'text/event-stream', 1],
    ['application/octet-stream', 'text/event-stream', 3],
    ['application/json', 'text/event-stream', 1_000],
  ])('by its type of %j: events that were asked for are counted as what they are', async (type, passed, bytes) => {
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type }
    const { seen, ...settled } = await settledOf(new Response(inPieces(stream(), bytes), { headers }))
    expect(seen).toBe(stream())
    expect(settled).toMatchObject({
      type: passed,
      usage: { ...NO_USAGE, inputTokens: 12, outputTokens: 3 },
      estimated: false,
      ending: 'complete',
    })
  })

  it.each([
    ['text/event-stream', streamed],
    ['application/json', streamed],
    ['application/json', BODY],
  ])('by its type of %j: one JSON answer is counted as one', async (type, body) => {
    const answer = JSON.stringify(ANSWER)
    const settled = await settledOf(new Response(inPieces(answer, 1_000), { headers: { 'content-type': type } }), body)
    expect(settled).toMatchObject({
      seen: answer,
      type: 'application/json',
      usage: { outputTokens: 3 },
      estimated: false,
    })
  })

  it('and nothing that it knows: it is charged by its bytes within the limit, and flagged', async () => {
    for (const [bytes, least, most] of [
      [200, 20, 99],
      [40_000, 100, 100],
    ] as const) {
      const { usage, estimated, warnings } = await settledOf(
        new Response('<p>'.padEnd(bytes), { headers: { 'content-type': 'text/html' } }),
      )
      expect(usage.inputTokens).toBeGreaterThan(0)
      expect(usage.outputTokens).toBeGreaterThanOrEqual(least)
      expect(usage.outputTokens).toBeLessThanOrEqual(most)
      expect({ estimated, warnings }).toEqual({ estimated: true, warnings: ['usage_missing'] })
    }
  })

  const EVENTS = { headers: { 'content-type': 'text/event-stream' } }

  it('and cut off: no estimate passes the limit of the request, several answers have it each', async () => {
    const cut = () => new Response(said(begun(ANSWER.usage), text(40_000)), EVENTS)
    expect(await settledOf(cut())).toMatchObject({ usage: { inputTokens: 12, outputTokens: 100 }, estimated: true })
    const three = JSON.stringify({ ...(JSON.parse(streamed) as object), n: 3 })
    expect(await settledOf(cut(), three)).toMatchObject({ usage: { outputTokens: 300 }, estimated: true })
  })

  it('and tells a number that cannot be true: the rest stands, it is settled by an estimate, and the log has a line', async () => {
    for (const odd of [9e15, 1e12, -4]) {
      const settled = await settledOf(new Response(stream({ input_tokens: 12, output_tokens: odd }), EVENTS))
      expect(settled).toMatchObject({
        usage: { inputTokens: 12 },
        estimated: true,
        ending: 'complete',
        warnings: ['usage_disbelieved'],
      })
      expect(settled.usage.outputTokens).toBeGreaterThan(50)
      expect(settled.usage.outputTokens).toBeLessThanOrEqual(100)
      expect(settled.steps).toContain('log.usage_disbelieved')
    }
  })

  it('and tells zeros: it is free where a gateway of this kind ended the turn by itself, and an estimate elsewhere', async () => {
    const zeros = { input_tokens: 0, output_tokens: 0 }
    const own = { headers: { ...EVENTS.headers, 'x-headgate-decision': 'req_1' } }
    expect(await settledOf(new Response(stream(zeros), own))).toMatchObject({ usage: NO_USAGE, estimated: false })
    const { usage, estimated } = await settledOf(new Response(stream(zeros), EVENTS))
    expect(usage.inputTokens).toBeGreaterThan(0)
    expect(usage.outputTokens).toBeGreaterThan(0)
    expect(estimated).toBe(true)
  })
})

const [FIRST, SECOND] = ['anthropic/claude-haiku-5-5', 'anthropic/claude-haiku-4-5']
const OVERLOADED = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }

describe('a provider that fails', () => {
  it('the target that answers is settled once, priced by its own list, and holds for the turn', async () => {
    const steps: string[] = []
    const kept: Promise<unknown>[] = []
    const answers = [Response.json(OVERLOADED, { status: 529 }), Response.json(ANSWER)]
    const { ports, key } = await recordedPorts(steps, () => answers.shift() ?? expect.unreachable('asked once more'))
    const settled: unknown[] = []
    const recorded: unknown[] = []
    const watched: Ports = {
      ...ports,
      // Nothing waits for the report: one that never ends holds nothing up.
      ledgers: {
        ...ports.ledgers,
        reportHealth: (_, report) => {
          steps.push(`told ${report.kind}`)
          return new Promise(() => undefined)
        },
        settle: async (team, request) => {
          settled.push(request)
          await ports.ledgers.settle(team, request)
        },
      },
      sessions: {
        ...ports.sessions,
        record: async (name, outcome) => {
          recorded.push(outcome)
          await ports.sessions.record(name, outcome)
        },
      },
    }

    const answer = await handleChat(callWith(key, kept), { ports: watched, policies: new TeamPolicies() })
    expect([answer.status, answer.headers.get('x-headgate-model')]).toEqual([200, 'claude-haiku-4-5'])
    await answer.text()
    await expect.poll(() => recorded).toHaveLength(1)

    expect(steps.slice(2, 6)).toEqual(['provider.send', 'log.attempt_failed', 'told failed', 'provider.send'])
    expect(recorded).toMatchObject([{ target: SECOND, pinned: { target: SECOND } }])
    expect(settled).toMatchObject([
      {
        costNano: 12 * 1000 + 3 * 5000,
        estimated: false,
        record: {
          target: SECOND,
          attempts: [
            { target: FIRST, outcome: 'overloaded', status: 529 },
            { target: SECOND, outcome: 'answered', status: 200 },
          ],
        },
      },
    ])
  })

  it('a call that could find out about a target, and does not use it, leaves that to the next one', async () => {
    const steps: string[] = []
    const kept: Promise<unknown>[] = []
    const { ports, key, ledger } = await recordedPorts(steps, () => Response.json(ANSWER))
    const target = 'anthropic/claude-opus-5-5'
    const failed = {
      kind: 'failed',
      requestId: 'r',
      provider: 'anthropic',
      fault: 'overloaded',
      retryAfterMs: 1,
    } as const
    await ledger.reportHealth({ ...failed, target, at: Date.now() })
    await scheduler.wait(5)

    const answer = await handleChat(callWith(key, kept), { ports, policies: new TeamPolicies() })
    await answer.text()
    await Promise.all(kept)

    expect(steps).toContain('ledger.reportHealth')
    const keyHash = (await KEYS.verify(key))?.keyHash ?? ''
    const quote = { expectedNano: { 1: 1, 2: null, 3: null }, worstNano: { 1: 1, 2: null, 3: null } }
    const next = await ledger.admit({ requestId: 'next', keyHash, quote, policyVersion: null })
    expect(next).toMatchObject({ cooldowns: {}, probing: [target] })
  })
})

/** A key's calls through the pipeline, over one isolate's memory of policies, and what was settled for them. */
async function keyAtWork(answering: object = ANSWER) {
  const steps: string[] = []
  const kept: Promise<unknown>[] = []
  const records: DecisionRecord[] = []
  const { ports, key, ledger } = await recordedPorts(steps, () => Response.json(answering))
  const watched: Ports = {
    ...ports,
    ledgers: {
      ...ports.ledgers,
      settle: async (team, request) => {
        records.push(request.record)
        await ports.ledgers.settle(team, request)
      },
      release: async (team, reservation, released) => {
        if (released?.record !== undefined) records.push(released.record)
        await ports.ledgers.release(team, reservation, released)
      },
    },
  }
  const gateway = { ports: watched, policies: new TeamPolicies() }
  const send = async (text: string, more: object = {}) => {
    const body = JSON.stringify({
      ...(JSON.parse(BODY) as object),
      messages: [{ role: 'user', content: text }],
      ...more,
    })
    const answer = await handleChat(callWith(key, kept, body), gateway)
    const told = await answer.text()
    await Promise.all(kept)
    return { status: answer.status, headers: answer.headers, text: told }
  }
  return { send, ledger, steps, records, gateway, key }
}

describe('a stored policy that this release cannot read', () => {
  it('fails the call, and holds no money for it', async () => {
    const { send, ledger, steps } = await keyAtWork()
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 1e12 })
    await ledger.putPolicy('{"schema":2}')
    await expect(send('Add a docstring to parse()')).rejects.toThrow('the policy is not valid')
    await vi.waitFor(async () => {
      expect(await ledger.budgetStandings()).toMatchObject([{ window: { spentNano: 0, reservedNano: 0 } }])
    })
    expect(steps).toContain('session.drop')
    expect(steps).not.toContain('provider.send')
  })
})

const TOOLS = [{ name: 'run', description: 'Runs', input_schema: { type: 'object' } }]
const EASY = 'Add a docstring to parse()'
const HARD = 'Audit the security of the login module and find every vulnerability in it'
/** Pays for the lowest tier's answer of these calls and for no higher one's. */
const LOW_NANO = 900_000

describe('a budget that affords only the lowest tier', () => {
  const put = (ledger: DurableObjectStub<LedgerObject>, onExceed: 'block' | 'downgrade' | 'surface') =>
    ledger.putBudget({ scope: 'team', period: 'month', limitNano: LOW_NANO, onExceed })

  it('lets hard work go there, where it says `downgrade`', async () => {
    const { send, ledger } = await keyAtWork()
    await put(ledger, 'downgrade')
    const { status, headers } = await send(HARD)
    expect([status, headers.get('x-headgate-tier')]).toEqual([200, '1'])
    expect(headers.get('x-headgate-reasons')).toContain('ceiling_budget')
  })

  it('refuses hard work and serves easy work, where it says `block`', async () => {
    const { send, ledger, steps, records } = await keyAtWork()
    await ledger.configureTeam({ teamId: 'x', name: 'Test', contact: 'lead@example.com' })
    await put(ledger, 'block')
    await expect(send(HARD)).rejects.toMatchObject({
      code: 'budget_exceeded',
      surface: false,
      message: expect.stringMatching(
        /the month budget of team "Test" has no room for this call \(\$0.00 of \$0.0009 spent\).*resets on .*lead@example.com can raise it/,
      ) as string,
    })
    expect(steps).not.toContain('provider.send')
    // The log says where the work would have gone.
    expect(records).toMatchObject([
      { ending: 'blocked', status: 402, tier: 3, costNano: 0, attempts: [], estimated: false, adaptations: [] },
    ])
    expect(records[0]?.reasons).toContain('no_budget')
    expect(await send(EASY)).toMatchObject({ status: 200 })
    await expect.poll(async () => (await ledger.usage()).openCalls).toBe(0)
  })

  it('ends the turn of hard work with a message, where it says `surface`', async () => {
    const { send, ledger, steps, records } = await keyAtWork()
    await put(ledger, 'surface')
    const whole = await send(HARD)
    expect([whole.status, JSON.parse(whole.text)]).toMatchObject([200, { stop_reason: 'end_turn', model: 'auto' }])
    expect(whole.text).toContain('the month budget of team')
    const streamed = await send(HARD, { stream: true })
    expect(streamed.headers.get('content-type')).toContain('text/event-stream')
    expect(streamed.text).toContain('message_stop')
    expect(steps).not.toContain('provider.send')
    // Who insists on a shape could not read it.
    await expect(send(HARD, { tool_choice: { type: 'any' }, tools: TOOLS })).rejects.toMatchObject({
      code: 'budget_exceeded',
    })
    await expect.poll(async () => (await ledger.usage()).openCalls).toBe(0)
    expect(records.map(({ ending, status, costNano }) => [ending, status, costNano])).toEqual([
      ['surfaced', 200, 0],
      ['surfaced', 200, 0],
      ['blocked', 402, 0],
    ])
  })
})

describe("a policy, or a key's own, that an isolate does not know yet, under a hard cap", () => {
  const PIN = '{"requestedModel":"pin"}'
  const HAIKU = { model: 'claude-haiku-4-5' }
  const ONE_HOP = ['ledger.admit', 'session.begin']
  const ASKED_TWICE = ['ledger.admit', 'ledger.admit', 'session.begin']
  /** What the last call asked before it was decided. */
  const askedBy = (steps: readonly string[]) => {
    const own = steps.slice(steps.lastIndexOf('session.begin'))
    return own.filter((step) => ASKED_TWICE.includes(step)).toSorted()
  }
  const expectNothingHeld = (ledger: DurableObjectStub<LedgerObject>) =>
    expect.poll(async () => (await ledger.budgetStandings()).map(({ window }) => window?.reservedNano)).toEqual([0])
  const giveTeam = (ledger: DurableObjectStub<LedgerObject>) => ledger.putPolicy(`{"schema":1,${PIN.slice(1)}`)
  const giveKey = (ledger: DurableObjectStub<LedgerObject>) => ledger.updateKey('k', { policyOverride: PIN })

  for (const [whose, give] of [
    ['its team', giveTeam],
    ['its key', giveKey],
  ] as const) {
    it.each(['block', 'surface'] as const)(
      `of ${whose}: lets the first call through that fits by it (%s)`,
      async (onExceed) => {
        const { send, ledger, steps } = await keyAtWork()
        await ledger.putBudget({ scope: 'team', period: 'month', limitNano: LOW_NANO, onExceed })
        await give(ledger)
        for (const hops of [ASKED_TWICE, ONE_HOP]) {
          expect((await send(HARD, HAIKU)).text).toContain('Done.')
          // Only what the ledger brought is worth a second question, and only once.
          expect(askedBy(steps)).toEqual(hops)
        }
        await expectNothingHeld(ledger)
      },
    )

    it(`of ${whose}: lets two such calls through side by side`, async () => {
      const { send, ledger } = await keyAtWork()
      await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 2 * LOW_NANO, onExceed: 'block' })
      await give(ledger)
      const both = await Promise.all([send(HARD, HAIKU), send(HARD, HAIKU)])
      expect(both.map(({ status }) => status)).toEqual([200, 200])
      await expectNothingHeld(ledger)
    })
  }

  it('is asked for again after each change, and starting values are not', async () => {
    const { send, ledger, steps } = await keyAtWork()
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 10 * LOW_NANO, onExceed: 'block' })
    const hopsOf = async (more = {}) => {
      await send(EASY, more)
      return askedBy(steps)
    }
    expect(await hopsOf()).toEqual(ONE_HOP)
    await ledger.putStarting('{"pace":1}')
    expect(await hopsOf()).toEqual(ONE_HOP)
    for (const give of [giveTeam, giveKey, giveTeam]) {
      await give(ledger)
      expect([await hopsOf(HAIKU), await hopsOf(HAIKU)]).toEqual([ASKED_TWICE, ONE_HOP])
    }
    await ledger.updateKey('k', { policyOverride: null })
    expect([await hopsOf(), await hopsOf()]).toEqual([ASKED_TWICE, ONE_HOP])
  })

  it('costs no second question where no hard budget is over the call', async () => {
    const { send, ledger, steps } = await keyAtWork()
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 1, mode: 'soft' })
    await giveTeam(ledger)
    expect((await send(HARD, HAIKU)).headers.get('x-headgate-model')).toBe(HAIKU.model)
    expect(askedBy(steps)).toEqual(ONE_HOP)
  })

  it('that is cheaper than the one shipped: its first call is not refused at admission, counted or told', async () => {
    const { send, ledger } = await keyAtWork()
    const prices = { 'anthropic/claude-haiku-4-5': { input: 0.001, output: 0.005 } }
    await ledger.putPolicy(JSON.stringify({ schema: 1, requestedModel: 'pin', prices }))
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 10_000, onExceed: 'block' })
    expect((await send(EASY, HAIKU)).text).toContain('Done.')
    expect(await ledger.budgetStandings()).toMatchObject([{ refusals: 0 }])
    const told = await runInDurableObject(ledger, (_, { storage }) =>
      storage.sql.exec<{ body: string }>('SELECT body FROM outbox').toArray(),
    )
    expect(told.filter(({ body }) => body.includes('month'))).toEqual([])
  })

  it('that is dearer than the one shipped: its first call passes no cap, and is held with its own guard', async () => {
    const { send, ledger, steps, gateway } = await keyAtWork()
    const prices = { 'anthropic/claude-haiku-4-5': { input: 100, output: 500 } }
    await ledger.putPolicy(JSON.stringify({ schema: 1, requestedModel: 'pin', prices }))
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 20 * LOW_NANO, onExceed: 'block' })
    await expect(send(EASY, HAIKU)).rejects.toMatchObject({ code: 'budget_exceeded' })
    expect(steps).not.toContain('provider.send')
    await expectNothingHeld(ledger)
    gateway.policies = new TeamPolicies()
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 1e9, onExceed: 'block' })
    const guards: number[] = []
    const { settle } = gateway.ports.ledgers
    gateway.ports.ledgers.settle = async (team, request) => {
      guards.push(request.reservation.guardNano)
      await settle(team, request)
    }
    expect((await send(EASY, { ...HAIKU, max_tokens: 4_000 })).text).toContain('Done.')
    expect(guards).toEqual([GUARD_TOKENS * 500_000])
  })

  it('that is another one at every asking makes the call wait for its next try, and holds nothing', async () => {
    const { send, ledger, gateway, steps } = await keyAtWork()
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: LOW_NANO })
    const { admit } = gateway.ports.ledgers
    gateway.ports.ledgers.admit = async (team, request) => {
      await giveTeam(ledger)
      return admit(team, request)
    }
    await expect(send(EASY)).rejects.toMatchObject({ code: 'gateway_overloaded', retryAfterSeconds: 2 })
    expect(steps).not.toContain('provider.send')
    expect((await ledger.usage()).openCalls).toBe(0)
  })
})

describe('a cap of which the rest pays for no answer', () => {
  const THINKING = {
    model: 'claude-haiku-4-5',
    max_tokens: 64_000,
    thinking: { type: 'enabled', budget_tokens: 32_000 },
  }
  const atWork = async () => {
    const { ledger, ...rest } = await keyAtWork()
    await ledger.configureTeam({ teamId: 'x', name: 'Test', contact: 'lead@example.com' })
    await ledger.putPolicy('{"schema":1,"requestedModel":"pin"}')
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 1e8 })
    return { ledger, ...rest }
  }

  it('is named, with what was spent, when it resets and who raises it; the refusal is logged', async () => {
    const { send, ledger, steps, records } = await atWork()
    await expect(send(EASY, THINKING)).rejects.toMatchObject({
      code: 'budget_exceeded',
      message: expect.stringMatching(
        /the month budget of team "Test" does not pay for an answer of Claude Haiku 4.5 \(\$0.00 of \$0.10 spent\). It resets on .* UTC. Ask for less. lead@example.com can raise it/,
      ) as string,
      budget: { budgetId: 'team:month', limitNano: 1e8, callsInFlight: 1 },
    })
    expect(steps).not.toContain('provider.send')
    expect(records).toMatchObject([
      { ending: 'blocked', status: 402, target: 'anthropic/claude-haiku-4-5', costNano: 0 },
    ])
    await expect.poll(async () => (await ledger.usage()).openCalls).toBe(0)
  })

  it('is named by /v1/route too, which holds nothing and logs nothing', async () => {
    const { ledger, gateway, key, records } = await atWork()
    const body = JSON.stringify({ ...(JSON.parse(BODY) as object), ...THINKING })
    await expect(handleRoute(callWith(key, [], body), gateway)).rejects.toMatchObject({
      code: 'budget_exceeded',
      message: expect.stringContaining('the month budget of team "Test" does not pay for an answer of') as string,
      budget: { budgetId: 'team:month', limitNano: 1e8 },
    })
    expect(records).toEqual([])
    expect(await ledger.budgetStandings()).toMatchObject([{ window: { spentNano: 0, reservedNano: 0 } }])
  })

  it('asks to try again where its ledger cannot be asked, and holds nothing', async () => {
    const { send, ledger, gateway } = await atWork()
    gateway.ports.ledgers.extend = () => Promise.reject(new Error('the object is away'))
    await expect(send(EASY, THINKING)).rejects.toMatchObject({ code: 'gateway_overloaded', retryAfterSeconds: 2 })
    await expect.poll(async () => (await ledger.usage()).openCalls).toBe(0)
  })

  it('is waited for where only calls in flight are in the way', async () => {
    const { send, ledger, records, key } = await atWork()
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 2.5e8 })
    const keyHash = (await KEYS.verify(key))?.keyHash ?? ''
    const quote = { expectedNano: { 1: 2e8, 2: null, 3: null }, worstNano: { 1: 2e8, 2: null, 3: null } }
    await ledger.admit({ requestId: 'long', keyHash, quote, policyVersion: 1 })
    await expect(send(EASY, THINKING)).rejects.toMatchObject({
      code: 'budget_reserved',
      retryAfterSeconds: expect.toSatisfy((seconds: number) => seconds >= 1 && seconds <= 60) as number,
      message: expect.stringMatching(/month budget of team "Test" has no room just now/) as string,
    })
    expect(records).toMatchObject([{ ending: 'blocked', status: 429 }])
  })
})

describe('a prompt that nothing tells to be kept for an hour', () => {
  it('is held, and its answer limited, at the price of what is written for five minutes: it is not refused early', async () => {
    const { send, ledger } = await keyAtWork()
    await ledger.putPolicy('{"schema":1,"requestedModel":"pin"}')
    // About 60,000 tokens, at most $0.075 to write for five minutes, and $0.12 for an hour.
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 1e8, onExceed: 'block' })
    expect(await send('word '.repeat(40_000), { model: 'claude-haiku-4-5' })).toMatchObject({ status: 200 })
  })
})

describe('a hard budget with no target that has a price', () => {
  it('refuses the call, and the ledger tells which price is missing', async () => {
    const { send, ledger } = await keyAtWork()
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 1e12 })
    const capabilities = { windowTokens: 128_000, maxOutputTokens: 16_384, dialects: ['anthropic-messages'] }
    const models = [{ id: 'claude-new', provider: 'anthropic', tier: 1, capabilities }]
    await ledger.putPolicy(JSON.stringify({ schema: 1, requestedModel: 'pin', catalog: { models } }))
    await send(EASY)
    await expect(send(EASY, { model: 'claude-new' })).rejects.toMatchObject({ code: 'no_eligible_target' })
    const told = await runInDurableObject(ledger, (_, { storage }) =>
      storage.sql.exec<{ body: string }>("SELECT body FROM outbox WHERE body LIKE '%unpriced%'").toArray(),
    )
    expect(told.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { kind: 'unpriced', target: 'anthropic/claude-new', leftOut: true },
    ])
  })
})

describe('a client that asks again after every refusal', () => {
  it('is answered right each time, through the Worker, and no row of its ledger is read or written', async () => {
    const teamId = newTeamId()
    const { key, keyHash } = await KEYS.issue(teamId)
    const ledger = env.LEDGERS.getByName(teamId)
    await ledger.configureTeam({ teamId, name: 'Storm' })
    await ledger.putKey({ keyId: 'k', name: 'dev', keyHash, highestTier: 3, expiresAt: null })
    await ledger.putBudget({ scope: 'team', period: 'month', limitNano: 1_000 })
    const fetched = vi.spyOn(globalThis, 'fetch')
    const watchedEnv = { ...env, ANTHROPIC_API_KEY: 'provider-key' }
    const ask = async (): Promise<number> => {
      const context = createExecutionContext()
      const headers = { authorization: `Bearer ${key}`, 'anthropic-version': '2023-06-01' }
      const request = new Request('https://gateway.example/v1/messages', { method: 'POST', headers, body: BODY })
      const answer = await worker.fetch(request as never, watchedEnv as never, context)
      expect(answer.headers.get('x-should-retry')).toBe('false')
      expect(await answer.text()).toContain('month budget of team \\"Storm\\"')
      await waitOnExecutionContext(context)
      return answer.status
    }
    // That the cap is reached is told once; here that is done already.
    expect(await ask()).toBe(402)
    await runDurableObjectAlarm(ledger)
    const touched = await runInDurableObject(ledger, (_, { storage }) => meterRows(storage.sql))
    for (let attempt = 0; attempt < 200; attempt += 1) expect(await ask()).toBe(402)
    expect(touched()).toEqual({ read: 0, written: 0 })
    expect(fetched).not.toHaveBeenCalled()
    fetched.mockRestore()
  })
})

describe('a budget for each session', () => {
  it('is surfaced at the first call that does not fit, and another session goes on', async () => {
    const dear = { ...ANSWER, usage: { input_tokens: 5_000, output_tokens: 200 } }
    const { send, ledger, steps } = await keyAtWork(dear)
    await ledger.putBudget({ scope: 'session', period: 'session', limitNano: 700_000, onExceed: 'surface' })
    const inSession = (id: string) => ({ metadata: { user_id: JSON.stringify({ session_id: id }) } })
    expect((await send(EASY, inSession('one'))).text).toContain('Done.')
    steps.length = 0
    const second = await send(EASY, inSession('one'))
    expect(second.text).toContain(
      'the budget of this session has no room for this call ($0.0006 of $0.0007 spent). A new session has a new one.',
    )
    expect(steps).not.toContain('provider.send')
    expect((await send(EASY, inSession('two'))).text).toContain('Done.')
  })
})

describe('what a key may do', () => {
  it('is known to every decision: allowed models, by id or target, bound where it goes and what it is shown', async () => {
    const { send, ledger, gateway, key } = await keyAtWork()
    await ledger.updateKey('k', { allowedModels: ['claude-sonnet-4-6', 'anthropic/claude-haiku-4-5'] })
    expect((await send(EASY)).headers.get('x-headgate-model')).toBe('claude-haiku-4-5')
    expect((await send(HARD)).headers.get('x-headgate-model')).toBe('claude-sonnet-4-6')
    const caller = await identify({ apiKey: key }, gateway)
    expect(modelsOf(caller, gateway.ports.providers).map(({ id }) => id)).toEqual(
      expect.arrayContaining(['claude-haiku-4-5', 'claude-sonnet-4-6']),
    )
    expect(modelsOf(caller, gateway.ports.providers)).toHaveLength(2)
    await ledger.updateKey('k', { allowedModels: ['gpt-6-luna'] })
    await expect(send(EASY)).rejects.toMatchObject({
      code: 'no_eligible_target',
      message: expect.stringContaining('not allowed for key') as string,
    })
  })

  it("is its team's policy with its own laid over it, from the next call on, and its tags are logged", async () => {
    const { send, ledger, records } = await keyAtWork()
    const modelOf = async () => (await send(EASY, { model: 'claude-opus-4-6' })).headers.get('x-headgate-model')
    await ledger.putPolicy('{"schema":1,"taskTiers":{"docstring":2}}')
    expect(await modelOf()).not.toBe('claude-opus-4-6')
    await ledger.updateKey('k', { policyOverride: '{"requestedModel":"pin"}', tags: { project: 'x' } })
    expect(await modelOf()).toBe('claude-opus-4-6')
    // A policy that the override does not fit counts alone, and the record says so.
    await ledger.updateKey('k', { policyOverride: '{"growth":{"tier2At":60000}}' })
    expect(await modelOf()).not.toBe('claude-opus-4-6')
    await ledger.updateKey('k', { policyOverride: null })
    expect(await modelOf()).not.toBe('claude-opus-4-6')
    expect(records.map(({ tags, policyVersion, warnings }) => [tags, policyVersion, warnings])).toEqual([
      [{}, 1, []],
      [{ project: 'x' }, 1, []],
      [{ project: 'x' }, 1, ['policy_override_ignored']],
      [{ project: 'x' }, 1, []],
    ])
  })
})

describe('rate limits', () => {
  const limits = { requestsPerMinute: 2, tokensPerMinute: 50_000, concurrentStreams: null }

  it('are told in the headers of every answer, and refuse with the seconds to wait', async () => {
    const { send, ledger, steps } = await keyAtWork()
    await ledger.updateKey('k', { rateLimits: limits })
    const { headers } = await send(EASY)
    expect(headers.get('anthropic-ratelimit-requests-limit')).toBe('2')
    expect(headers.get('anthropic-ratelimit-requests-remaining')).toBe('1')
    expect(Number(headers.get('anthropic-ratelimit-tokens-remaining'))).toBeLessThan(50_000)
    await send(EASY)
    steps.length = 0
    await expect(send(EASY)).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: expect.toSatisfy((seconds: number) => Number.isInteger(seconds) && seconds <= 30) as number,
      rates: { requests: { limit: 2, remaining: 0 } },
      message: expect.stringContaining('key "dev" may make 2 requests a minute') as string,
    })
    expect(steps).not.toContain('provider.send')
  })
})

describe('an address that keeps sending wrong keys', () => {
  const LIMIT = 60

  function ask(key: string, address: string | null, path = '/v1/models'): Promise<Response> {
    const from = address === null ? {} : { 'cf-connecting-ip': address }
    return deployed.fetch(
      new Request(`https://headgate.test${path}`, { headers: { authorization: `Bearer ${key}`, ...from } }),
    )
  }

  /** The count begins anew with every minute of the clock. */
  async function withinOneMinute(): Promise<void> {
    const restMs = 60_000 - (Date.now() % 60_000)
    if (restMs < 10_000) await scheduler.wait(restMs)
  }

  it('is answered 429, on the admin API too, while valid keys from it go on, and other addresses', async () => {
    const teamId = newTeamId()
    const { key, keyHash } = await new ApiKeys([String(env.KEY_PEPPER)]).issue(teamId)
    const ledger = env.LEDGERS.getByName(teamId)
    await ledger.configureTeam({ teamId, name: 'Test' })
    await ledger.putKey({ keyId: 'k', name: 'dev', keyHash })
    await withinOneMinute()
    const statuses: number[] = []
    for (let attempt = 0; attempt < LIMIT + 5; attempt++) statuses.push((await ask('hg_wrong', '192.0.2.1')).status)
    expect(statuses.slice(0, LIMIT)).toEqual(Array(LIMIT).fill(401))
    expect(statuses.slice(LIMIT)).toEqual(Array(5).fill(429))
    const refused = await ask('hg_wrong', '192.0.2.1')
    expect([refused.headers.get('retry-after'), await refused.text()]).toEqual([
      '60',
      expect.stringContaining('Too many failed sign-ins'),
    ])
    expect((await ask('nobody', '192.0.2.1', '/admin/v1/teams')).status).toBe(429)
    expect((await ask(key, '192.0.2.1')).status).toBe(200)
    expect((await ask('hg_wrong', '192.0.2.2')).status).toBe(401)
    // A key that was revoked is a wrong key too.
    await ledger.revokeKey('k')
    expect((await ask(key, '192.0.2.1')).status).toBe(429)
    expect((await ask(key, '192.0.2.2')).status).toBe(401)
  }, 30_000)

  it('is answered 429 although it is another of the same /64 each time', async () => {
    await withinOneMinute()
    const statuses: number[] = []
    for (let host = 0; host < LIMIT + 5; host++) {
      statuses.push((await ask('hg_wrong', `2001:db8:0:7:${host.toString(16)}::1`)).status)
    }
    expect(statuses.slice(LIMIT)).toEqual(Array(5).fill(429))
    expect((await ask('hg_wrong', '2001:db8:0:8::1')).status).toBe(401)
  }, 30_000)

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['0:0:0:0:0:FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:0:7::1', '2001:db8:0:7::/64'],
    ['2001:0DB8:0000:0007:ffff:ffff:ffff:ffff', '2001:db8:0:7::/64'],
    ['2001:db8::7:1:2:3:4', '2001:db8:0:7::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s is counted as %s', (address, block) => {
    expect(addressBlock(address)).toBe(block)
  })
})

describe('a call that no model is found for', () => {
  it('is told in the log with its key and the name it asks for, as often as whoever reads it can bear', async () => {
    let now = 0
    const lines: Readonly<Record<string, unknown>>[] = []
    const { ports, key } = await recordedPorts([], () => Response.json(ANSWER))
    const log = sparingLog({ write: (event, details) => void lines.push({ event, ...details }) }, () => now)
    const gateway = { ports: { ...ports, log }, policies: new TeamPolicies() }
    const ask = (model: string) => {
      const body = BODY.replace('"auto"', JSON.stringify(model))
      return expect(handleChat(callWith(key, [], body), gateway)).rejects.toMatchObject({ code: 'model_not_found' })
    }
    for (let call = 0; call < 5; call += 1) await ask('claude-sonet-5-5')
    expect(lines).toEqual([
      {
        event: 'call_not_served',
        requestId: expect.stringMatching(/^req_/) as string,
        teamId: expect.any(String) as string,
        keyId: 'k',
        code: 'model_not_found',
        why: 'The model "claude-sonet-5-5" is not known here. Ask for "auto", or see GET /v1/models.',
      },
    ])
    for (let call = 0; call < 40; call += 1) await ask(`no-such-model-${call} ${'x'.repeat(2_000)}`)
    expect(lines).toHaveLength(20)
    expect(Math.max(...lines.map((line) => JSON.stringify(line).length))).toBeLessThan(1_000)
    now = 60_000
    await ask('claude-sonet-5-5')
    expect(lines).toHaveLength(21)
  })
})

describe('count_tokens', () => {
  const stream = (body: UnderlyingSource<Uint8Array>, status = 200): Response =>
    new Response(new ReadableStream(body), { status })
  const begun = { start: (body: ReadableStreamDefaultController) => body.enqueue(new TextEncoder().encode('{"inp')) }

  it.each([
    ['says nothing', () => new Promise<never>(() => undefined)],
    ['begins to answer and says no more', () => stream(begun)],
    ['begins to tell an error and says no more', () => stream(begun, 400)],
    ['breaks off', () => stream({ pull: (body) => body.error(new Error('the line broke')) })],
  ])('is an estimate, in time, where the provider %s', async (_what, provider) => {
    const { ports, key, ledger } = await recordedPorts([], provider)
    await ledger.putPolicy('{"schema":1,"failures":{"streamTimeoutSeconds":1}}')
    const policies = new TeamPolicies()
    const answer = await handleCountTokens(callWith(key, []), { ports, policies })
    expect(answer.headers.get('x-headgate-count')).toBe('estimated')
    expect(await answer.json()).toEqual({ input_tokens: expect.any(Number) })
  })
})

describe('a request nested 20,000 deep', () => {
  it('that is to be translated is told to be, and nothing of it is sent or held', async () => {
    const steps: string[] = []
    const { ports, key } = await recordedPorts(steps, () => Response.json(ANSWER))
    const deep = `{"model":"auto","messages":[{"role":"user","content":"Hi"}],"metadata":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
    const call = { ...callWith(key, [], deep), dialect: 'openai-chat-completions' as const }
    await expect(handleChat(call, { ports, policies: new TeamPolicies() })).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: 'the body is nested too deep to be translated',
    })
    expect(steps).not.toContain('provider.send')
    expect(steps).toContain('ledger.release')
  })
})

describe('a stream with a frame nested 300,000 deep', () => {
  const DEEP = `${'['.repeat(300_000)}${']'.repeat(300_000)}`
  const FRAMES = {
    'anthropic-messages': ['message_start', 'message'],
    'openai-chat-completions': ['', 'odd'],
    'openai-responses': ['response.created', 'response'],
  } as const
  const framesOf = (dialect: DialectName): string[] => {
    const [type, name] = FRAMES[dialect]
    const spoken = { choices: [{ index: 0, delta: { content: 'Hello' }, finish_reason: null }] }
    const deep = `data: {"type":"${type}","id":"c1","${name}":{"odd":${DEEP}},"choices":[]}\n\n`
    return [deep, `data: ${JSON.stringify({ type: 'ping', id: 'c1', ...spoken })}\n\n`]
  }

  it.each(DIALECTS)('of %s is relayed as it is, and ends when it is stopped', async (dialect) => {
    const stop = new AbortController()
    const ports = { requestId: 'req_1', now: () => 0 }
    const metered = meterStream({ dialect, ...ports, removeUsageChunk: false, passive: false })
    const tap = endingTap(metered, { dialect, ...ports, stop: stop.signal, usage: () => NO_USAGE })
    const [first, ...more] = framesOf(dialect).map((frame) => new TextEncoder().encode(frame))
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      const frame = more.shift()
      if (frame === undefined) stop.abort()
      else controller.enqueue(frame)
    }
    const rest = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 })
    const context = {
      now: () => 0,
      clientGone: new AbortController().signal,
      abort: () => undefined,
      silenceMs: 60_000,
      reading: metered.reading,
    }
    const { body, done } = relayAnswer({ first: first!, rest }, tap, context)
    const text = await new Response(body).text()
    expect((await done).ending).toBe('stopped')
    const sent = framesOf(dialect).join('')
    expect(text.startsWith(sent)).toBe(true)
    const end = text.slice(sent.length)
    expect(end).toMatch(/"finish_reason":"length"|"error"/)
    expect(end.length).toBeLessThan(2_000)
  })

  it.each(DIALECTS)('of %s, collected into one answer, is no fault of ours', (dialect) => {
    const tap = collectingTap({ dialect, stop: new AbortController().signal, usage: () => NO_USAGE })
    for (const frame of framesOf(dialect)) tap.push(new TextEncoder().encode(frame))
    tap.stop?.end()
    const outcome = JSON.stringify(tap.outcome())
    expect(outcome.slice(0, 2_000)).toMatch(/^null$|"Hello"/)
    expect(outcome.length).toBeLessThan(2_000)
  })
})

describe('keys', () => {
  it('are verified without any storage, and a changed character is noticed', async () => {
    const { key, teamId, keyHash } = await KEYS.issue(newTeamId())
    expect(key).toMatch(/^hg_[0-9a-hjkmnp-tv-z]{76}$/)
    for (let time = 0; time < 2; time++) expect(await KEYS.verify(key)).toEqual({ teamId, keyHash })
    for (let at = 3; at < key.length; at += 7) {
      const other = key[at] === 'x' ? 'y' : 'x'
      expect(await KEYS.verify(key.slice(0, at) + other + key.slice(at + 1))).toBeNull()
    }
    for (const wrong of ['', 'hg_', key.slice(1), `${key}0`, key.toUpperCase(), 'sk-ant-0123456789']) {
      expect(await KEYS.verify(wrong)).toBeNull()
    }
  })

  it('stay valid over a rotation of the pepper, and not without the old one', async () => {
    const before = await KEYS.issue(newTeamId())
    const rotated = new ApiKeys(['a new pepper of the tests', 'pepper-of-the-tests'])
    expect(await rotated.verify(before.key)).toEqual({ teamId: before.teamId, keyHash: before.keyHash })
    expect(await new ApiKeys(['a new pepper of the tests']).verify(before.key)).toBeNull()
  })

  it('never share a session, whatever a client calls it', async () => {
    const [one, other] = [await KEYS.issue(newTeamId()), await KEYS.issue(newTeamId())]
    const name = await KEYS.sessionName(one.keyHash, 'generic\nmine')
    expect(name).toMatch(/^[0-9a-f]{32}$/)
    expect(await KEYS.sessionName(one.keyHash, 'generic\nmine')).toBe(name)
    expect(await KEYS.sessionName(other.keyHash, 'generic\nmine')).not.toBe(name)
    expect(await KEYS.sessionName(one.keyHash, 'generic\nother')).not.toBe(name)
  })
})
