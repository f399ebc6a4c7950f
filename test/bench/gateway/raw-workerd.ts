/**
 * A bundled Worker on workerd itself, without Miniflare around it. Objects keep their rows on disk as they would locally.
 * The queue and the database, which Miniflare builds in JavaScript of its own, are a stub: it takes every message and
 * forgets it, and answers look-ups with the row that was asked for. So the decision log costs its sending and no more.
 */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join, relative } from 'node:path'
import type { WorkerModule } from '../../../src/cli/dev/bundle-worker.ts'

export interface RawWorker {
  readonly modules: readonly WorkerModule[]
  /** For the configuration. */
  readonly folder: string
  /** For the objects' rows. */
  readonly rows: string
  readonly vars: Readonly<Record<string, string>>
  /** Binding name -> class of this Worker. */
  readonly objects: Readonly<Record<string, string>>
  /** Names of bindings that the stub fills in. */
  readonly queue?: string
  readonly database?: string
  readonly port: number
  /** Where a debugger may connect. */
  readonly inspectorPort?: number
}

const COMPATIBILITY_DATE = '2026-11-17'

/** What stands for queue and database: https://github.com/cloudflare/workerd, src/cloudflare/internal/d1-api.ts */
const STUB = `
let batches = 0
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname !== '/query' && pathname !== '/execute') {
      await request.arrayBuffer()
      batches++
      return Response.json({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } })
    }
    const asked = await request.json()
    const one = ({ sql, params }) => ({
      success: true,
      results: /^\\s*SELECT/i.test(sql)
        ? { columns: ['id', 'name', 'createdAt'], rows: [[params[0], 'bench', 0]] }
        : { columns: [], rows: [] },
      meta: { duration: 0, changes: 1 },
    })
    return Response.json(Array.isArray(asked) ? asked.map(one) : [one(asked)])
  },
}
`

const text = (value: string): string => JSON.stringify(value)

function bindings({ vars, objects, queue, database }: RawWorker): string {
  const list = [
    ...Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...Object.entries(objects).map(
      ([name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`,
    ),
  ]
  if (queue !== undefined) list.push(`(name = ${text(queue)}, queue = "stub")`)
  if (database !== undefined) {
    const inner = '[(name = "fetcher", service = "stub")]'
    list.push(
      `(name = ${text(database)}, wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = ${inner}))`,
    )
  }
  return list.join(',\n    ')
}

/** Writes the configuration and tells how workerd is started with it. */
export function rawCommand(worker: RawWorker): readonly string[] {
  const { folder, modules, objects, port, rows } = worker
  writeFileSync(join(folder, 'stub.js'), STUB)
  const embedded = modules.map(({ path }) => {
    const name = relative(dirname(modules[0]?.path ?? path), path)
    return `(name = ${text(name)}, esModule = embed ${text(relative(folder, path))})`
  })
  const namespaces = Object.values(objects).map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`,
  )
  const storage = namespaces.length === 0 ? '' : 'durableObjectStorage = (localDisk = "rows"),'
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "stub", worker = .stub),
    (name = "rows", disk = (path = ${text(rows)}, writable = true)),
    (name = "loopback", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${embedded.join(', ')}],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  durableObjectNamespaces = [${namespaces.join(', ')}],
  ${storage}
  globalOutbound = "loopback",
  bindings = [
    ${bindings(worker)}
  ],
);
const stub :Workerd.Worker = (
  modules = [(name = "stub.js", esModule = embed "stub.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
);
`
  writeFileSync(join(folder, 'config.capnp'), config)
  const inspector = worker.inspectorPort === undefined ? [] : [`--inspector-addr=127.0.0.1:${worker.inspectorPort}`]
  return [workerdBinary(), 'serve', ...inspector, join(folder, 'config.capnp')]
}

/** The program itself: the package's own entry is a Node script that would sit in between. */
function workerdBinary(): string {
  const fromMiniflare = createRequire(createRequire(import.meta.url).resolve('miniflare'))
  const { default: path } = fromMiniflare('workerd') as { default: string }
  return path
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
