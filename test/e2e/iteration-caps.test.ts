/** Agent loops that run into a cap, through the official SDKs against a started gateway. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { APIError as AnthropicError } from '@anthropic-ai/sdk'
import { APIError as OpenAiError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DIALECTS, type DialectName } from '../../src/core/dialects/dialect.ts'
import type { LoggedDecision } from '../support/admin-client.ts'
import { runTurn, sdkAgent, type AgentSettings, type SdkAgent } from '../support/sdk-agents.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

const FINISH: Readonly<Record<DialectName, string>> = {
  'anthropic-messages': 'end_turn',
  'openai-chat-completions': 'stop',
  'openai-responses': 'completed',
}
const LITERAL = { schema: 1, rules: 'literal' }

let gateway: TestGateway
let team: Awaited<ReturnType<TestGateway['admin']['newTeam']>>

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(async () => {
  expect(await gateway.stop()).toBe(0)
})
beforeEach(async () => {
  await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
  team = await gateway.admin.newTeam('Loops')
})

/** The next calls upstream call a tool each, every one with an input of its own. */
function callTools(at: TestGateway, count: number, name: 'lookup' | 'write_file' = 'lookup'): Promise<void> {
  const rules = Array.from({ length: count }, (_, step) => ({
    reply: { toolCalls: [{ name, input: { step } }], stop: 'tool' },
  }))
  return script(at.upstream, { rules })
}

function agentOf(dialect: DialectName, more: Partial<AgentSettings> = {}): SdkAgent {
  return sdkAgent(dialect, { url: gateway.url, key: team.key, stream: false, ...more })
}

const upstreamCalls = (): number => gateway.upstream.state.recording.since(0).length

/** The log once it holds so many decisions, oldest first. */
async function logged(count: number): Promise<readonly LoggedDecision[]> {
  const decisions = await gateway.admin.waitForDecisions(team.teamId, count)
  expect(decisions).toHaveLength(count)
  return decisions.toReversed()
}

/** One call without a history, as any HTTP client makes it. */
function post(path: string, model = 'auto'): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${team.key}`, 'content-type': 'application/json', 'session-id': 'one' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
  })
}

describe.each(DIALECTS)('%s', (dialect) => {
  it.each([true, false])(
    'the 26th call of a turn is surfaced, and a new message goes through (streamed: %s)',
    async (stream) => {
      await gateway.admin.putPolicy(team.teamId, LITERAL)
      const agent = agentOf(dialect, { stream })
      agent.type('Look up all there is')
      await callTools(gateway, 101)
      const before = upstreamCalls()
      const answer = await runTurn(agent)

      expect(answer).toMatchObject({ asked: 26, status: 200, finish: FINISH[dialect], tokens: 0 })
      expect(answer.text).toContain('Headgate stopped this turn after 25 model calls (limit 25).')
      expect(answer.text).toContain('25 model calls; no edit and no passing test')
      expect(answer.text).toMatch(
        /Counted cost: (less than )?\$0\.\d+ for this turn, (less than )?\$0\.\d+ for this session/,
      )
      expect(answer.text).toContain('send a new message')
      expect(answer.headers.get('x-headgate-reasons')).toContain('iteration_cap')
      expect(answer.headers.get('x-headgate-tier')).toMatch(/^[123]$/)
      expect(agent.requests).toBe(26)
      expect(upstreamCalls() - before).toBe(25)

      const decisions = await logged(26)
      const surfaced = decisions.at(-1)!
      expect(surfaced).toMatchObject({
        id: answer.headers.get('x-headgate-decision'),
        model: answer.headers.get('x-headgate-model'),
        ending: 'surfaced',
        status: 200,
        iteration: 26,
        cost_nano: 0,
        baseline_nano: 0,
        input_tokens: 0,
        output_tokens: 0,
      })
      expect(surfaced.reasons).toContain('iteration_cap')
      expect(
        decisions
          .slice(0, -1)
          .every(({ ending, reasons }) => ending === 'complete' && !reasons.includes('iteration_cap')),
      ).toBe(true)

      await fetch(`${gateway.upstream.url}/__script?all=1`, { method: 'DELETE' })
      await script(gateway.upstream, { reply: { text: 'Going on.' } })
      agent.type('Try the other folder')
      expect(await runTurn(agent)).toMatchObject({ asked: 1, text: 'Going on.' })
      const [later] = (await logged(27)).slice(-1)
      expect(later).toMatchObject({
        turn: surfaced.turn + 1,
        iteration: 1,
        thread_id: surfaced.thread_id,
        session_id: surfaced.session_id,
        ending: 'complete',
      })
    },
  )

  it('a turn that goes on editing has 100 calls', async () => {
    const agent = agentOf(dialect, { stream: dialect === 'openai-responses' })
    agent.type('Rewrite every file')
    await callTools(gateway, 120, 'write_file')
    const answer = await runTurn(agent)
    expect(answer.asked).toBe(101)
    expect(answer.text).toContain('after 100 model calls (limit 100)')
    const [surfaced] = (await logged(101)).slice(-1)
    expect(surfaced).toMatchObject({ ending: 'surfaced', iteration: 101 })
  })

  it('the same call is surfaced when it was made five times', async () => {
    await script(gateway.upstream, {
      times: null,
      reply: { toolCalls: [{ name: 'lookup', input: { step: 7 } }], stop: 'tool' },
    })
    const agent = agentOf(dialect)
    agent.type('Look it up')
    const answer = await runTurn(agent)
    expect(answer.asked).toBe(6)
    expect(answer.text).toContain('`lookup` was called 5 times in a row with the same input (limit 5)')
    expect(answer.headers.get('x-headgate-reasons')).toContain('repeated_call_cap')
  })

  it('a policy that blocks refuses once, in words, and is asked no second time', async () => {
    await gateway.admin.putPolicy(team.teamId, { schema: 1, iterations: { perTurn: 2, onCap: 'block' } })
    const agent = agentOf(dialect)
    agent.type('Look it up')
    await callTools(gateway, 3)
    await agent.ask()
    await agent.ask()
    const before = upstreamCalls()
    const error: unknown = await agent.ask().catch((reason: unknown) => reason)
    expect(error instanceof AnthropicError || error instanceof OpenAiError).toBe(true)
    const { status, message, headers } = error as InstanceType<typeof AnthropicError>
    expect(status).toBe(dialect === 'openai-responses' ? 400 : 402)
    expect(message).toContain('Headgate stopped this turn after 2 model calls (limit 2).')
    expect(headers?.get('x-headgate-reasons')).toContain('iteration_cap')
    expect(agent.requests).toBe(3)
    expect(upstreamCalls()).toBe(before)
    expect((await logged(3)).at(-1)).toMatchObject({ ending: 'blocked', status, cost_nano: 0 })
  })

  it('a policy that alerts lets calls go on and marks them', async () => {
    await gateway.admin.putPolicy(team.teamId, { schema: 1, iterations: { perTurn: 2, onCap: 'alert' } })
    const agent = agentOf(dialect)
    agent.type('Look it up')
    await callTools(gateway, 3)
    expect((await runTurn(agent)).asked).toBe(4)
    const decisions = await logged(4)
    expect(decisions.map(({ warnings }) => warnings.includes('iteration_cap_passed'))).toEqual([
      false,
      false,
      true,
      true,
    ])
    expect(decisions.map(({ reasons }) => reasons.includes('iteration_cap'))).toEqual([false, false, true, true])
    expect(
      gateway
        .stderr()
        .split('\n')
        .filter((line) => line.includes('iteration_cap_reached') && line.includes(team.teamId)),
    ).toHaveLength(1)
  })
})

it('a turn without an edit or a passing test has 25 calls; a test run that passes starts them anew', async () => {
  const passing = (call: number): string => (call === 20 ? 'ran\n\n5 passed in 0.12s' : `result ${call}`)
  const agent = agentOf('anthropic-messages', { result: passing })
  agent.type('Find out why')
  await callTools(gateway, 60)
  const answer = await runTurn(agent)
  expect(answer.asked).toBe(46)
  expect(answer.text).toContain('25 model calls without an edit that was applied or a test run that passed (limit 25)')
  expect(answer.headers.get('x-headgate-reasons')).toContain('no_progress_cap')
})

it('a client that insists on a JSON shape gets an error where it could not read a message', async () => {
  await gateway.admin.putPolicy(team.teamId, { schema: 1, iterations: { perTurn: 1 } })
  const format = { type: 'json_schema', json_schema: { name: 'out', schema: { type: 'object' } } }
  const agent = agentOf('openai-chat-completions', { extra: { response_format: format } })
  agent.type('Look it up')
  await callTools(gateway, 1)
  await agent.ask()
  await expect(agent.ask()).rejects.toMatchObject({ status: 402, code: 'iteration_cap_reached' })
})

describe('a session that may make no more calls', () => {
  beforeEach(async () => {
    await gateway.admin.putPolicy(team.teamId, { schema: 1, iterations: { perSession: 1 } })
    await (await post('/v1/chat/completions')).text()
    await logged(1)
  })

  it('is told so by POST /v1/route and by the message', async () => {
    expect(await (await post('/v1/route')).json()).toMatchObject({
      loop: { action: 'surface', reason: 'session_call_cap', limit: 1, count: 1 },
    })
    expect(await (await post('/v1/chat/completions')).text()).toContain('start a new session')
  })

  it('holds no money, however often it asks', async () => {
    await gateway.admin.putBudget(team.teamId, { scope: 'team', period: 'month', limitUsd: 0.1, mode: 'hard' })
    for (let asked = 0; asked < 60; asked += 1) {
      const answer = await post('/v1/chat/completions', 'tier-3')
      expect([asked, answer.status, answer.headers.get('x-headgate-tier')]).toEqual([asked, 200, '3'])
      await answer.text()
    }
    expect((await logged(61)).slice(1).every(({ ending, cost_nano }) => ending === 'surfaced' && cost_nano === 0)).toBe(
      true,
    )
  })
})

describe('sub-agents', () => {
  const session = { 'x-claude-code-session-id': '11111111-2222-4333-8444-555555555555' }
  const worker = (name: string): AgentSettings['headers'] => ({ ...session, 'x-claude-code-agent-id': name })

  async function askTimes(agent: SdkAgent, times: number): Promise<void> {
    for (let asked = 0; asked < times; asked += 1) expect((await agent.ask()).calls).toHaveLength(1)
  }

  it('that work side by side count for themselves, and their parent goes on counting its own', async () => {
    await gateway.admin.putPolicy(team.teamId, LITERAL)
    await callTools(gateway, 200)
    const main = agentOf('anthropic-messages', { headers: session })
    main.type('Do the big thing')
    await askTimes(main, 5)
    const workers = ['left', 'right', 'third'].map((name) => {
      const agent = agentOf('anthropic-messages', { headers: worker(name)! })
      agent.type(`Do the ${name} part`)
      return agent
    })
    await Promise.all(workers.map((agent) => askTimes(agent, 25)))
    const over = await workers[0]!.ask()
    expect(over.text).toContain('This was a sub-agent')
    const answer = await runTurn(main)
    expect(answer.asked).toBe(21)
    expect(answer.text).toContain('after 25 model calls (limit 25)')
    expect(answer.text).toContain('25 model calls in this conversation, 100 with its sub-agents')
    const decisions = await logged(5 + 75 + 1 + 21)
    expect(new Set(decisions.map(({ session_id }) => session_id)).size).toBe(1)
    expect(new Set(decisions.map(({ thread_id }) => thread_id)).size).toBe(4)
  })

  it('share the cap of their tree where the policy sets one', async () => {
    await gateway.admin.putPolicy(team.teamId, {
      schema: 1,
      iterations: { withoutProgress: null, perSubagentTree: 12 },
    })
    await callTools(gateway, 60)
    const main = agentOf('anthropic-messages', { headers: session })
    main.type('Do the big thing')
    await askTimes(main, 2)
    const left = agentOf('anthropic-messages', { headers: worker('left')! })
    const right = agentOf('anthropic-messages', { headers: worker('right')! })
    left.type('Do the left part')
    right.type('Do the right part')
    await askTimes(left, 6)
    await askTimes(right, 4)
    for (const agent of [right, left, main]) {
      const answer = await agent.ask()
      expect(answer.text).toContain('after 12 model calls, those of sub-agents included (limit 12)')
    }
    main.type('Go on')
    await askTimes(main, 1)
  })
})

it('the count survives a restart and a kill of the gateway', async () => {
  const persist = mkdtempSync(join(tmpdir(), 'headgate-caps-'))
  try {
    let running = await startGateway({ persist })
    const { teamId, key } = running
    await running.admin.putPolicy(teamId, LITERAL)
    // The agent outlives its gateways: it is told where the next one listens.
    let url = running.url
    const agent = sdkAgent('anthropic-messages', {
      url: 'http://gateway.invalid',
      key,
      stream: false,
      redirect: (asked) => asked.replace('http://gateway.invalid', url),
    })
    agent.type('Look up all there is')
    for (const [calls, end] of [
      [10, 'stop'],
      [8, 'kill'],
    ] as const) {
      await callTools(running, calls)
      for (let asked = 0; asked < calls; asked += 1) expect((await agent.ask()).calls).toHaveLength(1)
      await running.admin.waitForDecisions(teamId, end === 'stop' ? 10 : 18)
      await running[end]()
      running = await startGateway({ persist })
      url = running.url
    }
    await callTools(running, 30)
    const answer = await runTurn(agent)
    expect(answer.asked).toBe(8)
    expect(answer.text).toContain('after 25 model calls (limit 25)')
    await running.stop()
  } finally {
    rmSync(persist, { recursive: true, force: true })
  }
}, 90_000)
