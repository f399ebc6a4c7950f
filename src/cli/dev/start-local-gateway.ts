/** Everything a local gateway is made of, in the order it comes up, and in the opposite order when it ends. */
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { applyMigrations } from './apply-migrations.ts'
import { bundleWorker } from './bundle-worker.ts'
import { firstKey } from './first-key.ts'
import { readOrMakeSecrets } from './local-secrets.ts'
import type { LocalSecrets } from './local-secrets.ts'
import { openPersistFolder } from './persist-folder.ts'
import type { PersistFolder } from './persist-folder.ts'
import { needsScriptedProvider, readProviderVars, refuseOwnAddress, scriptedProviderVars } from './provider-settings.ts'
import type { ProviderVars } from './provider-settings.ts'
import { portTaken, runWorker } from './run-worker.ts'
import { StartError } from './start-error.ts'

/** Something that answers like the providers; see `../upstream.ts`. */
export interface ScriptedProvider {
  readonly url: string
  close(): Promise<void>
}

export interface LocalGatewaySettings {
  readonly configPath: string
  readonly host: string
  readonly port: number
  readonly persist: string
  readonly environment: NodeJS.ProcessEnv
  readonly startScriptedProvider: () => Promise<ScriptedProvider>
  readonly log: (line: string) => void
}

export interface LocalGateway {
  readonly url: string
  readonly key: string
  readonly teamId: string
  readonly adminToken: string
  /** The scripted provider's address; null when a provider key is set. */
  readonly upstreamUrl: string | null
  /** Absolute path of the state folder. */
  readonly persist: string
  /** Resolves when the runtime dies by itself. */
  readonly crashed: Promise<void>
  stop(): Promise<void>
}

/** Undoes what was set up, last first, also when a step of the way up fails. */
class Teardown {
  readonly #steps: (() => unknown)[] = []
  add(step: () => unknown): void {
    this.#steps.push(step)
  }
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step()
  }
}

/** Asks for the port before the build, so that a taken one is told at once. */
async function assertPortFree(host: string, port: number): Promise<void> {
  const probe = createServer()
  await new Promise<void>((done, fail) => {
    probe.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'EADDRINUSE'
          ? portTaken(host, port, error)
          : new StartError(`The gateway cannot listen on ${host}:${port} (${error.code}).`, error),
      ),
    )
    probe.listen(port, host, () => probe.close(() => done()))
  })
}

async function startWorker(
  settings: LocalGatewaySettings,
  parts: { folder: PersistFolder; secrets: LocalSecrets; providers: ProviderVars; teardown: Teardown },
): Promise<{ readonly url: string; readonly crashed: Promise<void> }> {
  const modulesRoot = join(parts.folder.path, 'build')
  const modules = await bundleWorker(settings.configPath, modulesRoot)
  const worker = await runWorker({
    configPath: settings.configPath,
    modules,
    modulesRoot,
    host: settings.host,
    port: settings.port,
    storage: join(parts.folder.path, 'v3'),
    vars: { ...parts.providers, ADMIN_TOKEN: parts.secrets.adminToken, KEY_PEPPER: parts.secrets.keyPepper },
    log: settings.log,
  })
  parts.teardown.add(() => worker.stop())
  for (const database of unstable_readConfig({ config: settings.configPath }).d1_databases) {
    const migrations = resolve(dirname(settings.configPath), database.migrations_dir ?? 'migrations')
    await applyMigrations(await worker.miniflare.getD1Database(database.binding), migrations)
  }
  return worker
}

/**
 * Starts the gateway with its database, objects, queue and assets on this machine, and the scripted provider where no
 * provider key is set. Ready when it resolves.
 *
 * @throws StartError when something is in the way; whatever had been started is ended first
 */
export async function startLocalGateway(settings: LocalGatewaySettings): Promise<LocalGateway> {
  const teardown = new Teardown()
  try {
    const folder = openPersistFolder(settings.persist)
    teardown.add(() => folder.release())
    await assertPortFree(settings.host, settings.port)
    const secrets = readOrMakeSecrets(folder.path)
    let providers = readProviderVars(settings.configPath, settings.environment)
    let upstreamUrl: string | null = null
    if (needsScriptedProvider(providers)) {
      const scripted = await settings.startScriptedProvider()
      teardown.add(() => scripted.close())
      upstreamUrl = scripted.url
      providers = scriptedProviderVars(scripted.url)
    }
    refuseOwnAddress(providers, settings.port)
    const { url, crashed } = await startWorker(settings, { folder, secrets, providers, teardown })
    const first = await firstKey(url, folder.path, secrets)
    return {
      url,
      ...first,
      adminToken: secrets.adminToken,
      upstreamUrl,
      persist: folder.path,
      crashed,
      stop: () => teardown.run(),
    }
  } catch (error) {
    await teardown.run()
    throw error
  }
}
