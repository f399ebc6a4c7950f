/** What is compared: the provider directly, two bare proxies, Headgate on two harnesses, and another gateway. */
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundleWorker, type WorkerModule } from '../../../src/cli/dev/bundle-worker.ts'
import { CORES, lastWords, launch, messageOf } from './pinned-process.ts'
import { installPortkey } from './portkey.ts'
import { freePort, rawCommand } from './raw-workerd.ts'

export type SubjectName =
  | 'direct'
  | 'bare-raw'
  | 'headgate-raw'
  | 'headgate-capped'
  | 'bare-miniflare'
  | 'headgate-miniflare'
  | 'portkey'

export interface Subject {
  readonly name: SubjectName
  readonly label: string
  readonly port: number
  readonly headers: readonly string[]
  /** Its process; null for the provider, whose work is nobody's overhead. */
  readonly process: ChildProcess | null
  /** What its figures are compared with: the bare proxy of its harness. */
  readonly bare: SubjectName
}

const ROOT = join(import.meta.dirname, '../../..')
/** What Claude Code sends. */
export const CLIENT_HEADERS = [
  'content-type: application/json',
  'accept: application/json',
  'anthropic-version: 2023-06-01',
  'anthropic-beta: claude-code-20250219,interleaved-thinking-2025-05-14',
  'user-agent: claude-cli/2.1.330 (external, cli)',
  'x-app: cli',
  'x-stainless-retry-count: 0',
]

interface Bundles {
  readonly headgate: readonly WorkerModule[]
  readonly bare: readonly WorkerModule[]
}

export interface SubjectSettings {
  /** Of this run; removed by the caller. */
  readonly folder: string
  /** For what objects, database and queue store; removed by the caller. */
  readonly rows: string
  /** Kept between runs. */
  readonly cache: string
  readonly upstreamPort: number
  readonly tell: (line: string) => void
  /** Null: all. */
  readonly only: readonly string[] | null
  /** Where a debugger may connect to Headgate on raw workerd. */
  readonly inspectorPort?: number
}

/** Starts everything, ready to be asked. */
export async function startSubjects(settings: SubjectSettings): Promise<readonly Subject[]> {
  const { folder, upstreamPort } = settings
  const bundles: Bundles = {
    headgate: await bundleWorker(join(ROOT, 'wrangler.toml'), join(folder, 'headgate')),
    bare: await bundleWorker(join(import.meta.dirname, 'bare-proxy/wrangler.toml'), join(folder, 'bare')),
  }
  const direct: Subject = {
    name: 'direct',
    label: 'provider directly',
    port: upstreamPort,
    process: null,
    bare: 'direct',
    headers: [...CLIENT_HEADERS, 'x-api-key: provider-key'],
  }
  const subjects: readonly (readonly [SubjectName, () => Promise<Subject | null>])[] = [
    ['direct', async () => direct],
    ['bare-raw', () => startBareRaw(settings, bundles)],
    ['headgate-raw', () => startHeadgateRaw(settings, bundles)],
    ['headgate-capped', () => startHeadgateRaw(settings, bundles, CAP)],
    ['portkey', () => startPortkey(settings)],
    ['bare-miniflare', () => startBareMiniflare(settings, bundles)],
    ['headgate-miniflare', () => startHeadgateMiniflare(settings, bundles)],
  ]
  const started: Subject[] = []
  for (const [name, start] of subjects) {
    const subject = settings.only?.includes(name) === false ? null : await start()
    if (subject !== null) started.push(subject)
  }
  return started
}

function newSecrets(): { ADMIN_TOKEN: string; KEY_PEPPER: string } {
  return { ADMIN_TOKEN: randomBytes(24).toString('hex'), KEY_PEPPER: randomBytes(24).toString('hex') }
}

function headgateVars(upstreamPort: number): { ADMIN_TOKEN: string } & Readonly<Record<string, string>> {
  const url = `http://127.0.0.1:${upstreamPort}`
  return {
    ...newSecrets(),
    ANTHROPIC_API_KEY: 'provider-key',
    ANTHROPIC_BASE_URL: url,
    OPENAI_API_KEY: 'provider-key',
    OPENAI_BASE_URL: `${url}/v1`,
    DECISION_RETENTION_DAYS: '90',
  }
}

async function startBareRaw({ folder, rows, upstreamPort }: SubjectSettings, { bare }: Bundles): Promise<Subject> {
  const port = await freePort()
  const home = join(folder, 'bare-raw')
  mkdirSync(home)
  const vars = { UPSTREAM: `http://127.0.0.1:${upstreamPort}` }
  const command = rawCommand({ modules: bare, folder: home, rows, vars, objects: {}, port })
  const child = launch({ command, core: CORES.gateway })
  await answering(child, port)
  return {
    name: 'bare-raw',
    label: 'bare Hono proxy, raw workerd',
    port,
    process: child,
    bare: 'bare-raw',
    headers: [...CLIENT_HEADERS, 'authorization: Bearer none'],
  }
}

/** A hard budget so large that it never stands in the way: what a call under it costs more is its watching. */
const CAP = { scope: 'team', period: 'month', limitUsd: 1_000_000 } as const

async function startHeadgateRaw(
  settings: SubjectSettings,
  bundles: Bundles,
  budget: typeof CAP | null = null,
): Promise<Subject> {
  const { folder, rows, upstreamPort, inspectorPort } = settings
  const port = await freePort()
  const name = budget === null ? 'headgate-raw' : 'headgate-capped'
  const home = join(folder, name)
  const rowsHere = join(rows, name)
  mkdirSync(home)
  mkdirSync(rowsHere)
  const vars = headgateVars(upstreamPort)
  const objects = { SESSIONS: 'SessionObject', LEDGERS: 'LedgerObject' }
  const modules = bundles.headgate
  const bound = { vars, objects, queue: 'DECISIONS', database: 'DB' }
  const inspected = inspectorPort === undefined ? {} : { inspectorPort }
  const command = rawCommand({ modules, folder: home, rows: rowsHere, port, ...bound, ...inspected })
  const child = launch({ command, core: CORES.gateway })
  await answering(child, port)
  return {
    name,
    label: budget === null ? 'Headgate, raw workerd' : 'Headgate under a hard budget',
    port,
    process: child,
    bare: 'bare-raw',
    headers: [...CLIENT_HEADERS, `authorization: Bearer ${await newKey(port, vars.ADMIN_TOKEN, budget)}`],
  }
}

async function startMiniflare(settings: object): Promise<{ port: number; child: ChildProcess }> {
  const script = join(import.meta.dirname, 'serve-miniflare.ts')
  const command = [process.execPath, script, JSON.stringify(settings)]
  const child = launch({ command, core: CORES.gateway, ipc: true })
  const { port } = await messageOf<{ port: number }>(child)
  return { port, child }
}

async function startBareMiniflare(
  { folder, rows, upstreamPort }: SubjectSettings,
  { bare }: Bundles,
): Promise<Subject> {
  const { port, child } = await startMiniflare({
    configPath: join(import.meta.dirname, 'bare-proxy/wrangler.toml'),
    modules: bare,
    modulesRoot: join(folder, 'bare'),
    storage: join(rows, 'bare-miniflare'),
    vars: { UPSTREAM: `http://127.0.0.1:${upstreamPort}` },
  })
  return {
    name: 'bare-miniflare',
    label: 'bare Hono proxy, Miniflare',
    port,
    process: child,
    bare: 'bare-miniflare',
    headers: [...CLIENT_HEADERS, 'authorization: Bearer none'],
  }
}

async function startHeadgateMiniflare(
  { folder, rows, upstreamPort }: SubjectSettings,
  bundles: Bundles,
): Promise<Subject> {
  const vars = headgateVars(upstreamPort)
  const { port, child } = await startMiniflare({
    configPath: join(ROOT, 'wrangler.toml'),
    modules: bundles.headgate,
    modulesRoot: join(folder, 'headgate'),
    storage: join(rows, 'headgate-miniflare'),
    vars,
  })
  const label = 'Headgate, Miniflare, D1 and queue'
  return {
    name: 'headgate-miniflare',
    label,
    port,
    process: child,
    bare: 'bare-miniflare',
    headers: [...CLIENT_HEADERS, `authorization: Bearer ${await newKey(port, vars.ADMIN_TOKEN)}`],
  }
}

async function startPortkey({ cache, upstreamPort, tell }: SubjectSettings): Promise<Subject | null> {
  const installed = installPortkey(cache, tell)
  if (installed === null) return null
  const port = await freePort()
  const { cwd, label } = installed
  const command = installed.command(port)
  const child = launch({ command, cwd, core: CORES.gateway, env: { NODE_ENV: 'production' } })
  await answering(child, port)
  const custom = `x-portkey-custom-host: http://127.0.0.1:${upstreamPort}/v1`
  const headers = [...CLIENT_HEADERS, 'x-portkey-provider: anthropic', custom, 'x-api-key: provider-key']
  return { name: 'portkey', label, port, process: child, bare: 'bare-raw', headers }
}

/** Any answer will do. */
export async function answering(child: ChildProcess, port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) throw new Error(`a gateway ended at once: ${lastWords(child)}`)
    try {
      await (await fetch(`http://127.0.0.1:${port}/healthz`)).arrayBuffer()
      return
    } catch {
      await sleep(100)
    }
  }
  throw new Error(`a gateway does not answer: ${lastWords(child)}`)
}

/** A team and a key of it, through the admin API. */
async function newKey(port: number, adminToken: string, budget: typeof CAP | null = null): Promise<string> {
  const send = async (path: string, body: object, method = 'POST'): Promise<{ id: string; key: string }> => {
    const answer = await fetch(`http://127.0.0.1:${port}/admin/v1/teams${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`the admin API answered ${answer.status}: ${await answer.text()}`)
    return answer.json() as Promise<{ id: string; key: string }>
  }
  const team = await send('', { name: 'Bench' })
  if (budget !== null) await send(`/${team.id}/budgets`, budget, 'PUT')
  return (await send(`/${team.id}/keys`, { name: 'Bench' })).key
}
