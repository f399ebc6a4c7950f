/**
 * The scripted provider: an HTTP server that speaks the wire formats of the Anthropic and OpenAI APIs, for trials and
 * tests. It answers like a small coding agent, emulates prompt caches and per-model refusals, fails on request, and
 * counts what it would bill. Its only network is the address it listens on.
 *
 *   node src/cli/upstream.ts [--port N] [--host 127.0.0.1] [--strict | --lax] [--key KEY] [--delay-ms N] [--json]
 */
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import type { Settings } from './upstream/control.ts'
import { createUpstreamServer } from './upstream/server.ts'
import { createState, type UpstreamState } from './upstream/state.ts'

/** How a scripted provider is started. */
export interface UpstreamOptions {
  /** 0 or absent takes any free port. */
  port?: number
  host?: string
  settings?: Partial<Settings>
  /** ms since epoch. */
  clock?: () => number
}

/** A running scripted provider. */
export interface Upstream {
  url: string
  port: number
  state: UpstreamState
  /** Stops listening and ends every open connection. */
  close: () => Promise<void>
}

/** Starts a scripted provider and resolves once it listens. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const settings: Settings = {
    strict: true,
    keys: [],
    eventDelayMs: 0,
    headersDelayMs: 0,
    clockOffsetMs: 0,
    ...options.settings,
  }
  const state = createState(settings, options.clock ?? Date.now)
  const server = createUpstreamServer(state)
  const host = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port, state, close }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8788' },
      host: { type: 'string', default: '127.0.0.1' },
      strict: { type: 'boolean', default: false },
      lax: { type: 'boolean', default: false },
      key: { type: 'string', multiple: true, default: [] },
      'delay-ms': { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
    },
  })
  const port = wholeNumber(values.port, '--port')
  const eventDelayMs = wholeNumber(values['delay-ms'], '--delay-ms')
  if (values.strict && values.lax) throw new Error('--strict and --lax exclude each other')
  const settings = { strict: !values.lax, keys: values.key, eventDelayMs }
  const upstream = await startUpstream({ port, host: values.host, settings })
  const ready = { url: upstream.url, port: upstream.port, strict: settings.strict, pid: process.pid }
  process.stdout.write(values.json ? `${JSON.stringify(ready)}\n` : `Scripted provider at ${upstream.url}\n`)
  const stop = () => {
    void upstream.close().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${name} takes a whole number, not "${text}"`)
  return Number(text)
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  })
}
