/** A gateway that is restarted, killed, started twice, or left by its clients in the middle of an answer. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanEnvironment, exitOf, spawnLauncher } from '../support/launched-gateway.ts'
import { costOf } from '../support/list-prices.ts'
import { script, startGateway, type TestGateway } from '../support/start-gateway.ts'

const folders: string[] = []

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'headgate-lifecycle-'))
  folders.push(made)
  return made
}

afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})

const headersOf = (key: string, session?: string): Record<string, string> => ({
  'x-api-key': key,
  'anthropic-version': '2023-06-01',
  'content-type': 'application/json',
  ...(session === undefined ? {} : { 'x-claude-code-session-id': session }),
})

function ask(gateway: TestGateway, key: string, content: string): Promise<Response> {
  return fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: headersOf(key, '11111111-2222-4333-8444-555555555555'),
    body: JSON.stringify({ model: 'auto', max_tokens: 100, messages: [{ role: 'user', content }] }),
  })
}

/** Until nothing answers at an address any more. */
async function gone(url: string): Promise<boolean> {
  for (let tries = 0; tries < 50; tries += 1) {
    const answers = await fetch(`${url}/healthz`).then(
      () => true,
      () => false,
    )
    if (!answers) return true
    await sleep(100)
  }
  return false
}

describe('a restart', () => {
  it('keeps team, key, money and log, after a clean end and after a kill', async () => {
    const persist = folder()
    const first = await startGateway({ persist })
    const { key, teamId, adminToken } = first
    await first.admin.putBudget(teamId, { scope: 'team', period: 'month', limitUsd: 5, mode: 'hard' })
    expect((await ask(first, key, 'Write a docstring for f')).status).toBe(200)
    const [logged] = await first.admin.waitForDecisions(teamId, 1)
    expect(statSync(join(persist, 'gateway.json')).mode & 0o777).toBe(0o600)
    expect(await first.stop()).toBe(0)
    expect(await gone(first.url)).toBe(true)

    const second = await startGateway({ persist })
    expect(second).toMatchObject({ key, teamId, adminToken })
    expect(await second.admin.decisions(teamId)).toEqual([logged])
    expect((await ask(second, key, 'Write a docstring for g')).status).toBe(200)
    const [later] = await second.admin.waitForDecisions(teamId, 2)
    expect(later!.session_id).toBe(logged!.session_id)
    await second.kill()
    // The runtime is no child that outlives its parent.
    expect(await gone(second.url)).toBe(true)

    const third = await startGateway({ persist })
    try {
      expect(third).toMatchObject({ key, teamId, adminToken })
      expect(await third.admin.decisions(teamId)).toHaveLength(2)
      const spent = logged!.cost_nano! + later!.cost_nano!
      await third.admin.putBudget(teamId, { scope: 'team', period: 'month', limitUsd: spent / 1e9, mode: 'hard' })
      const refused = await ask(third, key, 'Write a docstring for h')
      expect([refused.status, await refused.text()]).toEqual([402, expect.stringContaining('spent')])
    } finally {
      await third.stop()
    }
  }, 90_000)
})

describe('a launcher that cannot start', () => {
  let gateway: TestGateway
  const persist = folder()

  beforeAll(async () => {
    gateway = await startGateway({ persist })
  })
  afterAll(async () => {
    await gateway.stop()
  })

  async function refusal(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawnLauncher(args, environment)
    let [stdout, stderr] = ['', '']
    child.stdout?.on('data', (chunk) => (stdout += chunk))
    child.stderr?.on('data', (chunk) => (stderr += chunk))
    return { code: await exitOf(child), stdout, stderr }
  }

  it.each([
    [
      'a taken state folder',
      () => ['--port', '0', '--persist', persist],
      /Another gateway \(process \d+\) runs with the state folder/,
    ],
    [
      'a taken port',
      () => ['--port', new URL(gateway.url).port, '--persist', folder()],
      /Port \d+ on 127\.0\.0\.1 is taken/,
    ],
    ['an unknown flag', () => ['--prot', '1'], /Unknown option '--prot'/],
    ['a port that is none', () => ['--port', '70000'], /--port takes a port between 0 and 65535/],
    ['a missing value', () => ['--persist'], /'--persist <value>' argument missing/],
    [
      'a file as state folder',
      () => {
        const file = join(folder(), 'file')
        writeFileSync(file, '')
        return ['--persist', join(file, 'state')]
      },
      /cannot be written \(ENOTDIR\)/,
    ],
  ])('says why in one sentence: %s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await refusal(args())
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(sentence)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('refuses to be its own provider', async () => {
    const { code, stderr } = await refusal(['--port', '18787', '--persist', folder()], {
      ANTHROPIC_API_KEY: 'x',
      ANTHROPIC_BASE_URL: 'http://localhost:18787',
    })
    expect([code, stderr]).toEqual([1, expect.stringContaining("this gateway's own address")])
  })

  it('leaves the running one alone', async () => {
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
  })
})

describe('a launcher without any provider key', () => {
  it('starts the scripted provider, prints one line of JSON and serves the log page', async () => {
    const child = spawnLauncher(['--json', '--port', '0', '--persist', folder()])
    let stdout = ''
    child.stdout?.on('data', (chunk) => (stdout += chunk))
    while (!stdout.includes('\n')) await sleep(50)
    const ready = JSON.parse(stdout) as Record<string, string>
    expect(Object.keys(ready).toSorted()).toEqual(['adminToken', 'key', 'teamId', 'upstreamUrl', 'url'])
    const page = await fetch(ready['url']!)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('decision log')])
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await fetch(`${ready['url']}/cdn-cgi/local/scheduled`)).status).toBe(200)
    const answer = await fetch(`${ready['url']}/v1/messages`, {
      method: 'POST',
      headers: headersOf(ready['key']!),
      body: JSON.stringify({ model: 'auto', max_tokens: 1000, messages: [{ role: 'user', content: 'hello' }] }),
    })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('scripted provider')])
    child.kill('SIGINT')
    expect(await exitOf(child)).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(await gone(ready['url']!)).toBe(true)
    expect(await gone(ready['upstreamUrl']!)).toBe(true)
  })

  it("takes no developer's own settings into a test", () => {
    expect(Object.keys(cleanEnvironment()).filter((name) => /^(ANTHROPIC|OPENAI)_/.test(name))).toEqual([])
  })
})

describe('a client that leaves', () => {
  let gateway: TestGateway

  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(async () => {
    await gateway.stop()
  })

  /** A connection that is closed in order, as most are, is noticed at the next write; one that is reset, at once. */
  const HANG_UPS: readonly (readonly [string, (socket: Socket | null) => void])[] = [
    ['by a reset', (socket) => socket?.resetAndDestroy()],
    ['in order', (socket) => socket?.end().destroy()],
  ]

  /** Sends a streamed call and ends its connection at a moment of the caller's choice. */
  function leavingCall(
    key: string,
    hangUp: (socket: Socket | null) => void,
    leave: (hangUpNow: () => void, firstByte: Promise<void>) => Promise<void>,
  ): Promise<void> {
    const call = request(`${gateway.url}/v1/messages`, { method: 'POST', headers: headersOf(key) })
    const firstByte = new Promise<void>((done) => {
      call.on('response', (answer) => answer.once('data', () => done()).on('error', () => {}))
    })
    call.on('error', () => {})
    call.end(
      JSON.stringify({
        model: 'tier-2',
        max_tokens: 4000,
        stream: true,
        messages: [{ role: 'user', content: 'Tell a long story' }],
      }),
    )
    return leave(() => hangUp(call.socket), firstByte)
  }

  async function untilUpstreamEnded(): Promise<NonNullable<ReturnType<typeof last>>> {
    for (let tries = 0; tries < 60; tries += 1) {
      const record = last()
      if (record?.endedAt !== null && record?.endedAt !== undefined) return record
      await sleep(100)
    }
    throw new Error('The call upstream did not end within 6 seconds')
  }
  const last = () => gateway.upstream.state.recording.since(0).at(-1)

  it.each(HANG_UPS)(
    'in the middle of a stream, %s: the call upstream is aborted and what was used is settled',
    async (_how, hangUp) => {
      const { teamId, key } = await gateway.admin.newTeam('Leavers')
      await script(gateway.upstream, { eventDelayMs: 100, reply: { outputTokens: 2000, pieceLength: 20 } })
      await leavingCall(key, hangUp, async (hangUpNow, firstByte) => {
        await firstByte
        await sleep(500)
        hangUpNow()
      })
      const upstream = await untilUpstreamEnded()
      expect(upstream).toMatchObject({ aborted: true, ending: 'aborted' })
      const [decision] = await gateway.admin.waitForDecisions(teamId, 1)
      expect(decision).toMatchObject({ ending: 'client_left' })
      const prompt = decision!.input_tokens + decision!.cache_write_short_tokens + decision!.cache_read_tokens
      const billed = upstream.billed!
      expect(prompt).toBe(billed.input + billed.cacheRead + billed.cacheWrite5m)
      expect(decision!.output_tokens).toBeGreaterThan(0)
      expect(decision!.output_tokens).toBeLessThan(2000)
      expect(decision!.cost_nano).toBe(costOf(decision!))
    },
  )

  it.each(HANG_UPS)(
    'before the first byte, %s: the call upstream ends and nothing stays held',
    async (_how, hangUp) => {
      const { teamId, key } = await gateway.admin.newTeam('Early leavers')
      await script(gateway.upstream, { headersDelayMs: 1500, eventDelayMs: 50, reply: { outputTokens: 500 } })
      const before = gateway.upstream.state.recording.lastSeq
      await leavingCall(key, hangUp, async (hangUpNow) => {
        while (gateway.upstream.state.recording.lastSeq === before) await sleep(20)
        hangUpNow()
      })
      const upstream = await untilUpstreamEnded()
      expect(upstream.ending).not.toBe('complete')
      const [decision] = await gateway.admin.waitForDecisions(teamId, 1)
      expect(decision!.ending).toBe('client_left')

      // What the call had reserved is free again: a budget just above what it cost has room for another.
      await gateway.admin.putBudget(teamId, { scope: 'team', period: 'month', limitUsd: 1, mode: 'hard' })
      expect((await ask(gateway, key, 'hello')).status).toBe(200)
    },
  )
})
