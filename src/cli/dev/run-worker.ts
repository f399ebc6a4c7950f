/**
 * The bundled Worker in workerd, through Miniflare rather than `wrangler dev`: no second proxy in front (a millisecond
 * of CPU a request, and clients that leave before the first byte go unnoticed).
 */
import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from 'wrangler'
import type { WorkerModule } from './bundle-worker.ts'
import { guardRuntime } from './runtime-guard.ts'
import { portTaken, StartError } from './start-error.ts'

export interface WorkerToRun {
  /** Absolute path of wrangler.toml. */
  readonly configPath: string
  /** The bundle, its entry first. */
  readonly modules: readonly WorkerModule[]
  /** The bundle's folder. */
  readonly modulesRoot: string
  readonly host: string
  readonly port: number
  /** Folder of databases and objects; `wrangler --persist-to` finds the same data one level up. */
  readonly storage: string
  /** Secrets and vars on top of wrangler.toml and .dev.vars. */
  readonly vars: Readonly<Record<string, string>>
  /** Where the Worker's console goes. */
  readonly log: (line: string) => void
}

export interface RunningWorker {
  readonly url: string
  readonly miniflare: Miniflare
  /** Resolves when the runtime ends without `stop` having been called. */
  readonly crashed: Promise<void>
  stop(): Promise<void>
}

/** Local batches are small, so that a call shows in the log at once; a deployed queue waits for fuller ones. */
const QUEUE_WAIT_SECONDS = 0.2

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Miniflare ends the whole process on a signal, before anything else can be put away: only its `exit` hook is kept. */
function withoutSignalHandlers<T>(make: () => T): T {
  const before = new Map(SIGNALS.map((signal) => [signal, new Set(process.listeners(signal))]))
  const made = make()
  for (const signal of SIGNALS) {
    for (const listener of process.listeners(signal)) {
      if (before.get(signal)?.has(listener) === false) process.removeListener(signal, listener)
    }
  }
  return made
}

function miniflareOptions(worker: WorkerToRun): ConstructorParameters<typeof Miniflare>[0] {
  const config = unstable_readConfig({ config: worker.configPath })
  // The required secrets are given here; wrangler would look for them in .dev.vars and complain on stdout.
  const { workerOptions, externalWorkers } = unstable_getMiniflareWorkerOptions({ ...config, secrets: undefined })
  const { modulesRules: _, queueConsumers, ...options } = workerOptions
  // wrangler always writes consumers as a record; Miniflare's type also allows a list of names.
  const consumers = Object.entries((queueConsumers ?? {}) as Record<string, object>)
  return convertV4MiniflareOptions({
    host: worker.host,
    port: worker.port,
    resourcePersistencePath: worker.storage,
    // No look-up of this machine's place on the internet.
    cf: false,
    telemetry: { enabled: false },
    logRequests: false,
    unsafeTriggerHandlers: true,
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: ({ level, message }) => worker.log(`[${level}] ${message}`),
    workers: [
      {
        ...options,
        modules: [...worker.modules],
        modulesRoot: worker.modulesRoot,
        queueConsumers: Object.fromEntries(
          consumers.map(([name, consumer]) => [name, { ...consumer, maxBatchTimeout: QUEUE_WAIT_SECONDS }]),
        ),
        bindings: { ...(options.bindings as object), ...worker.vars },
      },
      ...externalWorkers,
    ],
  })
}

/**
 * Starts the Worker with everything wrangler.toml binds: database, objects, queue and consumer, assets. A cron run is
 * asked for with `GET /cdn-cgi/local/scheduled`.
 *
 * @throws StartError when the port is taken or the runtime refuses the Worker
 */
export async function runWorker(worker: WorkerToRun): Promise<RunningWorker> {
  const runtimes: ChildProcess[] = []
  const onSpawn = (message: unknown): void => {
    const child = (message as { process: ChildProcess }).process
    runtimes.push(child)
  }
  subscribe('child_process', onSpawn)
  let miniflare: Miniflare | undefined
  try {
    const started = withoutSignalHandlers(() => new Miniflare(miniflareOptions(worker)))
    miniflare = started
    const url = (await started.ready).origin
    const runtime = runtimes.find((child) => child.spawnfile.includes('workerd') && child.exitCode === null)
    if (runtime?.pid === undefined) throw new StartError('The runtime ended as soon as it had started.')
    const guard = guardRuntime(runtime.pid)
    let stopping = false
    const crashed = new Promise<void>((done) => runtime.once('exit', () => stopping || done()))
    return {
      url,
      miniflare: started,
      crashed,
      async stop() {
        stopping = true
        // The local queue lives in memory: what it holds is handed to its consumer before the end.
        await sleep(QUEUE_WAIT_SECONDS * 1000 + 100)
        guard.dismiss()
        await started.dispose()
      },
    }
  } catch (error) {
    await miniflare?.dispose().catch(() => {})
    if (error instanceof StartError) throw error
    const words = error instanceof Error ? error.message : String(error)
    if (/address already in use|EADDRINUSE/i.test(words)) throw portTaken(worker.host, worker.port, error)
    throw new StartError(`The runtime did not start: ${words}`, error)
  } finally {
    unsubscribe('child_process', onSpawn)
  }
}
