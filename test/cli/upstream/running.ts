/** What the suites of the scripted provider share: one started for a test file, and plain calls to it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startUpstream, type Upstream, type UpstreamOptions } from '../../../src/cli/upstream.ts'
import type { JsonObject } from '../../../src/cli/upstream/json.ts'
import type { RequestRecord } from '../../../src/cli/upstream/recording.ts'

/** A provider for the tests of one file, with a clock that only moves when told; everything is forgotten between tests. */
export function runningUpstream(options: UpstreamOptions = {}): Running {
  const running = new Running()
  beforeAll(async () => {
    running.upstream = await startUpstream({ clock: () => running.now, ...options })
  })
  beforeEach(async () => {
    await running.call('DELETE', '/__script?all=1')
    await running.script({ settings: { strict: true, keys: [], eventDelayMs: 0, headersDelayMs: 0, clockOffsetMs: 0 } })
  })
  afterAll(() => running.upstream.close())
  return running
}

/** An answer as a test wants to look at it. */
export interface Answered {
  status: number
  headers: Headers
  text: string
  json: JsonObject
}

export class Running {
  upstream!: Upstream
  now = Date.UTC(2026, 10, 23, 9)

  get url(): string {
    return this.upstream.url
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) }
  }

  claude(body: JsonObject, headers: Record<string, string> = {}): Promise<Answered> {
    return this.call(
      'POST',
      '/v1/messages',
      { max_tokens: 1_000, messages: [{ role: 'user', content: 'hi' }], ...body },
      {
        'x-api-key': 'test-key',
        'anthropic-version': '2023-06-01',
        ...headers,
      },
    )
  }

  openai(path: string, body: JsonObject, headers: Record<string, string> = {}): Promise<Answered> {
    return this.call('POST', `/v1/${path}`, body, { authorization: 'Bearer test-key', ...headers })
  }

  async script(rule: unknown): Promise<void> {
    const answered = await this.call('POST', '/__script', rule)
    if (answered.status !== 200) throw new Error(answered.text)
  }

  async requests(): Promise<RequestRecord[]> {
    return (await this.call('GET', '/__requests')).json.requests as RequestRecord[]
  }
}

function parsed(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject
  } catch {
    return {}
  }
}

/** The message of an error answer in either family's envelope. */
export function errorMessage(answered: Answered): string {
  return String((answered.json.error as JsonObject | undefined)?.message ?? '')
}

/** The usage of an answer. */
export function usageOf(answered: Answered): JsonObject {
  return answered.json.usage as JsonObject
}

/** A recorded request of a real client. */
export interface Fixture {
  method: string
  url: string
  headers: Record<string, string>
  body: unknown
}

const SHARED = process.env.HEADGATE_SHARED ?? join(import.meta.dirname, '../../../../shared')

/** Where the recordings of real clients are, or null on a machine without them. */
export function fixturesDirectory(): string | null {
  const directory = join(SHARED, 'fixtures')
  return existsSync(directory) ? directory : null
}

/** The recorded requests of one file. */
export function readFixture(directory: string, file: string): Fixture[] {
  const lines = readFileSync(join(directory, file), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Fixture)
}
